"""The learned line: for each quarter of an hour how long this person's silences normally run there, and how much longer
we wait. Pure: pages of the diary in, a line out, the same each time.

Begun from Cuddihy et al. 2007 (US7091865: for each time of day the longest silence of the last 45 days, and a buffer).
Here the line is a high quantile of how long silences have run, over neighbouring quarters of an hour, so that one odd day
does not lift it. The buffer is calibrated for each home against a budget of false alarms by leaving out each day in turn,
as split conformal prediction does: by how much did the day exceed the line of all others? Where the days are too few to
show so rare an excess, it is drawn out exponentially. Until all days are there, the limit is pulled towards the
absolute one.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from alerts.core.routine.clock import SLOTS
from alerts.core.routine.diary import AT_HOME, FALSE_ALARM
from events.types.routine import DayLived, LineTerms

_DAY_MIN: Final = 1440
_SLOT_MIN: Final = _DAY_MIN // SLOTS
_LEAST_TAUGHT: Final = SLOTS // 3
"""A day teaches when at least so many of its quarters of an hour were neither spent away nor left out."""


class Line(NamedTuple):
    """In minutes, one number for each quarter of an hour: `limits` is what is judged by, `usual` how long silences run."""

    limits: list[int]
    usual: list[int]
    days: int
    buffer_min: int
    margin: float
    """How far the limits are still pulled towards the absolute one: 1 wholly, 0 not any more."""


class _Day(NamedTuple):
    """How long the silence had run by the end of each quarter of an hour; None: the quarter teaches nothing."""

    ran: list[int | None]
    alarmed: list[tuple[int, int]]
    """Quarter and length of silences that were alerts for nothing."""
    for_nothing: int
    """How many of them ended that day."""


def learn(pages: Sequence[DayLived], terms: LineTerms) -> Line | None:
    """The line from these pages, oldest first. None: too few of them teach."""
    if not pages:
        return None
    newest = pages[-1].day
    known = _unfold([page for page in pages if newest - page.day < terms.days])
    days = [day for day in known if sum(ran is not None for ran in day.ran) >= _LEAST_TAUGHT]
    if len(days) < max(2, terms.least_days):
        return None
    pooled = [_pooled(day.ran, terms.neighbours) for day in days]
    ranked = [sorted(day[slot] for day in pooled) for slot in range(SLOTS)]
    usual = [_at(ranked[slot], terms.quantile) for slot in range(SLOTS)]
    buffer = _buffer(_excesses(days, pooled, ranked, usual, terms.quantile), _spent(terms.budget, known))
    margin = _margin(len(days), terms)
    cap, floor = terms.cap_s // 60, terms.floor_s // 60
    limits = []
    for run in usual:
        limit = max(floor, run + buffer * _scale(run))
        limits.append(round(min(cap, limit + max(0.0, cap - limit) * margin)))
    return Line(limits, [round(run) for run in usual], len(days), round(buffer), round(margin, 3))


def _spent(budget: float, days: Sequence["_Day"]) -> float:
    """With each alert for nothing within the window less of the budget is spent, as adaptive conformal inference does
    (Gibbs and Candes 2021): habits change, and then the past promises more than it keeps.
    """
    return budget / (1 + sum(day.for_nothing for day in days))


def _scale(usual: float) -> float:
    """Long silences vary more than short ones: the buffer grows with the root of what is usual; 1 where nothing is."""
    return math.sqrt(1 + usual / 60)


def _unfold(pages: Sequence[DayLived]) -> list[_Day]:
    """Each page as quarters of an hour; a silence lies in every day that it reached into."""
    ended = Counter(page.day for page in pages for silence in page.silences if silence.kind == FALSE_ALARM)
    days = {page.day: _Day([0] * SLOTS, [], ended[page.day]) for page in pages}
    for page in pages:
        for silence in page.silences:
            since = silence.until_min - silence.lasted_min
            for back in range(-(since // _DAY_MIN) + 1):
                day = days.get(page.day - back)
                if day is not None:
                    _lay(day, since + back * _DAY_MIN, silence.until_min + back * _DAY_MIN, silence.kind)
    return list(days.values())


def _lay(day: _Day, since: int, until: int, kind: int) -> None:
    ran = day.ran
    first, last = max(0, since) // _SLOT_MIN, min(SLOTS - 1, max(0, until - 1) // _SLOT_MIN)
    for slot in range(first, last + 1):
        lasted = min(until, (slot + 1) * _SLOT_MIN) - since
        was = ran[slot]
        if kind == AT_HOME:
            if was is not None and lasted > was:
                ran[slot] = lasted
        elif was is None or was < 2 * _SLOT_MIN:  # a quarter that a longer silence at home ran into still teaches
            ran[slot] = None
        if kind == FALSE_ALARM:
            day.alarmed.append((slot, lasted))


def _pooled(ran: Sequence[int | None], neighbours: int) -> list[int]:
    """The longest run in each quarter of an hour and its neighbours, round the clock."""
    known = [run or 0 for run in ran]
    wide = [*known[SLOTS - neighbours :], *known, *known[:neighbours]] if neighbours else known
    return [max(wide[slot : slot + 2 * neighbours + 1]) for slot in range(SLOTS)]


def _rank(count: int, quantile: float) -> int:
    return min(count - 1, max(0, math.ceil(quantile * count) - 1))


def _at(ranked: Sequence[int], quantile: float) -> int:
    return ranked[_rank(len(ranked), quantile)]


def _excesses(
    days: Sequence[_Day], pooled: Sequence[Sequence[int]], ranked: Sequence[list[int]], usual: Sequence[int],
    quantile: float,
) -> list[float]:  # fmt: skip
    """By how many minutes each day at most ran beyond the line of all other days, as `_scale` counts, greatest first."""
    others = _rank(len(days) - 1, quantile)
    found = []
    for day, own in zip(days, pooled, strict=True):
        most = 0.0
        for slot, run in enumerate(day.ran):
            if run is not None and run > most:
                of_slot = ranked[slot]
                line = of_slot[others if others < bisect_left(of_slot, own[slot]) else others + 1]
                if run > line:
                    most = max(most, (run - line) / _scale(line))
        for slot, lasted in day.alarmed:
            most = max(most, (lasted - usual[slot]) / _scale(usual[slot]))
        found.append(most)
    return sorted(found, reverse=True)


def _buffer(excesses: Sequence[float], budget: float) -> float:
    """So much that a further day exceeds it no more often than `budget` times in 30 days, in minutes as scaled."""
    count = len(excesses)
    rank = budget / 30 * (count + 1)
    if rank >= count:
        return excesses[-1]
    if rank >= 1:
        whole = int(rank)
        return excesses[whole - 1] + (excesses[whole] - excesses[whole - 1]) * (rank - whole)
    upper = excesses[: max(1, count // 3)]
    scale = max(float(_SLOT_MIN), sum(upper) / len(upper) - excesses[count // 2])
    return excesses[0] + scale * math.log(1 / rank)


def _margin(days: int, terms: LineTerms) -> float:
    """From nearly all at the first line to nothing when all days are there; by the cube, for most is known early."""
    if days >= terms.days or terms.days <= terms.least_days:
        return 0.0
    return ((terms.days - days) / (terms.days - terms.least_days + 1)) ** 3
