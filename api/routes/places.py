"""Homes, devices and people: who is watched, by what, and who answers for them."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Response

from alerts.commands.devices import command_device
from alerts.projections import devices, homes
from alerts.projections.standings import worst_first
from api.access.audit import note_down
from api.asking import Homes, Operator, Reader, Serving, Snapshot, Spoken
from api.names import Names
from api.problems import Problem
from api.routes.other_shapes import CommandOut, DeviceCommand, DeviceOut, HomeOut, PersonOut, PhoneOut

router = APIRouter(tags=["homes"])


Limit = Annotated[int, Query(ge=1, le=1000)]
_PAGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {
        "X-Total-Count": {"description": "How many there are in all.", "schema": {"type": "integer"}},
        "Link": {"description": 'The next page, `rel="next"`; `rel="first"`: where to go through all. Absent where nothing is left.', "schema": {"type": "string"}},
    }}
}  # fmt: skip


@router.get("/homes", responses=_PAGED)
def list_homes(
    db: Snapshot, who: Reader, language: Spoken, serving: Serving, known: Homes, response: Response,
    after: Annotated[str | None, Query(max_length=64, description="Go through all by id: empty to begin.")] = None,
    limit: Limit = 1000,
) -> list[HomeOut]:  # fmt: skip
    """Homes, `limit` of them at most. Without `after` the least protected first; with it by id, those behind it."""
    del who
    if after is None:
        found = [home.id for home in worst_first(known.values())]
    else:
        found = sorted(home for home in known if home > after)
    page = found[:limit]
    # What comes behind the least protected is another page every minute: the way through all is by id.
    behind = page[-1] if after is not None and page else ""
    _say(response, "homes", count=len(known), behind=behind, limit=limit, more=len(found) > limit)
    names = Names(db, language)
    names.expect(home_ids=page)
    return [HomeOut.of(home, names) for home in homes.some_homes(db, page, serving.now())]


def _say(response: Response, what: str, *, count: int, behind: str, limit: int, more: bool) -> None:
    response.headers["x-total-count"] = str(count)
    if more:
        address = f"/api/v1/{what}?{urlencode({'after': behind, 'limit': limit})}"
        response.headers["link"] = f'<{address}>; rel="{"next" if behind else "first"}"'


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


@router.get("/devices", responses=_PAGED)
def list_devices(
    db: Snapshot, who: Reader, response: Response, after: Annotated[str, Query(max_length=65)] = "", limit: Limit = 1000
) -> list[DeviceOut]:
    """Devices in use by id, those behind `after`, `limit` of them at most."""
    del who
    found = devices.in_use(db, after=after, limit=limit + 1)
    page = found[:limit]
    behind = page[-1]["device"] if page else ""
    _say(
        response, "devices", count=devices.count_in_use(db), behind=behind, limit=limit, more=len(found) > limit
    )  # fmt: skip
    return [DeviceOut(**device) for device in page]


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
