"""Somebody will not be there: leave with or without a stand-in, set and cancelled by people; recorded for everybody."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from alerts.commands.deciding import settled
from alerts.core.roster import ROTA
from alerts.registry import tables
from alerts.registry.rosters import absence
from alerts.registry.texts import keep_text
from events.database import Database
from events.store import New, append, version_of
from events.types.fact import DAY, Event
from events.types.roster import LeaveCancelled, LeaveSet

STREAM, EVERYBODY = "roster", "all"
_LONGEST: Final = 400 * DAY
_NOTE_MOST: Final = 2000


class LeaveRefused(Exception):
    """`why`: person_unknown, cover_unknown, covers_themselves, ends_before_it_begins, too_long, over, or leave_unknown."""

    def __init__(self, why: str, **more: str) -> None:
        super().__init__(why)
        self.why: str = why
        self.more: dict[str, Any] = dict(more)


def set_leave(
    database: Database, *, person: str, since: int, until: int, cover: str = "", note: str = "", by: str, at: int
) -> None:
    """From `since` to `until` (microseconds) `cover`, a person or `@rota`, is told instead, or without one nobody.

    The same beginning again changes end and cover. Raises LeaveRefused.
    """

    def work(db: Connection) -> None:
        _check(db, person, since, until, cover, at)
        kept = keep_text(db, "leave", note[:_NOTE_MOST], by, at) if note else ""
        row = {"person": person, "since": since, "until": until, "cover": cover, "by": by, "note": kept}
        db.execute(delete(tables.leaves).where(*_is(person, since)))
        db.execute(insert(tables.leaves).values(row))
        _record(db, LeaveSet(person=person, since=since, until=until, cover=cover, by=by, note=kept), at)

    settled(database, work)


def cancel_leave(database: Database, *, person: str, since: int, by: str, at: int) -> None:
    """The leave that begins at `since` is none. Raises LeaveRefused where there is none."""

    def work(db: Connection) -> None:
        if absence(db, person, since) is None:
            raise LeaveRefused("leave_unknown", person=person)
        db.execute(delete(tables.leaves).where(*_is(person, since)))
        _record(db, LeaveCancelled(person=person, since=since, by=by), at)

    settled(database, work)


def _check(db: Connection, person: str, since: int, until: int, cover: str, at: int) -> None:
    if not _known(db, person) or person.startswith(ROTA):
        raise LeaveRefused("person_unknown", person=person)
    if cover and not _known(db, cover):
        raise LeaveRefused("cover_unknown", cover=cover)
    refusals: Mapping[str, bool] = {
        "covers_themselves": cover == person,
        "ends_before_it_begins": until <= since,
        "over": until <= at,
        "too_long": until - since > _LONGEST,
    }
    for why, refused in refusals.items():
        if refused:
            raise LeaveRefused(why, person=person)


def _known(db: Connection, place: str) -> bool:
    table = tables.rotas if place.startswith(ROTA) else tables.people
    return db.execute(select(table.c.id).where(table.c.id == place.removeprefix(ROTA))).first() is not None


def _is(person: str, since: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return tables.leaves.c.person == person, tables.leaves.c.since == since


def _record(db: Connection, event: Event, at: int) -> None:
    append(db, [New(STREAM, EVERYBODY, event, at)], recorded_at=at, after={STREAM: version_of(db, STREAM)})
