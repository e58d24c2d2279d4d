"""Load an alert from its own stream, decide on it, append what was decided on the version it was decided on."""

import itertools
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from sqlalchemy import Connection

from alerts.core.alert import Alert, fold, stream_of
from alerts.core.refusals import AlertUnknown
from alerts.registry.rosters import roster_about
from events.database import CommitUnclear, Database, T
from events.store import New, VersionConflict, append, read_stream, read_streams, version_of
from events.types.fact import Event

_ATTEMPTS: Final = 20
Decision = Callable[[Alert], list[Event]]


def load(db: Connection, alert_id: str) -> Alert:
    """The alert as of now. Raises AlertUnknown."""
    alert: Alert | None = None
    for recorded in read_stream(db, stream_of(alert_id)):
        alert = fold(alert, recorded.event, recorded.at, recorded.version)
    if alert is None:
        raise AlertUnknown(alert_id)
    return alert


def load_all(db: Connection, names: Collection[str]) -> dict[str, Alert]:
    """Those of these alerts that there are, as of now: for many at once, each a stream of its own."""
    alerts: dict[str, Alert | None] = {}
    for recorded in read_streams(db, [stream_of(name) for name in sorted(names)]):
        before = alerts.get(recorded.stream)
        alerts[recorded.stream] = fold(before, recorded.event, recorded.at, recorded.version)
    return {alert.id: alert for alert in alerts.values() if alert is not None}


def on_duty(db: Connection, alert: Alert, at: int) -> Alert:
    """Lay beside the alert who stands in for whom, so that a step is taken for those who are there."""
    alert.roster = roster_about(db, alert.terms.chain.values(), at)
    return alert


def settled(database: Database, work: Callable[[Connection], T]) -> T:
    """Load, decide and append in one transaction; once more when somebody else decided on the same stream first."""
    for attempt in itertools.count(1):
        try:
            return database.write(work)
        except VersionConflict:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def decide(database: Database, alert_id: str, decision: Decision, *, at: int) -> int:
    """Decide and commit; returns the alert's version afterwards. The expected version holds the door between them.

    When the connection is lost while committing, it is looked whether what was decided is there, before anything is
    decided again.
    """
    made: list[Made] = []

    def work(db: Connection) -> int:
        alert = on_duty(db, load(db, alert_id), at)
        made.append(Made(alert.version, decision(alert)))
        return append_decided(db, alert, made[-1], at=at)

    try:
        return settled(database, work)
    except CommitUnclear:
        with database.read() as db:
            if made[-1].is_in(db, alert_id, at):
                return made[-1].version
        return settled(database, work)


class Made(NamedTuple):
    """What was decided on which version of an alert."""

    after: int
    events: list[Event]

    @property
    def version(self) -> int:
        """The alert's version with it."""
        return self.after + len(self.events)

    def is_in(self, db: Connection, alert_id: str, at: int) -> bool:
        """Whether the log says just this at just these versions."""
        there = {r.version: (r.event, r.at) for r in read_stream(db, stream_of(alert_id)) if r.version is not None}
        return all(there.get(version) == (event, at) for version, event in enumerate(self.events, self.after + 1))


def append_decided(db: Connection, alert: Alert, made: Made, *, at: int) -> int:
    """Append what was decided on this alert; its version afterwards."""
    stream = stream_of(alert.id)
    news = [New(stream, alert.site, event, at) for event in made.events]
    append(db, news, recorded_at=at, after={stream: made.after})
    return made.version


def decide_within(db: Connection, alert_id: str, decision: Decision, *, at: int) -> Alert:
    """The same within a transaction of the caller's, who runs it by `settled`."""
    alert = on_duty(db, load(db, alert_id), at)
    append_decided(db, alert, Made(alert.version, decision(alert)), at=at)
    return alert


def record_of_home(db: Connection, home: str, site: str, event: Event, at: int) -> None:
    """A person's decision about a home, within the caller's transaction."""
    stream = f"home-{home}"
    append(db, [New(stream, site, event, at)], recorded_at=at, after={stream: version_of(db, stream)})
