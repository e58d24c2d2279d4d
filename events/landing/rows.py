"""What both databases do alike: the row of a fact, the versions decisions were made on, what is known already."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select, tuple_

from events.lanes import lane_of
from events.new import New, VersionConflict
from events.serial import Recorded, dump, dump_meta, name_of
from events.storable import storable, storable_fact, within
from events.tables import events
from events.worded import Question

COLUMNS = ("lane", "stream", "version", "key", "type", "at", "recorded_at", "digest", "data", "meta")
"""All but the position, which is given on landing."""

_CHUNK = 500


class Ready(msgspec.Struct, gc=False):
    """A fact ready to land: its row in the order of COLUMNS, and what readers are handed (without a position yet)."""

    new: New
    row: tuple[Any, ...]
    event: Any

    def recorded(self, position: int) -> Recorded:
        """The fact with its place in the log."""
        lane, stream, version, key, _, at, recorded_at, _, _, _ = self.row
        return Recorded(position, lane, stream, version, key, at, recorded_at, self.event, self.new.meta)


def ready(news: Sequence[New], versions: dict[str, int], recorded_at: int) -> list[Ready]:
    """Rows in order; decisions get the next version of their stream."""
    made: list[Ready] = []
    for new in news:
        version = None
        if new.key is None:
            version = versions[new.stream] = versions[new.stream] + 1
        event = new.event
        try:
            data = dump(event)
        except UnicodeEncodeError:
            event = storable_fact(event)
            data = dump(event)
        key = None if new.key is None else storable(new.key)
        row = (
            lane_of(new.lane_key), storable(new.stream), version, key, name_of(event), within(new.at), recorded_at,
            new.digest, data, dump_meta(new.meta),
        )  # fmt: skip
        made.append(Ready(new, row, event))
    return made


def checked_versions(db: Connection, news: Sequence[New], after: Mapping[str, int]) -> dict[str, int]:
    """The version of each stream that gets decisions. Raises VersionConflict where it is not the expected one."""
    versions: dict[str, int] = {}
    for new in news:
        if new.key is None and new.stream not in versions:
            if new.stream not in after:
                raise ValueError(f"a decision on {new.stream} needs the version it was made on")
            found = version_of(db, new.stream)
            if found != after[new.stream]:
                raise VersionConflict(new.stream, after[new.stream], found)
            versions[new.stream] = found
    return versions


def head(db: Connection) -> int:
    """The last position, 0 for an empty log. In plain words: it is asked for with each batch and each decision."""
    return int(db.exec_driver_sql('SELECT max("position") FROM events').scalar() or 0)


def version_of(db: Connection, stream: str) -> int:
    """The highest version in this stream, 0 when it has none."""
    return int(_VERSION.one(db, stream=stream) or 0)


def known(db: Connection, news: Sequence[New]) -> dict[tuple[str, str], int | None]:
    """Stream and key of those of these facts that are in the log -> the digest they have there."""
    found: dict[tuple[str, str], int | None] = {}
    keyed = [(storable(new.stream), storable(new.key)) for new in news if new.key is not None]
    for start in range(0, len(keyed), _CHUNK):
        for stream, key, digest in db.execute(_KNOWN, {"keys": keyed[start : start + _CHUNK]}):
            found[stream, key] = digest
    return found


_KNOWN = select(events.c.stream, events.c.key, events.c.digest).where(
    tuple_(events.c.stream, events.c.key).in_(bindparam("keys", expanding=True)), events.c.key.is_not(None)
)
_VERSION = Question(
    select(func.max(events.c.version)).where(events.c.stream == bindparam("stream"), events.c.version.is_not(None))
)
