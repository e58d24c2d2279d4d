"""Water leak: a pipe has burst in the frost; the sensor on the floor gets wet and stays so until somebody comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.scenarios.scenario import Cue, Step, device_of
from simulators.town import TownHome

WIPED_S = 15 * 60.0


class WaterLeak:
    """First a splash that is wiped up before anybody is told, later the leak."""

    name = "water_leak"
    says = "a splash for a quarter of an hour, an hour later a leak that stays"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """Wet, dry, wet."""
        home, leak = homes[0], device_of(homes[0], "water-leak")
        at = rng.uniform(0, 30)
        for when, wet in ((at, True), (at + WIPED_S, False), (at + 3600 + WIPED_S, True)):
            yield Step(when, home.id, leak, messages.danger(messages.WATER, alarm=wet))

    def after(self, cue: Cue, at_s: float, homes: Sequence[TownHome], rng: Random) -> Iterator[Step] | None:
        """Somebody shuts the valve."""
        del rng
        if cue is not Cue.ARRIVED:
            return None
        dry = messages.danger(messages.WATER, alarm=False)
        return iter([Step(at_s + 300, homes[0].id, device_of(homes[0], "water-leak"), dry)])
