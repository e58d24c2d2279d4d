"""The life of a home and what is done for it, from its page: the same commands as REST, with a sentence for each refusal."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from alerts.commands.away import MOST_DAYS
from api.asking import Operator, Serving
from api.console.acting import done
from api.routes import lives
from api.routes.away import said_away, said_back
from events.types.fact import HOUR

router = APIRouter(include_in_schema=False)

HomeId = Annotated[str, Path(min_length=1, max_length=64)]
Text = Annotated[str, Form(max_length=2000)]
Reason = Annotated[str, Form(min_length=1, max_length=2000)]
_LONG_AGO_H = 60 * 24


@router.post("/homes/{home_id}/away")
def away(
    request: Request, home_id: HomeId, who: Operator, serving: Serving,
    days: Annotated[int, Form(ge=1, le=MOST_DAYS)],
) -> Response:  # fmt: skip
    """For so many days."""
    said_away(serving, home_id, days, who.id)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/back")
def back(request: Request, home_id: HomeId, who: Operator, serving: Serving) -> Response:
    """At home again."""
    said_back(serving, home_id, who.id)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/consent")
def consent(
    request: Request, home_id: HomeId, who: Operator, serving: Serving,
    given: Annotated[Literal["signed", "guardian", "witnessed"], Form()], text: Text = "",
) -> Response:  # fmt: skip
    """The elder agrees; where the paper lies."""
    lives.consent(home_id, lives.Consent(given=given, text=text), who, serving)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/consent/withdraw")
def withdraw(request: Request, home_id: HomeId, who: Operator, serving: Serving, reason: Text = "") -> Response:
    """The elder agrees no longer."""
    lives.withdraw(home_id, lives.Reason(reason=reason), who, serving)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/prove")
def prove(request: Request, home_id: HomeId, who: Operator, serving: Serving) -> Response:
    """Signed: every sensor has shown what it can."""
    lives.prove(home_id, who, serving)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/pause")
def pause(request: Request, home_id: HomeId, who: Operator, serving: Serving, reason: Reason) -> Response:
    """Not watched until resumed."""
    lives.pause(home_id, lives.Reason(reason=reason), who, serving)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/resume")
def resume(request: Request, home_id: HomeId, who: Operator, serving: Serving) -> Response:
    """Watched again."""
    lives.resume(home_id, who, serving)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/retire")
def retire(request: Request, home_id: HomeId, who: Operator, serving: Serving, reason: Reason) -> Response:
    """No longer watched."""
    lives.retire(home_id, lives.Reason(reason=reason), who, serving)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/visits")
def visit(
    request: Request, home_id: HomeId, who: Operator, serving: Serving,
    visitor: Annotated[str, Form(max_length=64)] = "",
    hours_ago: Annotated[int, Form(ge=0, le=_LONG_AGO_H)] = 0,
    note: Text = "",
) -> Response:  # fmt: skip
    """Somebody saw or spoke with the elder, so many hours ago."""
    visited_at = serving.now() - hours_ago * HOUR
    lives.visit(home_id, lives.Visit(who=visitor or None, visited_at=visited_at, note=note), who, serving)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/drill")
def drill(request: Request, home_id: HomeId, who: Operator, serving: Serving) -> Response:
    """A test of this home's chain, now."""
    lives.start_drill(lives.Drill(homes=[home_id]), who, serving)
    return done(request, serving, f"/homes/{home_id}")
