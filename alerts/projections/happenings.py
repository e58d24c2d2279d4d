"""The log as people follow it: what happened behind a position, narrowed to what concerns alerts, homes and devices."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from events.serial import Recorded, dump, dump_meta
from events.tables import events
from events.types import REGISTER, Event, type_name
from events.types.device import DeviceFact, DeviceStatusReported

RELEVANT: Final[frozenset[str]] = frozenset(
    name for name, kind in REGISTER.items() if not issubclass(kind, DeviceFact) or kind is DeviceStatusReported
)
"""All but what devices report by themselves; their coming and going counts."""

_WINDOW: Final = 20_000
"""Positions looked through by one question, so that none takes long however rare the types are."""


@dataclass(frozen=True)
class Happening:
    """One record of the log; `data` and `meta` are JSON text as stored."""

    position: int
    type: str
    stream: str
    version: int | None
    key: str | None
    at: int
    recorded_at: int
    data: str
    meta: str


def is_relevant(event: Event) -> bool:
    """Would `behind` with RELEVANT tell it?"""
    return type_name(event) in RELEVANT


def of_record(record: Recorded) -> Happening:
    """A record that is in memory already."""
    return Happening(
        record.position, type_name(record.event), record.stream, record.version, record.key, record.at,
        record.recorded_at, dump(record.event), dump_meta(record.meta),
    )  # fmt: skip


def behind(
    db: Connection, after: int, upto: int, *, types: Collection[str] | None = None, limit: int = 500
) -> tuple[list[Happening], int]:
    """What happened in (after, upto], at most `limit`, and the position up to which nothing more is missing."""
    until = min(upto, after + _WINDOW)
    query = select(events).where(events.c.position > after, events.c.position <= until)
    if types is not None:
        query = query.where(events.c.type.in_(types))
    found = [_of_row(row) for row in db.execute(query.order_by(events.c.position).limit(limit))]
    return found, found[-1].position if len(found) == limit else until


def page(
    db: Connection, *, after: int, limit: int, stream: str | None = None, type: str | None = None
) -> list[Happening]:
    """A page of the log, by stream or type if asked."""
    query = select(events).where(events.c.position > after).order_by(events.c.position).limit(limit)
    if stream is not None:
        query = query.where(events.c.stream == stream)
    if type is not None:
        query = query.where(events.c.type == type)
    return [_of_row(row) for row in db.execute(query)]


def as_json(happening: Happening) -> str:
    """The happening as one JSON text, its stored parts untouched."""
    whole = {
        "position": happening.position, "type": happening.type, "stream": happening.stream,
        "at": happening.at, "recorded_at": happening.recorded_at, "data": msgspec.Raw(happening.data.encode()),
    }  # fmt: skip
    return msgspec.json.encode(whole).decode()


def _of_row(row: object) -> Happening:
    return Happening(*(getattr(row, name) for name in Happening.__dataclass_fields__))
