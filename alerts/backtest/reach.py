"""What other steps or targets would have meant for alerts that were: counted from what people did then. Pure.

Who would have been told is counted up to when somebody first said that they go, or it was closed: then the steps stop.
Refusals and lost people, which pull steps forward, are not played again.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from events.types.fact import SECOND


class Reach(NamedTuple):
    """Of `alerts` so many would have come to this level under the steps of then and of now."""

    level: str
    then: int
    now: int


class Target(NamedTuple):
    """Of `alerts` so many were answered, or reached, within the target of then and of now."""

    alerts: int
    then: int
    now: int


Steps = Sequence[Sequence[Any]]


def reached(rows: Sequence[Mapping[str, Any]], then: Steps, now: Steps, levels: Sequence[str], at: int) -> list[Reach]:
    """`rows` as in the projection of responses; `at`: up to now for those still open."""
    lasted = [_until(row, at) - row["raised_at"] for row in rows]
    return [
        Reach(level, *(sum(_told(steps, level, span) for span in lasted) for steps in (then, now))) for level in levels
    ]


def _until(row: Mapping[str, Any], at: int) -> int:
    ends = [row[name] for name in ("going_at", "arrived_at", "closed_at") if row[name] is not None]
    return int(min(ends, default=at))


def _told(steps: Steps, level: str, span: int) -> bool:
    return any(level in levels and after * SECOND <= span for after, levels in steps)


def within(rows: Sequence[Mapping[str, Any]], what: str, then: float, now: float) -> Target:
    """`what`: answer or arrive. Arrival counts from when somebody said that they go, else from raised."""
    spans = []
    for row in rows:
        if what == "answer":
            at = min((a for a in (row["going_at"], row["arrived_at"]) if a is not None), default=None)
            begins = row["raised_at"]
        else:
            at, begins = row["arrived_at"], row["going_at"] or row["raised_at"]
        spans.append(None if at is None else at - begins)
    return Target(len(rows), *(sum(s is not None and s <= limit * SECOND for s in spans) for limit in (then, now)))
