"""The diary of a home: its silences of the day so far, from which a line is learned. Pure.

Kept flat in the household (three small numbers each), because ten thousand homes lie in memory; at local midnight they
become one fact `DayLived` and the page is new.
"""

from typing import Final

from alerts.core.household import Household
from alerts.core.routine.clock import day_of, midnight
from events.types.fact import DAY, MINUTE
from events.types.routine import Silence

LEAST: Final = 15 * MINUTE
"""A shorter silence says nothing that its quarter of an hour does not say."""

AT_HOME, AWAY, LEFT_OUT, FALSE_ALARM = 0, 1, 2, 3
"""Kinds: trains the line; began at the front door; absent, blind or in an alert, trains nothing; an alert that a sign
of life or the elder ended, which trains the buffer and not the line."""

_MOST: Final = 3 * 4 * 96
"""Numbers kept: as many silences as fit into four days, should no midnight be heard of for so long."""
_DAY_MIN: Final = DAY // MINUTE


def note(home: Household, since: int, until: int, kind: int) -> bool:
    """A silence is over. True: it is the first on this page, which must be closed at midnight."""
    if until - since < LEAST:
        return False
    first = not home.lived
    if first:
        home.lived_day = day_of(until)
    if len(home.lived) < _MOST:
        home.lived = [*home.lived, (until - midnight(home.lived_day)) // MINUTE, (until - since) // MINUTE, kind]
    return first


def split(home: Household, at: int) -> None:
    """A sign of life came late: the silence it lies in was two."""
    minute = (at - midnight(home.lived_day)) // MINUTE
    for i in range(0, len(home.lived), 3):
        until, lasted, kind = home.lived[i : i + 3]
        if until - lasted < minute < until:
            parts = [(minute, minute - (until - lasted)), (until, until - minute)]
            kept = [[u, span, kind] for u, span in parts if span * MINUTE >= LEAST]
            home.lived = [*home.lived[:i], *(number for part in kept for number in part), *home.lived[i + 3 :]]
            return


def page(home: Household) -> tuple[int, list[Silence]]:
    """The oldest day that is not closed, and its silences; what came after its midnight begins the next page."""
    found = [Silence(*home.lived[i : i + 3]) for i in range(0, len(home.lived), 3)]
    day, later = home.lived_day, [s for s in found if s.until_min > _DAY_MIN]
    ahead = (min(s.until_min for s in later) - 1) // _DAY_MIN if later else 0
    home.lived_day += ahead
    home.lived = [n for s in later for n in (s.until_min - ahead * _DAY_MIN, s.lasted_min, s.kind)]
    return day, [s for s in found if s.until_min <= _DAY_MIN]
