"""Cold room: the stove has gone out in a winter night, and the bedroom cools down hour by hour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.scenarios.scenario import Cue, Step, device_of
from simulators.town import TownHome

EVERY_S = 1800.0
COLDEST_C = -2.0
A_HOUR_C = 2.5


def cooling(at_s: float) -> float:
    """Degrees Celsius: 14 at the start, 2.5 less each hour, down to the frost outside."""
    return max(COLDEST_C, 14.0 - A_HOUR_C * at_s / 3600)


class ColdRoom:
    """For ever, until somebody lights the stove."""

    name = "cold_room"
    says = "the stove is out: the bedroom falls from 14 degrees to below zero"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """A reading each half hour."""
        thermometer, at_s = device_of(homes[0], "climate"), 0.0
        while True:
            said = messages.climate(round(cooling(at_s) + rng.uniform(-0.3, 0.3), 1), round(rng.uniform(50, 60)))
            yield Step(at_s, homes[0].id, thermometer, said)
            at_s += EVERY_S

    def after(self, cue: Cue, at_s: float, homes: Sequence[TownHome], rng: Random) -> Iterator[Step] | None:
        """It warms up by three degrees each half hour, to 15."""
        if cue is not Cue.ARRIVED:
            return None
        thermometer, warm = device_of(homes[0], "climate"), cooling(at_s)
        found = []
        while warm < 15:
            warm, at_s = warm + 3, at_s + EVERY_S
            said = messages.climate(round(warm, 1), round(rng.uniform(50, 60)))
            found.append(Step(at_s, homes[0].id, thermometer, said))
        return iter(found)
