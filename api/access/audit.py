"""What people did and were shown: append-only, held by the database itself, each entry chained to the one before.

The link of an entry is SHA-256 over the link before it and the entry. Who changes or takes out an entry must change all
links behind it; each handover of a shift writes the last link into the event log, so that the end cannot be cut off either.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Row, func, insert, select, text

from api.access.tables import audit
from events.database import Database

_LONGEST: Final = 200
_ONE_AT_A_TIME: Final = int.from_bytes(b"SWAUDIT!")
"""The advisory lock on PostgreSQL: two who wrote at once would both chain themselves to the same entry."""
_BEGINNING: Final = "0" * 64


@dataclass(frozen=True)
class Entry:
    """Who did what, when, to what, and how it ended."""

    id: int
    at: int
    who: str
    what: str
    ref: str
    result: str


@dataclass(frozen=True)
class Verdict:
    """What the whole chain says. `broken_at`: the first entry that does not fit. `cut_off`: an anchor beyond the end."""

    entries: int
    link: str
    broken_at: int | None = None
    cut_off: int | None = None

    @property
    def whole(self) -> bool:
        """Is nothing changed, missing or added in between?"""
        return self.broken_at is None and self.cut_off is None


def note_down(database: Database, *, at: int, who: str, what: str, ref: str = "", result: str = "ok") -> None:
    """Add an entry; it is on disk when this returns."""
    said = {"who": who, "what": what, "ref": ref, "result": result}
    entry = {"at": at, **{name: _storable(word) for name, word in said.items()}}
    database.write(lambda db: _add(db, entry))


def _storable(word: str) -> str:
    return word[:_LONGEST].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _add(db: Connection, entry: Mapping[str, object]) -> None:
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    last = db.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).first()
    before = _BEGINNING if last is None else last.link or _followed(_rows(db))[-1][1]
    db.execute(insert(audit).values(**entry, link=_link(before, entry)))


def _link(before: str, entry: Mapping[str, object]) -> str:
    said = json.dumps([before, *(entry[name] for name in ("at", "who", "what", "ref", "result"))], ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _rows(db: Connection) -> Iterable[Row[tuple[object, ...]]]:
    return db.execute(select(audit).order_by(audit.c.id))


def _followed(rows: Iterable[Row[tuple[object, ...]]]) -> list[tuple[int, str, bool]]:
    """(number, link as it must be, does it say so?) of each entry. Those from before the chain say nothing."""
    link, found, chained = _BEGINNING, [], False
    for row in rows:
        link = _link(link, row._asdict())
        chained = chained or row.link is not None
        found.append((row.id, link, not chained or row.link == link))
    return found


def verify(db: Connection, anchors: Iterable[tuple[int, str]] = ()) -> Verdict:
    """Follow the whole chain. `anchors`: (number of entries, link of the last) as written down elsewhere at some time."""
    followed = _followed(_rows(db))
    broken = next((number for number, _, fits in followed if not fits), None)
    cut = None
    for count, link in anchors:
        if count > len(followed):
            cut = cut or count
        elif count and followed[count - 1][1] != link:
            broken = min(broken or followed[count - 1][0], followed[count - 1][0])
    return Verdict(len(followed), followed[-1][1] if followed else _BEGINNING, broken, cut)


def anchor(db: Connection) -> tuple[int, str]:
    """How many entries there are, and the link of the last: to be written down where nobody changes it."""
    count = db.execute(select(func.count()).select_from(audit)).scalar() or 0
    last = db.execute(select(audit.c.link).order_by(audit.c.id.desc()).limit(1)).scalar()
    return count, last or _BEGINNING


def entries(db: Connection, *, after: int = 0, limit: int = 100) -> list[Entry]:
    """Entries behind this number, in order."""
    rows = db.execute(select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(limit))
    return [Entry(row.id, row.at, row.who, row.what, row.ref, row.result) for row in rows]


def latest(db: Connection, *, before: int | None = None, who: str = "", limit: int = 100) -> list[Entry]:
    """The newest first, of one person if asked."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    if who:
        query = query.where(audit.c.who == who)
    return [Entry(row.id, row.at, row.who, row.what, row.ref, row.result) for row in db.execute(query)]
