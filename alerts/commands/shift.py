"""What the duty desk promises and hands over. Times in microseconds."""

from collections.abc import Sequence

from sqlalchemy import Connection

from alerts.commands.deciding import settled
from alerts.projections.shifts import STREAM, open_promises
from alerts.registry.texts import keep_text
from events.database import Database
from events.store import New, append, version_of
from events.types.fact import Event
from events.types.shift import PromiseKept, PromiseMade, ShiftHandedOver

LONGEST = 2000


def promise(database: Database, text: str, *, by: str, due: int, at: int) -> str:
    """Keep what was promised; its id."""

    def work(db: Connection) -> str:
        kept = keep_text(db, "promise", text[:LONGEST], by, at)
        _record(db, PromiseMade(promise=kept, by=by, due=due), at)
        return kept

    return settled(database, work)


def keep_promise(database: Database, promised: str, *, by: str, at: int) -> bool:
    """It is done. False: nobody owes it any more, or ever did."""

    def work(db: Connection) -> bool:
        if promised not in {each.id for each in open_promises(db)}:
            return False
        _record(db, PromiseKept(promise=promised, by=by), at)
        return True

    return settled(database, work)


def hand_over(
    database: Database, *, left: str, took: str, note: str, alerts: Sequence[str], not_protected: Sequence[str],
    away: Sequence[str], audit: tuple[int, str], at: int,
) -> None:  # fmt: skip
    """The shift is handed over, with what both saw when they signed."""

    def work(db: Connection) -> None:
        kept = keep_text(db, "handover", note[:LONGEST], left, at) if note else ""
        handed = ShiftHandedOver(
            left=left, took=took, alerts=list(alerts), promises=[each.id for each in open_promises(db)],
            not_protected=list(not_protected), away=list(away), note=kept, audit_entries=audit[0], audit_link=audit[1],
        )  # fmt: skip
        _record(db, handed, at)

    settled(database, work)


def _record(db: Connection, event: Event, at: int) -> None:
    append(db, [New(STREAM, "all", event, at)], recorded_at=at, after={STREAM: version_of(db, STREAM)})
