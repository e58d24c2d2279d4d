"""The devices that hang in homes, as registered."""

import msgspec
from sqlalchemy import Connection, Row, select

from alerts.registry import tables


class Device(msgspec.Struct, frozen=True):
    """A device; `id` is `site/device` as on the wire, `home` None when it was taken down, `since` microseconds UTC."""

    id: str
    home: str | None
    model: str
    kind: str
    room: str
    role: str
    since: int
    interval_s: float
    battery: bool
    pulse: bool
    retrigger_s: float
    use_floor: float | None


def device(db: Connection, id: str) -> Device | None:
    """One device, None when it is unknown."""
    row = db.execute(select(tables.devices).where(tables.devices.c.id == id)).first()
    return _device(row) if row else None


def devices(db: Connection) -> list[Device]:
    """All devices, those taken down too."""
    return [_device(r) for r in db.execute(select(tables.devices).order_by(tables.devices.c.id))]


def devices_of(db: Connection, home: str) -> list[Device]:
    """What hangs in this home, in the order of the file."""
    d = tables.devices
    return [_device(r) for r in db.execute(select(d).where(d.c.home == home).order_by(d.c.place, d.c.id))]


def _device(row: Row[tuple[object, ...]]) -> Device:
    return Device(
        row.id, row.home, row.model, row.kind, row.room, row.role, row.since, row.interval_s, bool(row.battery),
        bool(row.pulse), row.retrigger_s, row.use_floor,
    )  # fmt: skip
