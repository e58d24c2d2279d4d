"""Flapping: a device at the edge of the network is lost and found again each few minutes, and says everything late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.scenarios.scenario import Deaf, Step, Turn, device_of
from simulators.town import TownHome

TIMES = 12


class Flapping(Deaf):
    """A dozen times within the hour."""

    name = "flapping"
    says = "a sensor is lost and found again twelve times within an hour"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """Dark, a heartbeat nobody hears, back."""
        home, sensor = homes[0], device_of(homes[0], "motion-pir", "door-contact")
        at = 0.0
        for _ in range(TIMES):
            for turn in (Turn.DARK, Turn.HEARTBEAT, Turn.BACK):
                at += rng.uniform(30, 90)
                yield Step(at, home.id, sensor, turn)
