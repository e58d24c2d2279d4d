"""CO leak: the stove's gas fills the bedroom; the alarm sounds, and only fresh air ends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.scenarios.scenario import Cue, Step, device_of
from simulators.town import TownHome

EVERY_S = 10.0
ALARM_PPM = 100.0
HIGHEST_PPM = 420.0
SOMEBODY_CLEARS_S = 20.0  # to the door, the window open, the stove out


def rising(at_s: float) -> float:
    """What nobody stops, in ppm: 15 at the start, the alarm at 10 s, then ever slower to the highest."""
    return min(HIGHEST_PPM, 15 + 10 * at_s if at_s < 30 else 315 + (at_s - 30) * 0.5)


class CoLeak:
    """Goes on for ever until somebody arrives or a window opens."""

    name = "co_leak"
    says = "carbon monoxide rises until somebody arrives or opens a window"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """A reading each 10 s; the flag goes up with the reading that passes 100 ppm."""
        yield from _rises(homes[0], rng, 0.0)

    def after(self, cue: Cue, at_s: float, homes: Sequence[TownHome], rng: Random) -> Iterator[Step] | None:
        """A window clears at once; a person 20 s after arriving, with readings going on until then."""
        return _ends(homes[0], rng, at_s, at_s + (0.0 if cue is Cue.WINDOW else SOMEBODY_CLEARS_S))


def _rises(home: TownHome, rng: Random, start_s: float) -> Iterator[Step]:
    sensor = device_of(home, "co-alarm")
    at_s = -(-start_s // EVERY_S) * EVERY_S
    sounding = start_s > 0 and rising(start_s) >= ALARM_PPM
    while True:
        ppm = round(rising(at_s) + rng.uniform(-4, 4))
        if not sounding and rising(at_s) >= ALARM_PPM:
            sounding = True
            yield Step(at_s, home.id, sensor, messages.co(alarm=True, ppm=ppm))
        else:
            yield Step(at_s, home.id, sensor, messages.co_reading(alarm=sounding, ppm=ppm))
        at_s += EVERY_S


def _ends(home: TownHome, rng: Random, from_s: float, clears_s: float) -> Iterator[Step]:
    sensor = device_of(home, "co-alarm")
    for step in _rises(home, rng, from_s):
        if step.at_s >= clears_s:
            break
        yield step
    ppm = min(rising(clears_s), ALARM_PPM) * 0.6
    yield Step(clears_s, home.id, sensor, messages.co(alarm=False, ppm=round(ppm)))
    at_s = clears_s
    while ppm > 3:
        at_s, ppm = at_s + EVERY_S, ppm * 0.6
        yield Step(at_s, home.id, sensor, messages.co_reading(alarm=False, ppm=round(ppm)))
