"""Devices: their health, those that knock and hang nowhere, hanging one up, and trying it where it hangs until somebody signs."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.commands import trials as commands
from alerts.commands.away import HomeUnknown
from alerts.commands.fitting import ROLES, NotFitted, fit_device
from alerts.projections import devices, homes, quarantined
from alerts.projections.standings import Standing, by_health
from alerts.projections.trials import WITNESSED, last_trial, signed_devices, trials_of
from alerts.registry.finding import find_homes
from api.access.audit import note_down
from api.asking import Homes, Operator, Reader, Serving, Snapshot
from api.console.acting import done
from api.console.looking import chain_in_order
from api.console.rendering import page, sentences_for
from api.problems import Problem
from api.services import Services
from events.types.trial import Trial

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Name = Annotated[str, Path(max_length=32)]
Short = Annotated[str, Form(max_length=64)]
_KNOCKING = 20
_TRIALS = 8
_LISTED = 100
_CHOICE = 200
"""Among more homes than so many one is looked for before something is hung up in it."""
Behind = Annotated[int, Query(ge=0, le=10_000_000)]


@router.get("/devices")
def all_devices(
    request: Request, db: Snapshot, who: Reader, serving: Serving, known: Homes, behind: Behind = 0
) -> HTMLResponse:
    """Every device, what needs a hand first."""
    return _list("devices.html", request, db, serving, known, behind, whole_town=not who.scoped)


@router.get("/devices/live")
def devices_again(
    request: Request, db: Snapshot, who: Reader, serving: Serving, known: Homes, behind: Behind = 0
) -> HTMLResponse:
    """The part that changes."""
    return _list("devices_live.html", request, db, serving, known, behind, whole_town=not who.scoped)


def _list(
    template: str, request: Request, db: Connection, serving: Services, known: Mapping[str, Standing], behind: int, *,
    whole_town: bool,
) -> HTMLResponse:  # fmt: skip
    say = sentences_for(request, db, serving)
    found = by_health(known.values())
    order = list(itertools.islice(itertools.chain.from_iterable(found.values()), behind, behind + _LISTED))
    rows = devices.named(db, order)
    shown = [{**rows[each], "state": devices.health_of(rows[each], say.now)} for each in order if each in rows]
    say.names.expect(home_ids=[each["home"] for each in shown])
    counts = {health: len(each) for health, each in found.items()}
    return page(
        request, template, say, devices=shown, total=sum(counts.values()), behind=behind, step=_LISTED, counts=counts,
        signed=signed_devices(db, order), knocking=_knocking(db) if whole_town else [],
    )  # fmt: skip


def _knocking(db: Connection) -> list[quarantined.Quarantined]:
    """Devices that speak and hang nowhere, each once, with its newest message."""
    found: dict[tuple[str, str], quarantined.Quarantined] = {}
    for each in quarantined.listed(db, limit=200):
        if each.reason == "unknown_device" and each.device:
            found.setdefault((each.site, each.device), each)
    return list(found.values())[:_KNOCKING]


@router.get("/devices/new")
def new_device(
    request: Request, db: Snapshot, who: Operator, serving: Serving, seen: Homes,
    home: Annotated[str, Query(max_length=64)] = "", name: Annotated[str, Query(max_length=32)] = "",
    site: Annotated[str, Query(max_length=32)] = "", find: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:  # fmt: skip
    """Hang one up: where it was heard, or in a home that in a county is looked for first."""
    del who
    say = sentences_for(request, db, serving)
    known = {each.id: each for each in seen.values() if each.status != "retired" and site in {"", each.site}}
    many = len(known) > _CHOICE
    if many:
        known = {id: known[id] for id in find_homes(db, find or home) if id in known} if find or home else {}
    choice = sorted(known)[:_CHOICE]
    say.names.expect(home_ids=choice)
    return page(
        request, "device_new.html", say, homes=choice, many=many, more=len(known) > _CHOICE, most=_CHOICE, chosen=home,
        name=name, site=site, find=find, models=serving.models, roles=ROLES,
    )  # fmt: skip


@router.post("/devices")
def hang_up(
    request: Request, who: Operator, serving: Serving, home: Short, name: Short, model: Short, room: Short = "",
    role: Short = "",
) -> Response:  # fmt: skip
    """It reports for this home from now on; then it is tried."""
    del request
    values = serving.models.get(model, {})
    try:
        id = fit_device(
            serving.database, home=home, name=name.strip(), model=model, values=values, room=room.strip(), role=role,
            at=serving.now(),
        )  # fmt: skip
    except HomeUnknown as unknown:
        raise Problem(404, "home_unknown", home=unknown.home) from None
    except NotFitted as refused:
        raise Problem(409, f"fit_{refused.why}", device=refused.device) from None
    note_down(serving.database, at=serving.now(), who=who.id, what="device hung up", ref=id)
    serving.folded()
    return RedirectResponse(f"/devices/{id}", 303)


@router.get("/devices/{site}/{device}")
def one_device(request: Request, site: Name, device: Name, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """One device, how it is, and its trials."""
    del who
    return _device("device.html", request, db, serving, f"{site}/{device}")


@router.get("/devices/{site}/{device}/live")
def device_again(
    request: Request, site: Name, device: Name, db: Snapshot, who: Reader, serving: Serving
) -> HTMLResponse:
    """The part that changes: while it is tried, each second."""
    del who
    return _device("device_live.html", request, db, serving, f"{site}/{device}")


def _device(template: str, request: Request, db: Connection, serving: Services, id: str) -> HTMLResponse:
    say = sentences_for(request, db, serving)
    found = devices.one(db, id)
    if found is None:
        raise Problem(404, "device_unknown", device=id)
    tried = last_trial(db, id, found["kind"])
    home = homes.one(db, found["home"], say.now)
    return page(
        request, template, say, device={**found, "state": devices.health_of(found, say.now)}, tried=tried, home=home,
        raised=commands.raised_by(db, id, tried) if tried else None,
        past=[each for each, _ in trials_of(db, id) if each.ended_at][:_TRIALS],
        sounds=found["kind"] in WITNESSED, chain=chain_in_order(home.chain) if home else [],
        removed=found["removed_at"] is not None,
    )  # fmt: skip


@router.post("/devices/{site}/{device}/trial")
def begin(
    request: Request, site: Name, device: Name, who: Operator, serving: Serving, trial: Annotated[Trial, Form()]
) -> Response:
    """Somebody stands before it now."""
    id = f"{site}/{device}"
    _tried(lambda: commands.begin_trial(serving.database, id, trial=trial, by=who.id, at=serving.now()))
    return done(request, serving, f"/devices/{id}")


@router.post("/devices/{site}/{device}/trial/sign")
def sign(
    request: Request, site: Name, device: Name, who: Operator, serving: Serving, witness: Short = "",
    sounded: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """It did what it must."""
    id, at = f"{site}/{device}", serving.now()
    _tried(
        lambda: commands.sign_trial(
            serving.database, id, by=who.id, witness=who.id if witness == "me" else witness, sounded=sounded, at=at
        )
    )
    return done(request, serving, f"/devices/{id}")


@router.post("/devices/{site}/{device}/trial/failed")
def failed(
    request: Request, site: Name, device: Name, who: Operator, serving: Serving,
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """It did not."""
    id = f"{site}/{device}"
    _tried(lambda: commands.fail_trial(serving.database, id, note=note, by=who.id, at=serving.now()))
    return done(request, serving, f"/devices/{id}")


def _tried(command: Any) -> None:
    try:
        command()
    except commands.NotTried as refused:
        raise Problem(409, f"trial_{refused.why}") from None
