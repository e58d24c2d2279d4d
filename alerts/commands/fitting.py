"""A new device is hung up in a home by hand: the same row and the same fact as by the town file."""

import re
from collections.abc import Mapping
from typing import Any, Final, get_args

from sqlalchemy import Connection, delete, func, insert, select

from alerts.commands.away import HomeUnknown
from alerts.commands.deciding import settled
from alerts.registry import tables
from alerts.registry.devices import device as registered
from alerts.registry.homes import home as registered_home
from events.database import Database
from events.store import New, append, version_of
from events.types.home import DeviceAssigned, DeviceKind

ROLES: Final = ("", "front_door", "outer_door")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
_ROOM_MOST: Final = 40


class NotFitted(Exception):
    """`why`: name, model, role, taken, retired."""

    def __init__(self, why: str, device: str = "") -> None:
        super().__init__(why)
        self.why, self.device = why, device


def fit_device(
    database: Database, *, home: str, name: str, model: str, values: Mapping[str, Any], room: str, role: str = "",
    at: int,
) -> str:  # fmt: skip
    """From now on `name` of the home's site reports for this home; `values`: those of its model. Returns its id.

    Raises HomeUnknown, NotFitted. A device that hangs somewhere is not moved: its file says where it hangs.
    """

    def work(db: Connection) -> str:
        known = registered_home(db, home)
        if known is None:
            raise HomeUnknown(home)
        if known.status == "retired":
            raise NotFitted("retired")
        if not _NAME.fullmatch(name):
            raise NotFitted("name")
        if values.get("kind") not in get_args(DeviceKind):
            raise NotFitted("model")
        if role not in ROLES:
            raise NotFitted("role")
        id = f"{known.site}/{name}"
        there = registered(db, id)
        if there is not None and there.home is not None:
            raise NotFitted("taken", device=id)
        assigned = DeviceAssigned(
            device=id, home=home, since=at, model=model, room=room[:_ROOM_MOST], role=role,
            **{key: values[key] for key in _VALUES if values.get(key) is not None},
        )  # fmt: skip
        _write(db, assigned)
        stream = f"device-{id}"
        append(db, [New(stream, known.site, assigned, at)], recorded_at=at, after={stream: version_of(db, stream)})
        return id

    return settled(database, work)


_VALUES: Final = ("kind", "interval_s", "battery", "pulse", "retrigger_s", "use_floor")


def _write(db: Connection, said: DeviceAssigned) -> None:
    d = tables.devices
    place = (db.execute(select(func.max(d.c.place))).scalar() or 0) + 1
    db.execute(delete(d).where(d.c.id == said.device))
    row = {
        "id": said.device, "place": place, "home": said.home, "model": said.model, "kind": said.kind, "room": said.room,
        "role": said.role, "since": said.since, "interval_s": said.interval_s, "battery": int(said.battery),
        "pulse": int(said.pulse), "retrigger_s": said.retrigger_s, "use_floor": said.use_floor,
    }  # fmt: skip
    db.execute(insert(d), row)
