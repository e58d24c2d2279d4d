"""The ledger of a home's blind time: how long by cause and day, and which cause a minute belongs to. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from alerts.core.calendar import LOCAL_OFFSET
from alerts.core.household import Household
from events.types.fact import DAY, SECOND

_DAYS_KEPT = 31


class Unseen(NamedTuple):
    """A time in which nobody saw a home, and why."""

    since: int
    until: int
    cause: str


def by_day(spans: Iterable[Iterable[int]]) -> dict[int, int]:
    """Seconds of these spans (microseconds) in each local day, days since 1970."""
    found: dict[int, int] = {}
    for span in spans:
        start, end = span
        while start < end:
            day = (start + LOCAL_OFFSET) // DAY
            until = min(end, (day + 1) * DAY - LOCAL_OFFSET)
            found[day] = found.get(day, 0) + (until - start) // SECOND
            start = until
    return found


def count(home: Household, cause: str, before: list[list[int]], now: list[list[int]]) -> None:
    """These spans were counted anew: what was counted of them before is taken off."""
    days = dict(home.blind_s.get(cause, {}))
    for day, seconds in by_day(now).items():
        days[day] = days.get(day, 0) + seconds
    for day, seconds in by_day(before).items():
        days[day] = max(0, days.get(day, 0) - seconds)
    newest = max(days, default=0)
    home.blind_s = {**home.blind_s, cause: {d: s for d, s in sorted(days.items()) if s and d > newest - _DAYS_KEPT}}


def kept_s(home: Household, cause: str, since: int) -> int:
    """Seconds counted for this cause on the days from that of `since` on, microseconds."""
    first = (since + LOCAL_OFFSET) // DAY
    return sum(seconds for day, seconds in home.blind_s.get(cause, {}).items() if day >= first)


def apart(spans: Iterable[Unseen]) -> list[Unseen]:
    """Each moment belongs to one cause: to that whose trouble began first."""
    taken: list[Unseen] = []
    for span in sorted(spans):
        free = [(span.since, span.until)]
        for other in taken:
            free = [
                piece for since, until in free
                for piece in ((since, min(until, other.since)), (max(since, other.until), until))
                if piece[0] < piece[1]
            ]  # fmt: skip
        taken += [Unseen(since, until, span.cause) for since, until in free]
    return sorted(taken)


def total_s(spans: Iterable[Unseen], since: int, until: int) -> dict[str, int]:
    """Seconds by cause within [since, until]; a moment counts once."""
    found: dict[str, int] = {}
    for span in apart(spans):
        seconds = (min(span.until, until) - max(span.since, since)) // SECOND
        if seconds > 0:
            found[span.cause] = found.get(span.cause, 0) + seconds
    return found
