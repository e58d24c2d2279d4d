"""Quiet night: the elder sleeps, goes to the toilet once, and nobody should be told anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.scenarios.scenario import Deaf, Step, Turn, device_of
from simulators.town import TownHome

NIGHT_S = 8 * 3600


class QuietNight(Deaf):
    """From 21:30 to 05:30."""

    name = "quiet_night"
    says = "eight hours of sleep with one walk to the toilet"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """Heartbeats of every device and one walk of four edges."""
        home = homes[0]
        bed, hall = device_of(home, "motion-pir"), home.of("motion-pir")[-1].id
        found = [
            Step(float(at), home.id, each.id, Turn.HEARTBEAT)
            for each in home.devices
            for at in range(rng.randrange(each.interval_s), NIGHT_S, each.interval_s)
        ]
        at = rng.uniform(3.5, 5.5) * 3600
        for n, sensor in enumerate((bed, hall, hall, bed)):
            moves = at + 70 * n
            found.append(Step(moves, home.id, sensor, messages.motion(occupied=True)))
            found.append(Step(moves + rng.uniform(30, 60), home.id, sensor, messages.motion(occupied=False)))
        yield from sorted(found, key=lambda step: step.at_s)
