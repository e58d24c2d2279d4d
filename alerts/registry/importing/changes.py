"""What a plan changes: rows of the registry to write and decisions to record; nothing where nothing differs."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, tuple_

from alerts.registry.importing.registered import Registered, Row
from events.store import New
from events.types.fact import Event, type_name

_CHUNK = 300  # SQLite takes a limited number of values in one statement


class Changes:
    """Collects what differs from what is `held` at `now`; nothing reaches the database before `write_rows`."""

    def __init__(self, held: Registered, now: int, since: int) -> None:
        self.held, self.now, self._since = held, now, since
        self.decisions: list[New] = []
        self.recorded: Counter[str] = Counter()
        self.updated: Counter[str] = Counter()
        self._gone: dict[Table, list[tuple[Any, ...]]] = {}
        self._rows: dict[Table, list[Row]] = {}

    def begins(self, since: int | None) -> int:
        """When a new home begins of which the file says this."""
        return self._since if since is None else since

    def put(self, table: Table, old: Row | None, new: Row) -> None:
        """This row shall stand there. A mere change of place in the file is written but not counted."""
        if old == new:
            return
        if old is not None:
            self._gone.setdefault(table, []).append(_key(table, old))
        self._rows.setdefault(table, []).append(new)
        if old is None or {**old, "place": 0} != {**new, "place": 0}:
            self.updated[table.name.removeprefix("registry_")] += 1

    def put_all(self, table: Table, old: list[Row], new: list[Row]) -> None:
        """These rows shall stand there instead of those."""
        if old == new:
            return
        self._gone.setdefault(table, []).extend(_key(table, row) for row in old)
        self._rows.setdefault(table, []).extend(new)
        self.updated[table.name.removeprefix("registry_")] += 1

    def decide(self, stream: str, lane_key: str, event: Event, at: int) -> None:
        """This shall be recorded."""
        self.decisions.append(New(stream, lane_key, event, at))
        self.recorded[type_name(event)] += 1

    def write_rows(self, db: Connection) -> None:
        """All old rows go before a new one comes, so that two homes may swap numbers in one file."""
        for table, keys in self._gone.items():
            columns = tuple_(*table.primary_key.columns)
            for chunk in _chunks(keys):
                db.execute(delete(table).where(columns.in_(chunk)))
        for table, rows in self._rows.items():
            if rows:  # none: all that stood there has gone
                db.execute(insert(table), rows)


def _key(table: Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _chunks(keys: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
