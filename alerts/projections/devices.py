"""Devices: where each hangs, when it was last heard, its battery, its last reading, and whether it was ever proven."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Float, Index, Integer, Table, Text, func, select

from alerts.core.protection import owes_proof, silent_since
from alerts.projections.projection import Projection, about, from_text, load_rows, pieces, replace_rows
from alerts.projections.readings import NOTHING, moved, proves, reading_of
from events.prepared import rewrite
from events.serial import Recorded
from events.tables import metadata
from events.types import REGISTER, Event
from events.types.device import (
    DeviceConditionReported,
    DeviceFact,
    DeviceStatusReported,
    HeartbeatReceived,
    ReadingsGapClosed,
    ReadingsGapOpened,
)
from events.types.home import DeviceAssigned, DeviceRemoved, SensorBackInService, SensorTakenOutOfService

__all__ = [
    "DEVICES", "HEALTH", "count_in_use", "devices", "health_of", "homes_of", "in_use", "named", "of_homes", "one",
    "silent_since",
]  # fmt: skip

HEALTH: Final = ("broken", "silent", "weak", "unproven", "well")
"""How a device can be, the gravest first."""

devices = Table(
    "board_devices",
    metadata,
    Column("device", Text, primary_key=True),
    Column("home", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("interval_s", Float, nullable=False),
    Column("battery", Integer, nullable=False),
    Column("pulse", Integer, nullable=False),
    Column("use_floor", Float),
    Column("since", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    Column("last_heard", BigInteger),
    Column("online", Integer),
    Column("battery_pct", Float),
    Column("battery_low", Integer, nullable=False),
    Column("tamper", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("mains", Integer),
    Column("rssi_dbm", Float),
    Column("last_reading", Text, nullable=False),
    Column("last_reading_at", BigInteger),
    Column("proven_at", BigInteger),
    Column("moved_at", BigInteger),
    Column("out_of_service", Text, nullable=False),
    Column("gaps", Integer, nullable=False),
)
Index("board_devices_home", devices.c.home)


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """One read and one write of the devices touched, however many facts they sent."""
    touched = sorted({about(record, "device") for record in records})
    rows = load_rows(db, devices.c.device, touched)
    anew = {about(record, "device") for record in records if not isinstance(record.event, DeviceFact)}
    for record in records:
        event = record.event
        if isinstance(event, DeviceAssigned):
            rows[event.device] = _assigned(event, rows.get(event.device))
            continue
        row = rows.get(about(record, "device"))
        if row is None:
            continue  # never assigned: the quarantine shows it
        match event:
            case DeviceRemoved(home=home):
                if row["home"] == home:
                    row["removed_at"] = record.at
            case SensorTakenOutOfService(alert=alert):
                row["out_of_service"] = alert
            case SensorBackInService():
                row["out_of_service"] = ""
            case DeviceFact():
                _heard(row, record, event)
    replace_rows(db, devices, [row for device, row in rows.items() if device in anew])
    _SAID.run(db, [row for device, row in rows.items() if device not in anew])


_SAID: Final = rewrite(devices, [
    "last_heard", "online", "battery_pct", "battery_low", "tamper", "trouble", "mains", "rssi_dbm", "last_reading",
    "last_reading_at", "proven_at", "moved_at", "gaps",
])  # fmt: skip
"""What the device itself says; what was registered of it stays as it stands."""


def _assigned(event: DeviceAssigned, before: Mapping[str, Any] | None) -> dict[str, Any]:
    fresh: dict[str, Any] = {
        "device": event.device, "home": event.home, "kind": event.kind, "model": event.model, "room": event.room,
        "role": event.role, "interval_s": event.interval_s, "battery": int(event.battery), "pulse": int(event.pulse),
        "use_floor": event.use_floor, "since": event.since, "removed_at": None, "last_heard": None, "online": None,
        "battery_pct": None, "battery_low": 0, "tamper": 0, "trouble": "", "mains": None, "rssi_dbm": None,
        "last_reading": NOTHING, "last_reading_at": None, "proven_at": None, "moved_at": None, "out_of_service": "", "gaps": 0,
    }  # fmt: skip
    if before is None:
        return fresh
    if before["home"] == event.home and before["kind"] == event.kind:  # told again: what is known of it stays
        return {**before, **{name: fresh[name] for name in _REGISTERED}}
    return {**fresh, "last_heard": before["last_heard"], "online": before["online"]}


_REGISTERED: Final = (
    "model", "room", "role", "interval_s", "battery", "pulse", "use_floor", "since", "removed_at",
)  # fmt: skip


def _heard(row: dict[str, Any], record: Recorded, event: DeviceFact) -> None:
    """A retained message is the broker's memory and no word from the device."""
    if not event.retained and not event.redecoded:
        row["last_heard"] = max(row["last_heard"] or 0, record.recorded_at)
    match event:
        case DeviceStatusReported(state=state):
            row["online"] = int(state == "online")
            return
        case HeartbeatReceived():
            _take(row, battery_pct=event.battery_pct, rssi_dbm=event.rssi_dbm, mains=event.mains)
        case DeviceConditionReported():
            _take(row, battery_low=event.battery_low, tamper=event.tamper, trouble=event.trouble, mains=event.mains)
        case ReadingsGapOpened():
            row["gaps"] += 1
        case ReadingsGapClosed():
            row["gaps"] = max(0, row["gaps"] - 1)
        case _:
            _read(row, record, event)
    if not event.retained and not event.backfilled:
        row["online"] = 1  # it speaks, whatever its will said before


def _read(row: dict[str, Any], record: Recorded, event: DeviceFact) -> None:
    reading = reading_of(event)
    if reading is None or (row["last_reading_at"] or 0) > record.at:
        return
    if row["proven_at"] is None and proves(row, event):
        row["proven_at"] = record.at
    if moved(row, event):
        row["moved_at"] = max(row["moved_at"] or 0, record.at)
    row["last_reading"], row["last_reading_at"] = reading, record.at


def _take(row: dict[str, Any], **said: object) -> None:
    """What the device did not say stays as it was."""
    row.update({name: int(value) if value is True or value is False else value
                for name, value in said.items() if value is not None})  # fmt: skip


DEVICES: Final = Projection(
    "devices",
    (devices,),
    frozenset({kind for kind in REGISTER.values() if issubclass(kind, DeviceFact)})
    | frozenset[type[Event]]({DeviceAssigned, DeviceRemoved, SensorTakenOutOfService, SensorBackInService}),
    fold,
)


def of_homes(db: Connection, homes: Sequence[str]) -> list[dict[str, Any]]:
    """The devices in use of these homes, by home."""
    query = select(devices).where(devices.c.removed_at.is_(None), devices.c.home.in_(homes))
    return [_shown(row) for row in db.execute(query.order_by(devices.c.home, devices.c.device)).mappings()]


def in_use(db: Connection, *, after: str, limit: int) -> list[dict[str, Any]]:
    """The devices in use by their id, those behind `after`."""
    query = select(devices).where(devices.c.removed_at.is_(None), devices.c.device > after)
    return [_shown(row) for row in db.execute(query.order_by(devices.c.device).limit(limit)).mappings()]


def count_in_use(db: Connection) -> int:
    """How many there are."""
    return db.execute(select(func.count()).where(devices.c.removed_at.is_(None))).scalar_one()


def one(db: Connection, device: str) -> dict[str, Any] | None:
    """This device, removed ones too."""
    row = db.execute(select(devices).where(devices.c.device == device)).mappings().first()
    return _shown(row) if row else None


def named(db: Connection, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Device -> all that is known of it, of these."""
    return {each: _shown(row) for each, row in load_rows(db, devices.c.device, wanted).items()}


def homes_of(db: Connection, wanted: Collection[str]) -> set[str]:
    """The homes in which these hang."""
    found: set[str] = set()
    for few in pieces(sorted(wanted)):
        found.update(db.scalars(select(devices.c.home).where(devices.c.device.in_(few)).distinct()))
    return found


def health_of(device: Mapping[str, Any], now: int) -> str:
    """The gravest thing about it, in one word of HEALTH."""
    if device["out_of_service"] or device["trouble"] or device["tamper"]:
        return "broken"
    if device["online"] is False or device["last_heard"] is None or silent_since(device, now):
        return "silent"
    if device["battery_low"]:
        return "weak"
    return "unproven" if owes_proof(device) else "well"


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    flags = {name: None if row[name] is None else bool(row[name]) for name in _FLAGS}
    return {**row, **flags, "last_reading": from_text(row["last_reading"])}


_FLAGS: Final = ("battery", "pulse", "online", "battery_low", "tamper", "mains")
