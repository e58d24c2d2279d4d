"""Are the projections what a rebuild would make of them? Some rows each minute, all of them on demand."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, insert, select
from sqlalchemy.pool import StaticPool

from alerts.auditing.finding import Finding, found
from alerts.projections.alert_fold import alerts
from alerts.projections.devices import devices
from alerts.projections.homes import homes
from alerts.projections.projector import PROJECTIONS, READER, fold_batch, fold_failures
from events.database import Database
from events.follow import bookmark
from events.keepers import make_database
from events.serial import Recorded
from events.store import read, read_stream
from events.tables import bookmarks
from events.types.device import DeviceFact
from events.types.home import DeviceAssigned, DeviceRemoved, SensorBackInService, SensorTakenOutOfService

_TABLES = [table for projection in PROJECTIONS for table in projection.tables]
_ALERTS, _HOMES, _DEVICES = 20, 20, 50
_LITTLE = 1000
_OF_DEVICES = (DeviceFact, DeviceAssigned, DeviceRemoved, SensorTakenOutOfService, SensorBackInService)
_ZH, _EN = "{count} 行屏幕数据与日志不符", "{count} rows that screens show are not what the log says"


class Samples:
    """Alerts and homes are folded from their own streams, devices from what they said since the last look."""

    def __init__(self) -> None:
        self._alert = self._home = self._device = ""
        self._devices: dict[str, dict[str, Any]] = {}
        self._since = 0

    def look(self, db: Connection, facts: Sequence[Recorded]) -> list[Finding]:
        """`facts`: all of the log since the last look; with a gap between, devices are left out once.

        Screens may show more than these: what was folded since the log was read is read here.
        """
        upto = bookmark(db, READER)
        if facts and facts[-1].position < upto:
            facts = [*facts, *read(db, facts[-1].position, limit=_LITTLE, upto=upto)]
        positions = [
            *self._of_streams(db, upto, alerts, "alert", _ALERTS), *self._of_streams(db, upto, homes, "home", _HOMES),
            *self._of_devices(db, upto, facts),
        ]  # fmt: skip
        return found("projection_differs", len(positions), _ZH, _EN, positions)

    def _of_streams(self, db: Connection, upto: int, table: Table, name: str, most: int) -> list[int]:
        """The next ones in the order of their names, and round again."""
        last: str = getattr(self, f"_{name}")
        rows = (
            db.execute(select(table).where(table.c[name] > last).order_by(table.c[name]).limit(most)).mappings().all()
        )
        setattr(self, f"_{name}", rows[-1][name] if len(rows) == most else "")
        streams: dict[str, list[Recorded]] = {}
        for row in rows:
            stream = [r for r in read_stream(db, f"{name}-{row[name]}", limit=_LITTLE) if r.position <= upto]
            if stream and len(stream) < _LITTLE:
                streams[row[name]] = stream
        if not streams:
            return []
        with _empty() as fresh:
            fold_batch(fresh, sorted((r for s in streams.values() for r in s), key=lambda r: r.position))
            again = {row[name]: dict(row) for row in fresh.execute(select(table)).mappings()}
        return [
            streams[row[name]][-1].position
            for row in rows
            if row[name] in streams and again.get(row[name]) != dict(row)
        ]

    def _of_devices(self, db: Connection, upto: int, facts: Sequence[Recorded]) -> list[int]:
        wrong: list[int] = []
        said = [r for r in facts if self._since < r.position <= upto and isinstance(r.event, _OF_DEVICES)]
        mine = [r for r in said if getattr(r.event, "device", "") in self._devices]
        gapless = bool(facts) and facts[0].position <= self._since + 1 and facts[-1].position >= upto
        if self._devices and gapless:
            with _empty() as fresh:
                fresh.execute(insert(devices), list(self._devices.values()))
                if mine:
                    fold_batch(fresh, mine)
                again = {row["device"]: dict(row) for row in fresh.execute(select(devices)).mappings()}
            now = {row["device"]: dict(row) for row in db.execute(_named(list(self._devices))).mappings()}
            last = {r.event.device: r.position for r in mine}  # type: ignore[attr-defined]  # of _OF_DEVICES
            wrong = [last.get(name, upto) for name in self._devices if now.get(name) != again.get(name)]
        query = select(devices).where(devices.c.device > self._device).order_by(devices.c.device).limit(_DEVICES)
        rows = db.execute(query).mappings().all()
        self._device = rows[-1]["device"] if len(rows) == _DEVICES else ""
        self._devices, self._since = {row["device"]: dict(row) for row in rows}, upto
        return wrong


def _named(names: list[str]) -> Any:
    return select(devices).where(devices.c.device.in_(names))


@contextmanager
def _empty() -> Iterator[Connection]:
    """Empty tables in memory, to fold into."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.connect() as db:
            for table in (*_TABLES, fold_failures, bookmarks):
                table.create(db)
            yield db
    finally:
        engine.dispose()


def whole(database: Database, progress: Callable[[int, int], None] = lambda _done, _all: None) -> list[Finding]:
    """Fold the whole log into a file of its own and compare every row. Takes as long as a rebuild, and as much disk."""
    with tempfile.TemporaryDirectory(prefix="shouwang-check-") as folder:
        fresh = make_database(Path(folder) / "folded.db")
        try:
            fresh.create()
            while _fold_on(database, fresh, progress) > _LITTLE:
                pass  # it has moved on meanwhile
            with database.read() as db:  # one picture: the tables, their bookmark, and the few facts up to it
                rest, here = bookmark(db, READER), _position(fresh)
                if batch := [r for r in read(db, here, limit=10 * _LITTLE) if r.position <= rest]:
                    fresh.write(partial(fold_batch, batch=batch))
                with fresh.read() as again:
                    return [each for table in _TABLES for each in _differing(table, db, again)]
        finally:
            fresh.close()


def _fold_on(database: Database, fresh: Database, progress: Callable[[int, int], None]) -> int:
    """Fold up to where the live tables stand as of now; how many facts those have moved on meanwhile."""
    with database.read() as db:
        upto = bookmark(db, READER)
    while (here := _position(fresh)) < upto:
        progress(here, upto)
        with database.read() as db:
            batch = [r for r in read(db, here, limit=_LITTLE) if r.position <= upto]
        if not batch:
            break
        fresh.write(partial(fold_batch, batch=batch))
    with database.read() as db:
        return bookmark(db, READER) - upto


def _position(fresh: Database) -> int:
    with fresh.read() as db:
        return bookmark(db, READER)


def _differing(table: Table, live: Connection, again: Connection) -> list[Finding]:
    """One table after the other is held in memory; ordered here, for each database sorts text in its own way."""
    here, there = _by_key(table, live), _by_key(table, again)
    wrong = [key for key in sorted(here.keys() | there.keys()) if here.get(key) != there.get(key)]
    positions = [int((here.get(key) or there[key]).get("position") or 0) for key in wrong]
    words = f" ({table.name})"
    return found("projection_differs", len(wrong), _ZH + words, _EN + words, positions)


def _by_key(table: Table, db: Connection) -> dict[tuple[Any, ...], dict[str, Any]]:
    names = [key.name for key in table.primary_key.columns]
    return {tuple(row[name] for name in names): dict(row) for row in db.execute(select(table)).mappings()}
