"""What operators and responders may do with an alert. Times in microseconds; each returns the alert's new version."""

from sqlalchemy import Connection

from alerts.commands.deciding import decide, decide_within, load, record_of_home, settled
from alerts.core import lifecycle
from alerts.core.alert import stream_of
from alerts.registry.texts import keep_text
from events.database import Database
from events.store import New, append
from events.types.alert import AlertNoted
from events.types.home import HomeResumed, HomeRetired

NOTE_MOST = 2000
"""The longest note or reason kept, in characters."""


def acknowledge(database: Database, alert_id: str, *, by: str, via: str, at: int) -> int:
    """Seen: stops the sound and nothing else."""
    return decide(database, alert_id, lambda a: lifecycle.acknowledge(a, by=by, via=via, at=at), at=at)


def en_route(database: Database, alert_id: str, *, who: str, by: str, via: str, at: int) -> int:
    """`who` is going."""
    return decide(database, alert_id, lambda a: lifecycle.en_route(a, who=who, by=by, via=via, at=at), at=at)


def arrived(database: Database, alert_id: str, *, who: str, by: str, via: str, at: int) -> int:
    """`who` is at the door."""
    return decide(database, alert_id, lambda a: lifecycle.arrived(a, who=who, by=by, via=via, at=at), at=at)


def declined(database: Database, alert_id: str, *, who: str, by: str, via: str, at: int) -> int:
    """`who` cannot go."""
    return decide(database, alert_id, lambda a: lifecycle.declined(a, who=who, by=by, via=via, at=at), at=at)


def stand_down(database: Database, alert_id: str, *, who: str, by: str, at: int) -> int:
    """`who` need not go any more."""
    return decide(database, alert_id, lambda a: lifecycle.stand_down(a, who=who, by=by, at=at), at=at)


def escalate_now(database: Database, alert_id: str, *, by: str, at: int) -> int:
    """The next step now. `by` is in the audit log of the door it came through."""
    del by
    return decide(database, alert_id, lambda a: lifecycle.escalate_now(a, at=at), at=at)


def shelve(database: Database, alert_id: str, *, reason: str, for_s: int, by: str, at: int) -> int:
    """Put aside for so many seconds; why is kept word for word."""

    def work(db: Connection) -> int:
        kept = keep_text(db, "reason", reason[:NOTE_MOST], by, at)
        return decide_within(
            db, alert_id, lambda a: lifecycle.shelve(a, by=by, reason=kept, for_s=for_s, at=at), at=at
        ).version

    return settled(database, work)


def unshelve(database: Database, alert_id: str, *, by: str, at: int) -> int:
    """Among the others again."""
    return decide(database, alert_id, lambda a: lifecycle.unshelve(a, by=by, at=at), at=at)


def close(
    database: Database, alert_id: str, *,
    outcome: str, by: str, via: str, seen_version: int | None, note: str = "", at: int,
) -> int:  # fmt: skip
    """Close with an outcome, by one who has seen the alert as of `seen_version`."""

    def work(db: Connection) -> int:
        kept = keep_text(db, "note", note[:NOTE_MOST], by, at) if note else ""
        return decide_within(
            db, alert_id,
            lambda a: lifecycle.close(a, outcome=outcome, by=by, via=via, seen_version=seen_version, note=kept, at=at),
            at=at,
        ).version  # fmt: skip

    return settled(database, work)


def correct_outcome(database: Database, alert_id: str, *, outcome: str, reason: str, by: str, at: int) -> int:
    """Mend a wrong outcome; why is kept word for word."""

    def work(db: Connection) -> int:
        kept = keep_text(db, "reason", reason[:NOTE_MOST], by, at)
        return decide_within(
            db, alert_id, lambda a: lifecycle.correct_outcome(a, outcome=outcome, by=by, reason=kept, at=at), at=at
        ).version

    return settled(database, work)


def note(database: Database, alert_id: str, *, text: str, by: str, at: int) -> int:
    """A note for those who read the alert; it changes nothing, so it takes no version."""

    def work(db: Connection) -> int:
        alert = load(db, alert_id)
        kept = keep_text(db, "note", text[:NOTE_MOST], by, at)
        noted = AlertNoted(alert=alert_id, note=kept, by=by)
        append(db, [New(stream_of(alert_id), alert.site, noted, at, key=f"note-{kept}")], recorded_at=at)
        return alert.version

    return settled(database, work)


def confirm_death(database: Database, alert_id: str, *, by: str, at: int) -> int:
    """The second, separate confirmation: only now the home is retired."""

    def work(db: Connection) -> int:
        alert = decide_within(db, alert_id, lambda a: lifecycle.confirm_death(a, by=by, at=at), at=at)
        record_of_home(db, alert.home, alert.site, HomeRetired(home=alert.home, by=by, reason="deceased"), at)
        return alert.version

    return settled(database, work)


def undo_death(database: Database, alert_id: str, *, by: str, at: int) -> int:
    """It was a mistake: the home is watched again."""

    def work(db: Connection) -> int:
        alert = decide_within(db, alert_id, lambda a: lifecycle.undo_death(a, by=by, at=at), at=at)
        record_of_home(db, alert.home, alert.site, HomeResumed(home=alert.home, by=by), at)
        return alert.version

    return settled(database, work)
