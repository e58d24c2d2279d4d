"""Slow CO: a stove that draws badly fills the room through the evening; the sensor has figures and no flag of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.scenarios.scenario import Cue, Step, device_of
from simulators.town import TownHome

EVERY_S = 60.0
HIGHEST_PPM = 180.0
RISES_S = 3 * 3600.0


def rising(at_s: float) -> float:
    """ppm: 5 at the start, 35 after half an hour, the highest after three hours."""
    return min(HIGHEST_PPM, 5 + (HIGHEST_PPM - 5) * at_s / RISES_S)


class SlowCo:
    """Goes on for ever until somebody arrives or opens a window; the flag stays down throughout."""

    name = "slow_co"
    says = "carbon monoxide rises slowly and only its figures tell"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """A reading each minute."""
        sensor = device_of(homes[0], "co-sensor", "co-alarm")
        at_s = 0.0
        while True:
            ppm = round(rising(at_s) + rng.uniform(-2, 2))
            yield Step(at_s, homes[0].id, sensor, messages.co_reading(alarm=False, ppm=ppm))
            at_s += EVERY_S

    def after(self, cue: Cue, at_s: float, homes: Sequence[TownHome], rng: Random) -> Iterator[Step] | None:
        """Fresh air: each minute two thirds of it are gone."""
        del cue, rng
        sensor = device_of(homes[0], "co-sensor", "co-alarm")
        found, ppm = [], rising(at_s)
        while ppm > 2:
            ppm /= 3
            at_s += EVERY_S
            found.append(Step(at_s, homes[0].id, sensor, messages.co_reading(alarm=False, ppm=round(ppm))))
        return iter(found)
