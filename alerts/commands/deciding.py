"""Load an alert from its own stream, decide on it, append what was decided on the version it was decided on."""

from collections.abc import Callable

from sqlalchemy import Connection

from alerts.core.alert import Alert, fold, stream_of
from alerts.core.refusals import AlertUnknown
from events.database import Database
from events.store import New, append, read_stream
from events.types.fact import Event

Decision = Callable[[Alert], list[Event]]


def load(db: Connection, alert_id: str) -> Alert:
    """The alert as of now. Raises AlertUnknown."""
    alert: Alert | None = None
    for recorded in read_stream(db, stream_of(alert_id)):
        alert = fold(alert, recorded.event, recorded.at, recorded.version)
    if alert is None:
        raise AlertUnknown(alert_id)
    return alert


def decide(database: Database, alert_id: str, decision: Decision, *, at: int) -> int:
    """Decide and commit; returns the alert's version afterwards.

    The writer holds the log while it loads and decides, so nobody can come between; the expected version is given all
    the same, for databases with several writers.
    """
    return database.write(lambda db: decide_within(db, alert_id, decision, at=at).version)


def decide_within(db: Connection, alert_id: str, decision: Decision, *, at: int) -> Alert:
    """The same within a transaction of the caller's."""
    alert = load(db, alert_id)
    stream, version = stream_of(alert_id), alert.version
    decided = decision(alert)
    append(
        db, [New(stream, alert.site, event, at) for event in decided], recorded_at=at,
        after={stream: version},
    )  # fmt: skip
    return alert
