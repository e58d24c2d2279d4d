"""The dose of carbon monoxide that has been breathed at one sensor, and what of it is in the blood. Pure.

D grows by dt / T(ppm) and is an alarm at 1; below 50 ppm it fades with 240 min. T are minutes after EN 50291-1 (50 ppm:
60-90 min, 100: 10-40, 300: within 3), UL 2034's upper bounds and GB 15322.2-2019 (70 ppm: 60-240 min).

A reading holds until the next one, and no longer than twice the sensor's interval. Behind that, bounds: after a low one
the air is taken as clean, after a high one nothing is added and nothing forgiven, and when the next is high too, what lay
between was at least the lower of both.

Readings come late and out of order, so the newest are kept as they were (`s`), behind a checkpoint that all older ones are
folded into. What is older than the checkpoint goes into a second record of its own, `late`.
"""

import math
from bisect import bisect_left
from typing import Any, Final

from alerts.core.carboxyhaemoglobin import USUAL_PCT, linear
from events.types.fact import DAY, MINUTE

HIGH_PPM: Final = 50.0
_MINUTES: Final = ((300.0, 2.0), (150.0, 12.0), (100.0, 25.0), (70.0, 62.0), (HIGH_PPM, 75.0))
_FADES_MIN: Final = 240.0
_CLEAN_PPM: Final = 3.9
"""At light work nobody's blood rises above the usual by less."""
_KEPT, _KEPT_HIGH = 8, 128
"""Readings kept while the air is good, and while it is not."""

Air = dict[str, Any]
"""`t` `p` `d` `h`: checkpoint, its ppm, dose and percent in the blood; `n`: dose and percent at the newest reading.

`s`: the readings since, [at, ppm, at, ppm, ...].
"""


def minutes_to_alarm(ppm: float) -> float:
    """T(ppm); infinite below 50 ppm."""
    return next((minutes for least, minutes in _MINUTES if ppm >= least), math.inf)


def begin(at: int, ppm: float) -> Air:
    """The first reading; before it, as far back as any may still come, the air is taken as clean."""
    return {"t": at - 3 * DAY, "p": 0.0, "d": 0.0, "h": USUAL_PCT, "n": [0.0, USUAL_PCT], "s": [at, ppm]}


def take(air: Air, at: int, ppm: float, hold: int) -> float:
    """One more reading, `hold` in microseconds; returns the highest dose that was reached by what is new."""
    samples: list[Any] = air["s"]
    last_at, last_ppm = (samples[-2], samples[-1]) if samples else (air["t"], air["p"])
    if at > last_at:
        dose, blood = air["n"]
        dose, blood = _between(dose, blood, last_at, last_ppm, at, ppm, hold)
        air["n"] = [dose, blood]
        samples += (at, ppm)
        _forget(air, hold)
        return dose
    if at <= air["t"]:
        return _take_late(air, at, ppm, hold)
    place = bisect_left(samples[::2], at) * 2
    if samples[place] == at:  # said twice for one moment: the higher counts
        samples[place + 1] = max(samples[place + 1], ppm)
    else:
        samples[place:place] = [at, ppm]
    return _again(air, hold)


def newest(air: Air) -> tuple[int, float]:
    """When the newest reading was, and what it said."""
    samples = air["s"]
    return (samples[-2], samples[-1]) if samples else (air["t"], air["p"])


def standing(air: Air, at: int, hold: int) -> tuple[float, float]:
    """Dose and percent in the blood at `at`, the newest reading held as long as it may."""
    since, ppm = newest(air)
    dose, blood = air["n"]
    return _step(dose, blood, ppm, min(at - since, hold)) if at > since else (dose, blood)


def reaches(air: Air, hold: int) -> int | None:
    """When the dose becomes 1 if no other reading comes, None: it does not."""
    since, ppm = newest(air)
    due = since + math.ceil(max(0.0, 1.0 - air["n"][0]) * minutes_to_alarm(ppm) * MINUTE) if ppm >= HIGH_PPM else None
    return due if due is not None and due <= since + hold else None


def cadence(air: Air) -> int | None:
    """The time between the two newest readings, None while there is only one."""
    samples = air["s"]
    before = samples[-4] if len(samples) > 2 else air["t"]
    return samples[-2] - before if samples else None


def forgive(air: Air) -> None:
    """From here on as if nothing had been breathed: the sensor was not believed."""
    at, ppm = newest(air)
    blood = air["n"][1]
    air.update(t=at - 1, p=0.0, d=0.0, h=blood, n=[0.0, blood], s=[at, ppm])


def _between(dose: float, blood: float, at: int, ppm: float, until: int, then: float, hold: int) -> tuple[float, float]:
    span = until - at
    held = min(span, hold)
    dose, blood = _step(dose, blood, ppm, held)
    if span == held:
        return dose, blood
    if ppm < HIGH_PPM:
        return _step(dose, blood, 0.0, span - held)
    return _step(dose, blood, min(ppm, then), span - held) if then >= HIGH_PPM else (dose, blood)


def _step(dose: float, blood: float, ppm: float, span: int) -> tuple[float, float]:
    minutes = span / MINUTE
    if ppm > _CLEAN_PPM or blood != USUAL_PCT:
        blood = max(USUAL_PCT, linear(ppm, blood, minutes))
    if ppm >= HIGH_PPM:
        return dose + minutes / minutes_to_alarm(ppm), blood
    if not dose:
        return dose, blood
    faded = dose * math.exp(-minutes / _FADES_MIN)
    return (faded if faded > 1e-4 else 0.0), blood


def _again(air: Air, hold: int) -> float:
    """All that is kept once more, in its order; the highest dose on the way."""
    at, ppm, dose, blood = air["t"], air["p"], air["d"], air["h"]
    samples, highest = air["s"], 0.0
    for place in range(0, len(samples), 2):
        then = samples[place + 1]
        dose, blood = _between(dose, blood, at, ppm, samples[place], then, hold)
        at, ppm, highest = samples[place], then, max(highest, dose)
    air["n"] = [dose, blood]
    _forget(air, hold)
    return highest


def _forget(air: Air, hold: int) -> None:
    """Fold the oldest into the checkpoint: many are kept only while one of them is high or the dose is not gone."""
    samples = air["s"]
    while len(samples) > 2 * _KEPT:
        calm = not air["d"] and air["p"] < HIGH_PPM and max(samples[1::2]) < HIGH_PPM
        if not calm and len(samples) <= 2 * _KEPT_HIGH:
            return
        at, ppm = samples[0], samples[1]
        air["d"], air["h"] = _between(air["d"], air["h"], air["t"], air["p"], at, ppm, hold)
        air["t"], air["p"] = at, ppm
        del samples[:2]


def _take_late(air: Air, at: int, ppm: float, hold: int) -> float:
    """What a device had kept for longer than we keep: judged by itself. Older than even that is left to its flag."""
    late: Air | None = air.get("late")
    if late is None or newest(late)[0] < air["t"] - DAY:
        late = air["late"] = begin(at, ppm)
        return 0.0
    if at <= late["t"]:
        return 0.0
    highest = take(late, at, ppm, hold)
    late.pop("late", None)
    return highest
