"""What people did and were shown: append-only, held by the database itself."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select

from api.access.tables import audit
from events.database import Database

_LONGEST: Final = 200


@dataclass(frozen=True)
class Entry:
    """Who did what, when, to what, and how it ended."""

    id: int
    at: int
    who: str
    what: str
    ref: str
    result: str


def note_down(database: Database, *, at: int, who: str, what: str, ref: str = "", result: str = "ok") -> None:
    """Add an entry; it is on disk when this returns."""
    entry = {
        "at": at,
        "who": who[:_LONGEST],
        "what": what[:_LONGEST],
        "ref": ref[:_LONGEST],
        "result": result[:_LONGEST],
    }
    database.write(lambda db: db.execute(insert(audit).values(**entry)).rowcount)


def entries(db: Connection, *, after: int = 0, limit: int = 100) -> list[Entry]:
    """Entries behind this number, in order."""
    rows = db.execute(select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(limit))
    return [Entry(row.id, row.at, row.who, row.what, row.ref, row.result) for row in rows]
