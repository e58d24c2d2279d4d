"""SQLite: one writer, so the next position is the last one and one more, without gaps."""

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, insert
from sqlalchemy.dialects.sqlite.pysqlite import dialect
from sqlalchemy.exc import IntegrityError

from events.landing.rows import COLUMNS, checked_versions, head, known, ready
from events.new import Appended, New
from events.prepared import at_once, many, savepoint
from events.serial import Recorded
from events.storable import storable
from events.tables import events


def land(
    db: Connection,
    news: Sequence[New],
    after: Mapping[str, int],
    recorded_at: int,
    *,
    final: bool,  # noqa: ARG001  # its savepoint is for repeats, and costs no way
) -> Appended:
    """Insert at once, for repeats are rare; look for what is known only when the database objects."""
    versions = checked_versions(db, news, after)
    try:
        with savepoint(db):
            return Appended(_insert(db, news, versions, recorded_at), [], [])
    except IntegrityError:
        repeated, conflicts, fresh = _without_known(db, news)
        if len(fresh) == len(news):
            raise
        versions = checked_versions(db, fresh, after)
        return Appended(_insert(db, fresh, versions, recorded_at), repeated, conflicts)


def _insert(db: Connection, fresh: Sequence[New], versions: dict[str, int], recorded_at: int) -> list[Recorded]:
    made, first = ready(fresh, versions, recorded_at), head(db) + 1
    rows = [(position, *each.row) for position, each in enumerate(made, first)]
    at_once(db, _INSERT, rows, clean=True)
    return [each.recorded(position) for position, each in enumerate(made, first)]


def _without_known(db: Connection, news: Sequence[New]) -> tuple[list[New], list[New], list[New]]:
    """Split into already known with the same content, known with other content, and fresh, in order."""
    there = known(db, news)
    repeated: list[New] = []
    conflicts: list[New] = []
    fresh: list[New] = []
    for new in news:
        if new.key is None:
            fresh.append(new)
            continue
        at = (storable(new.stream), storable(new.key))
        if at not in there:
            there[at] = new.digest
            fresh.append(new)
        elif there[at] == new.digest:
            repeated.append(new)
        else:
            conflicts.append(new)
    return repeated, conflicts, fresh


_INSERT = cache(many(str(insert(events).compile(dialect=dialect(), column_keys=["position", *COLUMNS]))))
