"""Pages of the diary as days: how long the silence had run by the end of each quarter of an hour. Pure.

Ten thousand homes are learned in a night, so the loops here are the plainest that do it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from alerts.core.routine.clock import SLOTS
from alerts.core.routine.diary import AT_HOME, FALSE_ALARM
from events.types.routine import DayLived

DAY_MIN: Final = 1440
SLOT_MIN: Final = DAY_MIN // SLOTS


class LivedDay(NamedTuple):
    """How long the silence had run by the end of each quarter of an hour; None: the quarter teaches nothing."""

    ran: list[int | None]
    alarmed: list[tuple[int, int]]
    """Quarter and length of silences that were alerts for nothing."""
    for_nothing: int
    """How many of them ended that day."""


def unfold(pages: Sequence[DayLived]) -> list[LivedDay]:
    """Each page as quarters of an hour; a silence lies in every day that it reached into."""
    ended: dict[int, int] = {}
    for page in pages:
        nothing = sum(silence.kind == FALSE_ALARM for silence in page.silences)
        ended[page.day] = ended.get(page.day, 0) + nothing
    days = {day: LivedDay([0] * SLOTS, [], nothing) for day, nothing in ended.items()}
    for page in pages:
        for silence in page.silences:
            until = silence.until_min
            since = until - silence.lasted_min
            if since >= 0:
                _lay(days[page.day], since, until, silence.kind)
                continue
            for back in range(-(since // DAY_MIN) + 1):
                day = days.get(page.day - back)
                if day is not None:
                    _lay(day, since + back * DAY_MIN, until + back * DAY_MIN, silence.kind)
    return list(days.values())


def _lay(day: LivedDay, since: int, until: int, kind: int) -> None:
    ran = day.ran
    first = since // SLOT_MIN if since > 0 else 0
    last = (until - 1) // SLOT_MIN if until > 1 else 0
    if last >= SLOTS:
        last = SLOTS - 1
    if kind == AT_HOME:
        lasted = (first + 1) * SLOT_MIN - since
        for slot in range(first, last):
            was = ran[slot]
            if was is not None and lasted > was:
                ran[slot] = lasted
            lasted += SLOT_MIN
        if first <= last:
            was, lasted = ran[last], min(until, (last + 1) * SLOT_MIN) - since
            if was is not None and lasted > was:
                ran[last] = lasted
        return
    for slot in range(first, last + 1):
        was = ran[slot]
        if was is None or was < 2 * SLOT_MIN:  # a quarter that a longer silence at home ran into still teaches
            ran[slot] = None
        if kind == FALSE_ALARM:
            day.alarmed.append((slot, min(until, (slot + 1) * SLOT_MIN) - since))


def pooled(ran: Sequence[int | None], neighbours: int) -> list[int]:
    """The longest run in each quarter of an hour and its neighbours, round the clock."""
    known = [run or 0 for run in ran]
    if not neighbours:
        return known
    most = [*known[SLOTS - neighbours :], *known, *known[:neighbours]]
    width, wanted = 1, 2 * neighbours + 1
    while 2 * width <= wanted:
        most = list(map(max, most, most[width:]))
        width *= 2
    return list(map(max, most, most[wanted - width :]))
