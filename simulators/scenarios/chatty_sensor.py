"""Chatty sensor: a loose contact fires without end, resends what was acknowledged and mixes up the order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.scenarios.scenario import Deaf, Step, Turn, device_of
from simulators.town import TownHome

MINUTES = 10


class ChattySensor(Deaf):
    """Hundreds of messages in ten minutes; each fact counts once."""

    name = "chatty_sensor"
    says = "one sensor fires every second or two for ten minutes, with resends and swaps"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """On and off in turn; one in ten is resent, one in twenty overtaken."""
        home = homes[0]
        sensor = device_of(home, "motion-pir", "door-contact")
        at, on = 0.0, True
        while at < MINUTES * 60:
            luck = rng.random()
            if luck < 0.05:
                yield Step(at, home.id, sensor, Turn.SWAP)
            yield Step(at, home.id, sensor, messages.motion(occupied=on))
            if luck > 0.9:
                yield Step(at + 0.2, home.id, sensor, Turn.RESEND)
            at, on = at + rng.uniform(0.5, 2.5), not on
