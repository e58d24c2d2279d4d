"""Homes, devices and people: who is watched, by what, and who answers for them."""

from typing import Annotated

from fastapi import APIRouter, Path

from alerts.commands.devices import command_device
from alerts.projections import devices, homes
from api.access.audit import note_down
from api.asking import Operator, Reader, Serving, Snapshot, Spoken
from api.names import Names
from api.problems import Problem
from api.routes.other_shapes import CommandOut, DeviceCommand, DeviceOut, HomeOut, PersonOut, PhoneOut

router = APIRouter(tags=["homes"])


@router.get("/homes")
def list_homes(db: Snapshot, who: Reader, language: Spoken, serving: Serving) -> list[HomeOut]:
    """All homes, the least protected first."""
    del who
    names = Names(db, language)
    return [HomeOut.of(home, names) for home in homes.all_homes(db, serving.now())]


@router.get("/homes/{home_id}")
def read_home(
    home_id: Annotated[str, Path(max_length=64)], db: Snapshot, who: Reader, language: Spoken, serving: Serving
) -> HomeOut:
    """One home."""
    del who
    home = homes.one(db, home_id, serving.now())
    if home is None:
        raise Problem(404, "home_unknown", home=home_id)
    return HomeOut.of(home, Names(db, language))


@router.get("/devices")
def list_devices(db: Snapshot, who: Reader) -> list[DeviceOut]:
    """All devices in use."""
    del who
    return [DeviceOut(**device) for device in devices.of_homes(db)]


@router.get("/devices/{site}/{device}")
def read_device(
    site: Annotated[str, Path(max_length=32)], device: Annotated[str, Path(max_length=32)], db: Snapshot, who: Reader
) -> DeviceOut:
    """One device."""
    del who
    found = devices.one(db, f"{site}/{device}")
    if found is None:
        raise Problem(404, "device_unknown", device=f"{site}/{device}")
    return DeviceOut(**found)


@router.post("/devices/{site}/{device}/commands", status_code=202)
def tell_device(
    site: Annotated[str, Path(max_length=32)], device: Annotated[str, Path(max_length=32)], told: DeviceCommand,
    who: Operator, serving: Serving,
) -> CommandOut:  # fmt: skip
    """Have a device sound its siren, shine, or test itself; recorded, and of use for a minute only."""
    name, at = f"{site}/{device}", serving.now()
    note_down(serving.database, at=at, who=who.id, what=f"POST device command {told.do}", ref=name)
    return CommandOut(id=command_device(serving.database, name, do=told.do, for_s=told.for_s, by=who.id, at=at))


@router.get("/people")
def list_people(db: Snapshot, who: Operator, serving: Serving, language: Spoken) -> list[PersonOut]:
    """Names and phones of those who answer for homes; that they were shown is written down."""
    note_down(serving.database, at=serving.now(), who=who.id, what="GET people")
    names = Names(db, language, shown=True)
    return [
        PersonOut(
            id=person.id, name=names.person(person.id), role=person.role, language=person.language,
            phones=[PhoneOut(id=phone.id, number=phone.number) for phone in names.phones(person.id)],
        )
        for person in names.everybody()
    ]  # fmt: skip
