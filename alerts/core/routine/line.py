"""The learned line: for each quarter of an hour how long this person's silences normally run there, and how much longer
we wait. Pure: pages of the diary in, a line out, the same each time.

Begun from Cuddihy et al. 2007 (US7091865: for each time of day the longest silence of the last 45 days, and a buffer).
Here the line is a high quantile of how long silences have run, over neighbouring quarters of an hour, so that one odd day
does not lift it. The buffer is calibrated for each home against a budget of false alarms by leaving out each day in turn,
as split conformal prediction does: by how much did the day exceed the line of all others? Where the days are too few to
show so rare an excess, it is drawn out exponentially. Until all days are there, the limit is pulled towards the fixed one.

Above the home's fixed limit a learned one goes only where this person has been as silent at that time of day, and up to
the absolute limit: who sleeps for eleven hours unseen is not looked for in the tenth.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from msgspec import UNSET

from alerts.core.routine.clock import SLOTS
from alerts.core.routine.days import SLOT_MIN, LivedDay, pooled, unfold
from events.types.routine import DayLived, LineTerms

MONTH: Final = 30
"""Days for which a budget of false alarms is said."""
_LEAST_TAUGHT: Final = SLOTS // 3
"""A day teaches when at least so many of its quarters of an hour were neither spent away nor left out."""
_LONGER_MIN: Final = 2 * SLOT_MIN
"""By how much a silence may be longer than the longest there was about that time of day, to be explained by it."""


class Line(NamedTuple):
    """In minutes, one number for each quarter of an hour: `limits` is what is judged by, `usual` how long silences run."""

    limits: list[int]
    usual: list[int]
    days: int
    buffer_min: int
    margin: float
    """How far the limits are still pulled towards the fixed one: 1 wholly, 0 not any more."""


def learn(pages: Sequence[DayLived], terms: LineTerms) -> Line | None:
    """The line from these pages, oldest first. None: too few of them teach."""
    if not pages:
        return None
    newest = pages[-1].day
    known = unfold([page for page in pages if newest - page.day < terms.days])
    days = [day for day in known if SLOTS - day.ran.count(None) >= _LEAST_TAUGHT]
    if len(days) < max(2, terms.least_days):
        return None
    wide = [pooled(day.ran, terms.neighbours) for day in days]
    ranked = list(map(sorted, zip(*wide, strict=True)))
    usual = list(map(itemgetter(_rank(len(days), terms.quantile)), ranked))
    spent = sum(day.for_nothing for day in known)
    buffer = _buffer(_excesses(days, wide, ranked, usual, terms.quantile), _left(terms, spent))
    margin = _margin(len(days), terms)
    fixed, floor = terms.cap_s // 60, terms.floor_s // 60
    most = _most(days, terms)
    limits = []
    for slot, run in enumerate(usual):
        limit = min(most[slot], max(floor, run + buffer * _scale(run)))
        limits.append(round(limit + max(0.0, fixed - limit) * margin))
    return Line(limits, list(usual), len(days), round(buffer), round(margin, 3))


def _left(terms: LineTerms, spent: int) -> float:
    """With each alert for nothing within the window less of the budget is left, as adaptive conformal inference does
    (Gibbs and Candes 2021): habits change, and then the past promises more than it keeps. What `budget_days` may hold
    is shared among those that were and the one to come; in the generations 5 and 6 it was what the whole window may hold.
    """
    days = terms.budget_days
    if days is UNSET:
        days = MONTH if terms.most_s is UNSET else terms.days
    return terms.budget * max(1.0, days / MONTH) / (1 + spent)


def _most(days: Sequence[LivedDay], terms: LineTerms) -> list[int]:
    """How high the limit of each quarter of an hour may be: the fixed one, and above it what silences there explain."""
    fixed, absolute = terms.cap_s // 60, 0 if terms.most_s is UNSET else terms.most_s // 60
    if absolute <= fixed:
        return [fixed] * SLOTS
    longest: list[int | None] = [
        max(map(_minutes, of_slot)) for of_slot in zip(*(day.ran for day in days), strict=True)
    ]
    for day in days:
        for slot, lasted in day.alarmed:
            longest[slot] = max(longest[slot] or 0, lasted)
    return [min(absolute, max(fixed, run + _LONGER_MIN)) for run in pooled(longest, terms.neighbours)]


def _minutes(ran: int | None) -> int:
    return ran or 0


def _scale(usual: float) -> float:
    """Long silences vary more than short ones: the buffer grows with the root of what is usual; 1 where nothing is."""
    return math.sqrt(1 + usual / 60)


def _rank(count: int, quantile: float) -> int:
    return min(count - 1, max(0, math.ceil(quantile * count) - 1))


def _excesses(
    days: Sequence[LivedDay], wide: Sequence[Sequence[int]], ranked: Sequence[list[int]], usual: Sequence[int],
    quantile: float,
) -> list[float]:  # fmt: skip
    """By how many minutes each day at most ran beyond the line of all other days, as `_scale` counts, greatest first."""
    others = _rank(len(days) - 1, quantile)
    least = [of_slot[others] for of_slot in ranked]
    found = []
    for day, own in zip(days, wide, strict=True):
        most = 0.0
        for slot, run in enumerate(day.ran):
            # The line of the others is `least`, or the next one up where the day itself is among the lower ones.
            if run is not None and run > least[slot] and run > most:
                of_slot = ranked[slot]
                line = of_slot[others if others < bisect_left(of_slot, own[slot]) else others + 1]
                if run > line:
                    most = max(most, (run - line) / _scale(line))
        for slot, lasted in day.alarmed:
            most = max(most, (lasted - usual[slot]) / _scale(usual[slot]))
        found.append(most)
    return sorted(found, reverse=True)


def _buffer(excesses: Sequence[float], budget: float) -> float:
    """So much that a further day exceeds it no more often than `budget` times a MONTH, in minutes as scaled."""
    count = len(excesses)
    rank = budget / MONTH * (count + 1)
    if rank >= count:
        return excesses[-1]
    if rank >= 1:
        whole = int(rank)
        return excesses[whole - 1] + (excesses[whole] - excesses[whole - 1]) * (rank - whole)
    upper = excesses[: max(1, count // 3)]
    scale = max(float(SLOT_MIN), sum(upper) / len(upper) - excesses[count // 2])
    return excesses[0] + scale * math.log(1 / rank)


def _margin(days: int, terms: LineTerms) -> float:
    """From nearly all at the first line to nothing when all days are there; by the cube, for most is known early. And
    slowly at first: a week or two promise more than they keep.
    """
    if days >= terms.days or terms.days <= terms.least_days:
        return 0.0
    left: float = ((terms.days - days) / (terms.days - terms.least_days + 1)) ** 3
    return left if terms.most_s is UNSET else 1 - (1 - left) ** 2
