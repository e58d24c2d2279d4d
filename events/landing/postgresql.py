"""PostgreSQL: many writers; the trigger on `events` lets one at a time number and commit, the table gives positions.

A number once given is not given again, so repeats and undone work leave gaps. What cannot happen is that a lower
position becomes visible after a higher one.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from events.arrays import array_of
from events.landing.rows import COLUMNS, Ready, checked_versions, known, ready, version_of
from events.new import Appended, New, VersionConflict
from events.prepared import savepoint
from events.serial import Recorded
from events.storable import storable
from events.worded import plain_rows

MANY = 200
"""From so many rows on COPY is faster than arrays (measured on two cores)."""

Place = tuple[str, int | None, str | None]


def land(db: Connection, news: Sequence[New], after: Mapping[str, int], recorded_at: int, *, final: bool) -> Appended:
    """Insert what is new; what two writers raced for is refused to the later one. Raises VersionConflict."""
    if not news:
        return Appended([], [], [])
    versions = checked_versions(db, news, after)
    with savepoint(db) if versions and not final else nullcontext():  # only decisions can be refused after all
        made = ready(news, versions, recorded_at)
        places = dict(_copy(db, made) if len(made) >= MANY else _insert(db, made))
        recorded: list[Recorded] = []
        left: list[New] = []
        for each in made:
            position = places.pop((each.row[1], each.row[2], each.row[3]), None)
            if position is not None:
                recorded.append(each.recorded(position))
            elif each.new.key is None:
                raise VersionConflict(each.new.stream, after[each.new.stream], version_of(db, each.row[1]))
            else:
                left.append(each.new)
    recorded.sort(key=lambda record: record.position)
    repeated, conflicts = _split(db, left) if left else ([], [])
    return Appended(recorded, repeated, conflicts)


def _insert(db: Connection, made: Sequence[Ready]) -> Iterable[tuple[Place, int]]:
    """One statement whatever the number of rows, so that the server plans it once."""
    columns = tuple(map(array_of, zip(*[each.row for each in made], strict=True)))
    for position, *place in plain_rows(db.exec_driver_sql(_FROM_ARRAYS, columns)):
        yield (place[0], place[1], place[2]), position


def _copy(db: Connection, made: Sequence[Ready]) -> Iterable[tuple[Place, int]]:
    """By the driver itself, which SQLAlchemy does not hear: what is wrong is said as it would say it."""
    try:
        return _copied(db, made)
    except psycopg.Error as failure:
        raise DBAPIError.instance(_COPY, None, failure, psycopg.Error) from failure


def _copied(db: Connection, made: Sequence[Ready]) -> Iterable[tuple[Place, int]]:
    raw: Any = db.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    with raw.cursor() as cursor:
        cursor.execute(_ROOM)
        with cursor.copy(_COPY) as copy:
            for number, each in enumerate(made):
                copy.write_row((number, *each.row))
        cursor.execute(_FROM_ROOM)
        return [((stream, version, key), position) for position, stream, version, key in cursor.fetchall()]


def _split(db: Connection, left: Sequence[New]) -> tuple[list[New], list[New]]:
    there = known(db, left)
    repeated: list[New] = []
    conflicts: list[New] = []
    for new in left:
        same = there[storable(new.stream), storable(new.key or "")] == new.digest
        (repeated if same else conflicts).append(new)
    return repeated, conflicts


_TYPES = ("smallint", "text", "integer", "text", "text", "bigint", "bigint", "bigint", "text", "text")
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_ARRAYS = ", ".join(f"%s::{kind}[]" for kind in _TYPES)
_TAIL = 'ON CONFLICT DO NOTHING RETURNING "position", stream, version, key'
_FROM_ARRAYS = (
    f"INSERT INTO events ({_NAMES}) SELECT {_NAMES} FROM unnest({_ARRAYS}) WITH ORDINALITY "  # noqa: S608  # names of ours
    f"AS fresh({_NAMES}, number) ORDER BY number {_TAIL}"
)
_ROOM = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS landing (number integer, "
    + ", ".join(f'"{name}" {kind}' for name, kind in zip(COLUMNS, _TYPES, strict=True))
    + ") ON COMMIT DELETE ROWS; TRUNCATE landing"
)
_COPY = f"COPY landing (number, {_NAMES}) FROM STDIN"
_FROM_ROOM = f"INSERT INTO events ({_NAMES}) SELECT {_NAMES} FROM landing ORDER BY number {_TAIL}"  # noqa: S608
