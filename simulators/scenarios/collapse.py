"""Collapse: an ordinary morning ends on the kitchen floor; from then on only heartbeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.scenarios.scenario import Cue, Step, Turn, device_of
from simulators.town import TownHome

FALLS_S = 3600.0


class Collapse:
    """Heartbeats go on for ever; movement comes back only with somebody who arrives."""

    name = "collapse"
    says = "an hour of ordinary life, then silence while every sensor is well"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """Movement each few minutes for an hour, the last at its end, then nothing."""
        home = homes[0]
        device_of(home, "motion-pir")
        sensors = [each.id for each in home.of("motion-pir")]
        moves, at = [], 0.0
        while at < FALLS_S - 120:
            moves += _edge(home, rng.choice(sensors), at, rng)
            at += rng.uniform(90, 400)
        moves += _edge(home, sensors[0], FALLS_S - 90, rng) + _edge(home, sensors[-1], FALLS_S, rng)
        yield from sorted([*moves, *_beats(home, 0, FALLS_S + 120)], key=lambda step: step.at_s)
        hour = FALLS_S + 120
        while True:
            yield from _beats(home, hour, hour + 3600)
            hour += 3600

    def after(self, cue: Cue, at_s: float, homes: Sequence[TownHome], rng: Random) -> Iterator[Step] | None:
        """Somebody arrives: the door, then movement."""
        if cue is not Cue.ARRIVED:
            return None
        home = homes[0]
        found = [Step(at_s, home.id, door.id, messages.contact(open=True)) for door in home.of("door-contact")[:1]]
        for n, sensor in enumerate(home.of("motion-pir")):
            found += _edge(home, sensor.id, at_s + 5 + 10 * n, rng)
        return iter(sorted(found, key=lambda step: step.at_s))


def _edge(home: TownHome, sensor: str, at: float, rng: Random) -> list[Step]:
    off = at + rng.uniform(30, 60)
    return [
        Step(at, home.id, sensor, messages.motion(occupied=True)),
        Step(off, home.id, sensor, messages.motion(occupied=False)),
    ]


def _beats(home: TownHome, start: float, end: float) -> list[Step]:
    """Heartbeats on each device's own multiples in [start, end)."""
    found = []
    for each in home.devices:
        beat = -(-start // each.interval_s) * each.interval_s
        while beat < end:
            found.append(Step(beat, home.id, each.id, Turn.HEARTBEAT))
            beat += each.interval_s
    return sorted(found, key=lambda step: step.at_s)
