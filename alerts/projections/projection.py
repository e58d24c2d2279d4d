"""What a projection is: a name, its tables, the facts it reads, and how a batch of them changes the tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Table

from events.prepared import upsert
from events.serial import Recorded
from events.types import Event
from events.worded import Lookup

Fold = Callable[[Connection, Sequence[Recorded]], None]

_CHUNK = 400
"""Keys in one IN (...); SQLite takes 32,766 variables, older ones 999."""


@dataclass(frozen=True)
class Projection:
    """`fold` sees only facts of the types in `reads`, in order of position, within the caller's transaction."""

    name: str
    tables: tuple[Table, ...]
    reads: frozenset[type[Event]]
    fold: Fold


def pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many at a time as go into one question."""
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def load_rows(db: Connection, key: Column[Any], values: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of a table whose key is among `values`, by key; they are the caller's to change."""
    lookup = _by(key)
    place = lookup.names.index(key.name)
    found: dict[str, dict[str, Any]] = {}
    for few in pieces(values):
        found.update((row[place], dict(zip(lookup.names, row, strict=True))) for row in lookup.rows(db, few))
    return found


_by = cache(Lookup)


def replace_rows(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write whole rows over those with the same keys: one statement for hundreds of rows."""
    _over(table).run(db, rows)


_over = cache(upsert)


def about(record: Recorded, field: str) -> str:
    """What this fact is about: its `home`, `device`, `alert` or `message`."""
    return str(getattr(record.event, field))


def to_text(value: object) -> str:
    """Plain data as JSON text for a column; keys sorted, so that a rebuild writes the same bytes."""
    return msgspec.json.encode(value, order="deterministic").decode()


def from_text(text: str) -> Any:
    """Plain data back from a column."""
    return msgspec.json.decode(text)
