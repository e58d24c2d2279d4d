"""Append and read. Facts carry a key and land once; decisions carry the version they were made on, or are refused."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    bindparam,
    select,
    union_all,
)

from events.failpoints import failpoint
from events.landing import postgresql, sqlite
from events.landing.rows import head, version_of
from events.lanes import ALL
from events.new import LANDED, Appended, New, VersionConflict
from events.serial import Recorded, load, load_meta
from events.tables import events
from events.worded import Question, plain_rows

__all__ = [
    "Appended", "New", "VersionConflict", "append", "head", "read", "read_at", "read_stream", "read_streams",
    "read_types", "version_of",
]  # fmt: skip


def append(
    db: Connection,
    news: Sequence[New],
    *,
    recorded_at: int,
    after: Mapping[str, int] | None = None,
    final: bool = False,
) -> Appended:
    """Append within the caller's transaction, hundreds in one statement.

    `after`: for every stream that gets decisions, the version they were made on (0: it does not exist yet).
    Raises VersionConflict; then nothing of this call is in the log. `final`: whoever is refused ends his transaction with it.
    """
    failpoint("append.begin")
    appended = _LANDS[db.dialect.name](db, news, after or {}, recorded_at, final=final)
    failpoint("append.landed")
    db.info.setdefault(LANDED, []).extend(appended.recorded)
    return appended


_LANDS = {"sqlite": sqlite.land, "postgresql": postgresql.land}


_OF_A_FACT = [column for column in events.c if column is not events.c.digest]


def read(
    db: Connection,
    after: int,
    *,
    limit: int = 1000,
    lanes: Collection[int] | None = None,
    types: Collection[str] | None = None,
    upto: int | None = None,
) -> list[Recorded]:
    """Facts behind this position in order; with `lanes`, only those and the lane everybody reads.

    With `types` only those, whoever they are about; `upto` is the last position looked at.
    """
    if lanes is None and types is None and upto is None:
        return _facts(_ALL_BEHIND.rows(db, after=after, most=limit))
    query, asked = _BEHIND, {"after": after, "most": limit}
    if lanes is not None:
        query = query.where(events.c.lane.in_([*lanes, ALL]))
    if types is not None:
        query = query.where(events.c.type.in_(types))
    if upto is not None:
        query = query.where(events.c.position <= upto)
    return _found(db, query, asked)


def read_stream(
    db: Connection, stream: str, *, limit: int | None = None, types: Collection[str] | None = None, holding: str = ""
) -> list[Recorded]:
    """All of one stream in order of position; with `limit` the newest ones only, still in order.

    With `types` only those; with `holding` only those in whose JSON this text stands.
    """
    if types is None and not holding and limit is None:
        return _facts(_WHOLE_STREAM.rows(db, stream=stream))
    asked: dict[str, Any] = {"stream": stream}
    if types is not None:
        asked["types"] = [*types]
    if holding:
        asked["holding"] = _LIKE.sub(r"/\g<0>", holding)
    if limit is not None:
        asked["limit"] = limit
    query = _of_stream(only=types is not None, holding=bool(holding), newest=limit is not None)
    return _found(db, query, asked)


_LIKE = re.compile("[/%_]")


def _both(columns: Sequence[ColumnElement[Any]], *of: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Decisions and keyed facts; no fact is both. An index each: asked in one condition, SQLite reads the whole log in order.

    By these two and nothing else: told to fetch the positions they find, PostgreSQL keeps a plan that reads the whole log
    where it made that plan while the log was empty, 2.5 ms for each alert after half a minute.
    """
    return union_all(
        *(select(*columns).where(*of, lies_in.is_not(None)) for lies_in in (events.c.version, events.c.key))
    )


@cache
def _of_stream(*, only: bool, holding: bool, newest: bool) -> Select[Any] | CompoundSelect[Any]:
    """Worded once for each kind of question: the stream of an alert is read at each of its steps."""
    narrowed: list[ColumnElement[bool]] = []
    if only:  # as an expression, or SQLite would rather read all of these types than all of this stream
        narrowed.append((events.c.type + "").in_(bindparam("types", expanding=True)))
    if holding:
        narrowed.append(events.c.data.contains(bindparam("holding"), escape="/"))
    narrowed.append(events.c.stream == bindparam("stream"))
    if not newest:
        return _both(_OF_A_FACT, *narrowed).order_by("position")
    # A few of perhaps very many: only those are fetched.
    of_stream = _both([events.c.position], *narrowed).subquery()
    found = select(of_stream.c.position).order_by(of_stream.c.position.desc()).limit(bindparam("limit"))
    return select(*_OF_A_FACT).where(events.c.position.in_(found)).order_by(events.c.position)


def read_streams(db: Connection, streams: Sequence[str]) -> list[Recorded]:
    """All of these streams in order of position."""
    if len(streams) == 1:  # nearly always: what one alarm leads to
        return read_stream(db, streams[0])
    return _found(db, _OF_STREAMS, {"streams": streams})


def read_types(db: Connection, types: Collection[str], *, after: int = 0, limit: int = 100_000) -> list[Recorded]:
    """Decisions of these types behind this position, in order (registrations and settings are decisions)."""
    query = (
        select(*_OF_A_FACT)
        .where(events.c.type.in_(types), events.c.version.is_not(None), events.c.position > after)
        .order_by(events.c.position)
        .limit(limit)
    )
    return _found(db, query)


def read_at(db: Connection, position: int) -> Recorded | None:
    """The fact at this position."""
    found = _found(db, select(*_OF_A_FACT).where(events.c.position == position))
    return found[0] if found else None


def _found(
    db: Connection, query: Select[Any] | CompoundSelect[Any], asked: Mapping[str, Any] | None = None
) -> list[Recorded]:
    return _facts(plain_rows(db.execute(query, asked)))


def _facts(rows: Sequence[tuple[Any, ...]]) -> list[Recorded]:
    return [
        Recorded(position, lane, stream, version, key, at, recorded_at, load(kind, data), load_meta(meta))
        for position, lane, stream, version, key, kind, at, recorded_at, data, meta in rows
    ]


_BEHIND = (
    select(*_OF_A_FACT)
    .where(events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(bindparam("most"))
)
_ALL_BEHIND = Question(_BEHIND)
_WHOLE_STREAM = Question(_of_stream(only=False, holding=False, newest=False))
_OF_STREAMS = _both(_OF_A_FACT, events.c.stream.in_(bindparam("streams", expanding=True))).order_by("position")
