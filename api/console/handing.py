"""The handover of a shift: what is open, promised, blind and away; signed by who leaves and who takes the desk."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.commands import shift as commands
from alerts.projections import alerts, shifts
from alerts.projections.shifts import Handover
from alerts.projections.sounded import sounded
from alerts.projections.standings import Standing, worst_first
from api.access import sessions, users
from api.access.audit import anchor, note_down
from api.access.who import MAY_RULE, Who
from api.asking import Homes, Operator, Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.console.sentences import Sentences
from api.console.signing_in import Tries, with_session
from api.console.sounding import in_a_line
from api.console.spans import SHANGHAI
from api.problems import Problem
from api.services import Services
from events.types.fact import DAY, SECOND

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_LISTED = 50
"""Of a list that is longer the count stands here, and the rest on the page of the homes."""
_TAKES_THE_DESK = MAY_RULE | {"operator"}


@router.get("/handover")
def handover(request: Request, db: Snapshot, who: Reader, serving: Serving, known: Homes) -> Response:
    """What the next shift must know."""
    del who
    return _handover(request, db, serving, known)


def _handover(
    request: Request, db: Connection, serving: Services, known: Mapping[str, Standing], *, wrong: str = "",
    name: str = "", status: int = 200,
) -> Response:  # fmt: skip
    say = sentences_for(request, db, serving)
    opened, exposed, away = alerts.open_alerts(db, say.now), _exposed(known), _away(known)
    past = shifts.handovers(db, limit=8)
    say.names.expect(home_ids=[alert.home for alert in opened])
    say.names.expect(home_ids=[home.id for home in (*exposed[:_LISTED], *away[:_LISTED])])
    return page(
        request, "handover.html", say, status=status, wrong=wrong, name=name,
        opened=opened, promises=shifts.open_promises(db), past=past,
        exposed=exposed, away=away, most=_LISTED, loads=_loads(db, say, past),
    )  # fmt: skip


def _loads(db: Connection, say: Sentences, past: Sequence[Handover]) -> list[str]:
    """What the screen asked of the shift that runs, and of the one before it."""
    spans = [(shifts.shift_since(db, say.now), say.now + 1)]
    if past:
        before = past[1].at if len(past) > 1 else 0
        spans.append((max(before, past[0].at - shifts.LONGEST), past[0].at))
    return [in_a_line(say, sounded(db, *each)) for each in spans]


def _exposed(known: Mapping[str, Standing]) -> list[Standing]:
    return worst_first(home for home in known.values() if home.status in {"not_protected", "partly"})


def _away(known: Mapping[str, Standing]) -> list[Standing]:
    return [home for home in known.values() if home.status == "away"]


@router.post("/handover/promises")
def promise(
    who: Operator, serving: Serving, text: Annotated[str, Form(min_length=1, max_length=2000)],
    due: Annotated[str, Form(max_length=5, pattern=r"^(\d\d:\d\d)?$")] = "",
) -> Response:  # fmt: skip
    """Somebody at the desk promised something, perhaps by an hour of today or tomorrow."""
    now = serving.now()
    commands.promise(serving.database, text, by=who.id, due=_next(due, now), at=now)
    serving.folded()
    return RedirectResponse("/handover", 303)


def _next(clock: str, now: int) -> int:
    """The next time a clock in the town shows this, 0 for none. Raises Problem."""
    if not clock:
        return 0
    hour, minute = (int(part) for part in clock.split(":"))
    if hour > 23 or minute > 59:
        raise Problem(422)
    here = datetime.fromtimestamp(now / SECOND, SHANGHAI).replace(hour=hour, minute=minute, second=0, microsecond=0)
    at = int(here.timestamp()) * SECOND
    return at if at > now else at + DAY


@router.post("/handover/promises/{promise_id}/kept")
def kept(promise_id: Annotated[str, Path(max_length=32)], who: Operator, serving: Serving) -> Response:
    """It is done."""
    if not commands.keep_promise(serving.database, promise_id, by=who.id, at=serving.now()):
        raise Problem(404)
    serving.folded()
    return RedirectResponse("/handover", 303)


@router.post("/handover")
def sign(
    request: Request, db: Snapshot, who: Operator, serving: Serving, known: Homes,
    name: Annotated[str, Form(max_length=64)], password: Annotated[str, Form(max_length=1024)],
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Who leaves is logged in; who takes over signs with name and password, and the desk is theirs from here on."""
    say, now = sentences_for(request, db, serving), serving.now()
    tries: Tries = request.app.state.tries
    if not who.session:
        raise Problem(403, "role_not_allowed", role=who.role)
    if not tries.allowed(request, now):
        return _handover(request, db, serving, known, wrong=say.t("login.often"), name=name, status=429)
    if name == who.name:
        return _handover(request, db, serving, known, wrong=say.t("handover.not_oneself"), name=name, status=422)
    try:
        taker = users.check_password(serving.database, name, password, now=now)
    except users.LoginRefused as refused:
        note_down(serving.database, at=now, who=f"user:{name}", what="take the desk", result="refused")
        wrong = say.t("login.locked", clock=say.clock(refused.until)) if refused.until else say.t("login.wrong")
        return _handover(request, db, serving, known, wrong=wrong, name=name, status=401)
    if taker.role not in _TAKES_THE_DESK:
        return _handover(request, db, serving, known, wrong=say.t("handover.no_role"), name=name, status=403)
    note_down(serving.database, at=now, who=taker.id, what="take the desk", ref=who.name)
    _record(db, serving, known, who, taker, note, now)
    sessions.end_session(serving.database, who.session, now)
    return with_session(RedirectResponse("/", 303), sessions.open_session(serving.database, taker.name, now), serving)


def _record(
    db: Connection, serving: Services, known: Mapping[str, Standing], left: Who, took: Who, note: str, now: int
) -> None:
    with serving.database.read() as fresh:
        audit = anchor(fresh)
    commands.hand_over(
        serving.database, left=left.id, took=took.id, note=note, at=now, audit=audit,
        alerts=[alert.id for alert in alerts.open_alerts(db, now)],
        not_protected=[home.id for home in _exposed(known)], away=[home.id for home in _away(known)],
    )  # fmt: skip
    serving.folded()
