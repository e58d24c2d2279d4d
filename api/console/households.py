"""The page of a home: a month of its days, the line it is judged by, its devices, alerts, visits, absences, and its history."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from alerts import drills
from alerts.projections import alerts, blindness, homes
from alerts.projections.devices import silent_since
from alerts.projections.histories import LIMIT, Said, as_text, numbers_of, said_of
from alerts.projections.months import month
from alerts.projections.routines import routine_of
from alerts.projections.soft_checks import soft_checks_of
from alerts.registry.places import above
from api.access.showing import Showing
from api.access.who import Who
from api.asking import Reader, Serving, Snapshot
from api.console.looking import Shown, chain_in_order
from api.console.rendering import page, sentences_for
from api.console.sentences import Sentences
from api.console.spans import span
from api.problems import Problem
from api.services import Services
from events.types.fact import SECOND

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

HomeId = Annotated[str, Path(max_length=64)]
_ALERTS = 12
_LISTED = 12


@router.get("/homes/{home_id}")
def home(
    request: Request, home_id: HomeId, db: Snapshot, who: Reader, serving: Serving, shown: Shown = False
) -> HTMLResponse:
    """One home; names and phones when asked for."""
    say, found = _found(request, home_id, db, who, serving, shown=shown)
    history = said_of(db, home_id)
    numbers = numbers_of(db, home_id)
    seen = month(db, home_id, say.now)
    return page(
        request, "home.html", say, home=found, asked=shown, month=seen, usual=routine_of(db, home_id),
        where=above(db, home_id), **_state(db, home_id, say, found), **_life(db, found, say, history),
        history=history[:40], visits=[each for each in history if each.what == "VisitRecorded"][:_LISTED],
        absences=[each for each in reversed(seen.spells) if each.what == "away"][:_LISTED],
        own={name: value for name, value in numbers.own.items() if name != LIMIT}, changes=numbers.changes[:30],
        cold=numbers.cold_celsius, checks=soft_checks_of(db, home_id, say.now, most=_LISTED),
        setting_name=lambda name: _setting_name(say, name), setting=lambda name, value: _setting(say, name, value),
    )  # fmt: skip


@router.get("/homes/{home_id}/live")
def home_again(request: Request, home_id: HomeId, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """Its state, alerts and devices: what changes by itself."""
    say, found = _found(request, home_id, db, who, serving, shown=False)
    return page(request, "home_live.html", say, home=found, **_state(db, home_id, say, found))


@router.get("/homes/{home_id}/acts")
def acts_again(
    request: Request, home_id: HomeId, db: Snapshot, who: Reader, serving: Serving, shown: Shown = False
) -> HTMLResponse:
    """Its card, its life and what may be done, as of now."""
    say, found = _found(request, home_id, db, who, serving, shown=shown)
    return page(request, "home_acts.html", say, home=found, asked=shown, **_life(db, found, say, said_of(db, home_id)))


def _found(
    request: Request, home_id: str, db: Connection, who: Who, serving: Services, *, shown: bool
) -> tuple[Sentences, homes.HomeSeen]:
    say = sentences_for(request, db, serving, shown=shown)
    found = homes.one(db, home_id, say.now)
    if found is None:
        raise Problem(404, "home_unknown", home=home_id)
    if shown:
        showing: Showing = request.app.state.showing
        showing.of(who, "home card", home_id, say.now)
    return say, found


def _state(db: Connection, home_id: str, say: Sentences, found: homes.HomeSeen) -> dict[str, Any]:
    since, until = blindness.last_days(say.now, 30)
    (blind,) = blindness.ledgers(db, since, until, say.now, home=home_id)
    return {
        "alerts": alerts.listed(db, home=home_id, limit=_ALERTS), "devices": found.devices, "blind": blind,
        "sight": blindness.sight_of(db, home_id),
        "silent": lambda device: silent_since(device, say.now),
    }  # fmt: skip


def _life(db: Connection, found: homes.HomeSeen, say: Sentences, history: list[Said]) -> dict[str, Any]:
    last = next((each for each in history if each.what == "DrillStarted"), None)
    tested = drills.tested(db, last.how) if last else []
    return {
        "life": found.life, "card": say.names.home_card(found.id), "chain": chain_in_order(found.chain),
        "owing": [d for d in found.devices if homes.owes_proof(d)],
        "drill": last, "drilled": next((each for each in tested if each.alert.home == found.id), None),
        "must_call": False,
    }  # fmt: skip


def _setting_name(say: Sentences, name: str) -> str:
    return say.t(f"own.{name}") if say.knows(f"own.{name}") else name


def _setting(say: Sentences, name: str, value: Any) -> str:
    if value is None:
        return "—"
    if name == "routine.on":
        return say.t("yes" if value else "no")
    if name.endswith("_s") and isinstance(value, int | float):
        return span(int(value * SECOND), say.language) if value else "0"
    return as_text(value)
