"""The soft checks of a home: when only the elder was asked whether all is well, and how it was answered. Read from the log."""

from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection

from alerts.projections import alerts
from events.store import read_stream
from events.types.fact import SECOND
from events.types.routine import ElderAnswered, ElderAsked

Answer = Literal["key", "passed", "alert", "waiting"]
"""A key in the call; the silence was over before its limit; it was not, and an alert came of it; it is not known yet."""
_NO_ACTIVITY: Final = "no_activity"
_LATE: Final = 60 * SECOND
"""So much later than its limit a silence may have been judged."""


class Asked(NamedTuple):
    """Asked at `at`, quiet since `since` against a limit of `limit_s` seconds. Times in microseconds.

    `answered_at`: of a key only; `alert`: which came of the same silence, also where a key came after it.
    """

    at: int
    since: int
    limit_s: int
    answer: Answer
    answered_at: int | None = None
    alert: str = ""


def soft_checks_of(db: Connection, home: str, now: int, *, most: int = 20) -> list[Asked]:
    """The newest first. Nothing of it is kept twice: a check is one or two facts of the home's stream."""
    told = read_stream(db, f"home-{home}", types=[ElderAsked.__name__, ElderAnswered.__name__], limit=2 * most)
    raised = {
        int(alert.reason.get("last_seen", 0)): alert.id
        for alert in alerts.listed(db, home=home, limit=10 * most)
        if alert.danger == _NO_ACTIVITY
    }
    found: list[Asked] = []
    for recorded in told:
        event = recorded.event
        if isinstance(event, ElderAsked):
            alert = raised.get(event.since, "")
            open_yet = now <= event.since + event.limit_s * SECOND + _LATE
            answer: Answer = "alert" if alert else "waiting" if open_yet else "passed"
            found.append(Asked(recorded.at, event.since, event.limit_s, answer, None, alert))
        elif isinstance(event, ElderAnswered) and found and found[-1].answered_at is None:
            found[-1] = found[-1]._replace(answer="key", answered_at=recorded.at)
    return found[: -most - 1 : -1]
