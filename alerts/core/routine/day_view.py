"""The limit of silence of a whole day, quarter by quarter, as it can be drawn: what is usual, and from when it is too long. Pure."""

from typing import Literal

import msgspec

from alerts.core.routine.clock import SLOTS
from events.types.routine import RoutineLearned

Why = Literal["learned", "longest", "fixed"]
"""What the limit of a quarter is: read off the line, that line held down by the absolute limit, or fixed alone."""


class Quarter(msgspec.Struct, frozen=True):
    """A silence that reaches into this quarter of an hour. `begins_min`: minutes since local midnight.

    `limit_min`: from so many minutes on it is too long. `usual_min`: how long silences mostly run there; None: not known.
    """

    begins_min: int
    limit_min: int
    usual_min: int | None
    why: Why


class DayView(msgspec.Struct, frozen=True):
    """All 96 quarters. `days`: from how many it was learned, 0: nothing yet; `since`, `until`: the window, microseconds."""

    fixed_min: int
    quarters: tuple[Quarter, ...]
    days: int = 0
    since: int = 0
    until: int = 0
    buffer_min: int = 0
    margin: float = 1.0


def day_view(learned: RoutineLearned | None, fixed_s: float, most_s: float = 0, *, on: bool = True) -> DayView:
    """What is in force. `fixed_s`, `most_s`: the home's fixed and absolute limit in seconds; `on`: whether the home is judged by what is learned."""
    fixed = int(fixed_s // 60)
    if learned is None or not on:
        usual = learned.usual if learned is not None else [None] * SLOTS
        quarters = tuple(Quarter(slot * 15, fixed, usual[slot], "fixed") for slot in range(SLOTS))
        return DayView(fixed, quarters, learned.days if learned is not None else 0)
    most = max(fixed, int(most_s // 60))
    quarters = tuple(
        Quarter(slot * 15, min(limit, most), usual, "longest" if limit >= most else "learned")
        for slot, (limit, usual) in enumerate(zip(learned.limits, learned.usual, strict=True))
    )
    return DayView(
        fixed, quarters, learned.days, learned.since, learned.until, learned.buffer_min, learned.margin
    )  # fmt: skip
