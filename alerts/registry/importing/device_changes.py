"""What a plan changes about devices: hung up, moved, changed, taken down."""

from alerts.registry import tables
from alerts.registry.importing.changes import Changes
from alerts.registry.importing.planned import PlannedDevice, PlannedHome
from alerts.registry.importing.registered import Row
from events.types.home import DeviceAssigned, DeviceRemoved

_VALUES = ("model", "kind", "room", "role", "interval_s", "retrigger_s", "use_floor")


def change_device(device: PlannedDevice, home: PlannedHome, place: int, changes: Changes) -> None:
    """What a device reported before it moved stays with the home it hung in then."""
    old = changes.held.devices.get(device.id)
    stream = f"device-{device.id}"
    new = _row(device, home, place, changes)
    if device.removed and (old is None or old["home"] is None):
        return
    changes.put(tables.devices, old, new)
    if old is not None and old["home"] not in (None, new["home"]):
        changes.decide(stream, home.site, DeviceRemoved(device=device.id, home=old["home"]), changes.now)
    if new["home"] is None or (old is not None and _assigned(old) == _assigned(new)):
        return
    hung_up_now = old is None or old["home"] != new["home"] or old["since"] != new["since"]
    changes.decide(stream, home.site, _assigned(new), new["since"] if hung_up_now else changes.now)


def _row(device: PlannedDevice, home: PlannedHome, place: int, changes: Changes) -> Row:
    return {
        "id": device.id,
        "place": place,
        "home": None if device.removed else home.id,
        "since": _since(device, home, changes),
        "battery": int(device.battery),
        "pulse": int(device.pulse),
        **{key: getattr(device, key) for key in _VALUES},
    }


def _since(device: PlannedDevice, home: PlannedHome, changes: Changes) -> int:
    """As the file says; else a known device keeps its moment, and a home's first devices came with the home."""
    old = changes.held.devices.get(device.id)
    if device.since is not None and not device.removed:
        return device.since
    if old is None:
        return changes.now if home.id in changes.held.homes else changes.begins(home.since)
    return int(old["since"]) if device.removed or old["home"] == home.id else changes.now


def _assigned(row: Row) -> DeviceAssigned:
    return DeviceAssigned(
        device=row["id"],
        home=row["home"] or "",
        since=row["since"],
        battery=bool(row["battery"]),
        pulse=bool(row["pulse"]),
        **{key: row[key] for key in _VALUES},
    )
