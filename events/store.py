"""Append and read. Facts carry a key and land once; decisions carry the version they were made on, or are refused."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, tuple_
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError

from events.lanes import ALL, lane_of
from events.serial import Recorded, dump, dump_meta, load, load_meta, name_of
from events.tables import events
from events.types.fact import Event

LANDED = "shouwang.landed"
"""Where a write transaction keeps what it appended, to be handed to readers after the commit."""

_CHUNK = 500


class VersionConflict(Exception):
    """Somebody else decided on this stream first."""

    def __init__(self, stream: str, expected: int, found: int) -> None:
        super().__init__(f"{stream}: decided on version {expected}, found {found}")
        self.stream, self.expected, self.found = stream, expected, found


class New(msgspec.Struct, frozen=True, gc=False):
    """A fact or decision on its way into the log. With `key` a fact (lands once), without a decision.

    `lane_key` is the site for homes, devices and alerts, the person for `person-*`, "all" for settings;
    `digest` is a 63-bit hash of the payload, so that the same key with other content is noticed.
    """

    stream: str
    lane_key: str
    event: Event
    at: int
    key: str | None = None
    digest: int | None = None
    meta: dict[str, Any] = {}


class Appended(msgspec.Struct):
    """What landed, in order, and which facts were there already (`conflicts`: with other content)."""

    recorded: list[Recorded]
    repeated: list[New]
    conflicts: list[New]


def append(
    db: Connection, news: Sequence[New], *, recorded_at: int, after: Mapping[str, int] | None = None
) -> Appended:
    """Append within the caller's transaction, hundreds in one statement.

    `after`: for every stream that gets decisions, the version they were made on (0: it does not exist yet).
    Raises VersionConflict; then nothing of this call is in the log.
    """
    versions = _checked_versions(db, news, after or {})
    try:  # repeats are rare: insert at once, and look for what is known only when the database objects
        with db.begin_nested():
            return Appended(_insert(db, news, versions, recorded_at), [], [])
    except IntegrityError:
        repeated, conflicts, fresh = _without_known(db, news)
        if len(fresh) == len(news):
            raise
        versions = _checked_versions(db, fresh, after or {})
        return Appended(_insert(db, fresh, versions, recorded_at), repeated, conflicts)


def _insert(db: Connection, fresh: Sequence[New], versions: dict[str, int], recorded_at: int) -> list[Recorded]:
    position = head(db)
    rows: list[tuple[Any, ...]] = []
    recorded: list[Recorded] = []
    for new in fresh:
        position += 1
        version = None
        if new.key is None:
            version = versions[new.stream] = versions[new.stream] + 1
        lane = lane_of(new.lane_key)
        rows.append((
            position, lane, new.stream, version, new.key, name_of(new.event), new.at, recorded_at,
            new.digest, dump(new.event), dump_meta(new.meta),
        ))  # fmt: skip
        recorded.append(
            Recorded(position, lane, new.stream, version, new.key, new.at, recorded_at, new.event, new.meta)
        )
    if rows:
        db.exec_driver_sql(_insert_sql(db.dialect), rows)
        db.info.setdefault(LANDED, []).extend(recorded)
    return recorded


def _without_known(db: Connection, news: Sequence[New]) -> tuple[list[New], list[New], list[New]]:
    """Split into already known with the same content, known with other content, and fresh, in order."""
    known: dict[tuple[str, str], int | None] = {}
    keyed = [(new.stream, new.key) for new in news if new.key is not None]
    for start in range(0, len(keyed), _CHUNK):
        for stream, key, digest in db.execute(_KNOWN, {"keys": keyed[start : start + _CHUNK]}):
            known[stream, key] = digest
    repeated: list[New] = []
    conflicts: list[New] = []
    fresh: list[New] = []
    for new in news:
        if new.key is None:
            fresh.append(new)
            continue
        at = (new.stream, new.key)
        if at not in known:
            known[at] = new.digest
            fresh.append(new)
        elif known[at] == new.digest:
            repeated.append(new)
        else:
            conflicts.append(new)
    return repeated, conflicts, fresh


def _checked_versions(db: Connection, fresh: Sequence[New], after: Mapping[str, int]) -> dict[str, int]:
    versions: dict[str, int] = {}
    for new in fresh:
        if new.key is None and new.stream not in versions:
            if new.stream not in after:
                raise ValueError(f"a decision on {new.stream} needs the version it was made on")
            found = version_of(db, new.stream)
            if found != after[new.stream]:
                raise VersionConflict(new.stream, after[new.stream], found)
            versions[new.stream] = found
    return versions


def version_of(db: Connection, stream: str) -> int:
    """The highest version in this stream, 0 when it has none."""
    found = db.execute(_VERSION, {"stream": stream}).scalar()
    return int(found or 0)


def head(db: Connection) -> int:
    """The last position, 0 for an empty log."""
    return int(db.execute(_HEAD).scalar() or 0)


def read(db: Connection, after: int, *, limit: int = 1000, lanes: Collection[int] | None = None) -> list[Recorded]:
    """Facts behind this position in order; with `lanes`, only those and the lane everybody reads."""
    query, asked = _BEHIND, {"after": after, "most": limit}
    if lanes is not None:
        query = query.where(events.c.lane.in_([*lanes, ALL]))
    return [_recorded(row) for row in db.execute(query, asked)]


def read_stream(db: Connection, stream: str, *, limit: int | None = None) -> list[Recorded]:
    """All of one stream in order of position; with `limit` the newest ones only, still in order."""
    query = select(events).where(
        events.c.stream == stream, or_(events.c.version.is_not(None), events.c.key.is_not(None))
    )
    if limit is None:
        return [_recorded(row) for row in db.execute(query.order_by(events.c.position))]
    newest = db.execute(query.order_by(events.c.position.desc()).limit(limit)).all()
    return [_recorded(row) for row in reversed(newest)]


def read_types(db: Connection, types: Collection[str], *, after: int = 0, limit: int = 100_000) -> list[Recorded]:
    """Decisions of these types behind this position, in order (registrations and settings are decisions)."""
    query = (
        select(events)
        .where(events.c.type.in_(types), events.c.version.is_not(None), events.c.position > after)
        .order_by(events.c.position)
        .limit(limit)
    )
    return [_recorded(row) for row in db.execute(query)]


def read_at(db: Connection, position: int) -> Recorded | None:
    """The fact at this position."""
    row = db.execute(select(events).where(events.c.position == position)).first()
    return _recorded(row) if row else None


def _recorded(row: Row[Any]) -> Recorded:
    return Recorded(
        row.position, row.lane, row.stream, row.version, row.key, row.at, row.recorded_at,
        load(row.type, row.data), load_meta(row.meta),
    )  # fmt: skip


_KNOWN = select(events.c.stream, events.c.key, events.c.digest).where(
    tuple_(events.c.stream, events.c.key).in_(bindparam("keys", expanding=True)), events.c.key.is_not(None)
)
_VERSION = select(func.max(events.c.version)).where(
    events.c.stream == bindparam("stream"), events.c.version.is_not(None)
)
_BEHIND = (
    select(events).where(events.c.position > bindparam("after")).order_by(events.c.position).limit(bindparam("most"))
)
_HEAD = select(func.max(events.c.position))
_sql: dict[str, str] = {}


def _insert_sql(dialect: Dialect) -> str:
    """The plain INSERT, compiled once a dialect: the driver's own executemany is several times faster."""
    if dialect.name not in _sql:
        _sql[dialect.name] = str(insert(events).compile(dialect=dialect))
    return _sql[dialect.name]
