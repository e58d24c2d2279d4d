"""What people do on the pages: the same commands as REST, with a sentence where the page shows refusals."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from alerts.commands import alerts as commands
from alerts.commands import messaging
from alerts.projections import quarantined
from api.asking import Operator, Serving, Snapshot
from api.problems import Problem
from api.routes.quarantine import ask_again, known
from api.services import Services

router = APIRouter(include_in_schema=False)

AlertId = Annotated[str, Path(max_length=128)]
Who = Annotated[str, Form(max_length=64)]
Text = Annotated[str, Form(min_length=1, max_length=2000)]
VIA = "console"


def done(request: Request, serving: Services, back: str) -> Response:
    """Back to a page that already shows it; a script is told to fetch what changed."""
    serving.folded()
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Trigger": "changed"})
    return RedirectResponse(back, 303)


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(request: Request, alert_id: AlertId, who: Operator, serving: Serving) -> Response:
    """Seen."""
    commands.acknowledge(serving.database, alert_id, by=who.id, via=VIA, at=serving.now())
    return done(request, serving, f"/alerts/{alert_id}")


def _about_somebody(path: str, command: Callable[..., int], *, via: bool = True) -> None:
    """Four actions differ only in the command."""

    def act(request: Request, alert_id: AlertId, who: Operator, serving: Serving, somebody: Who = "") -> Response:
        said = {"via": VIA} if via else {}
        command(serving.database, alert_id, who=somebody or who.id, by=who.id, at=serving.now(), **said)
        return done(request, serving, f"/alerts/{alert_id}")

    router.add_api_route(f"/alerts/{{alert_id}}/{path}", act, methods=["POST"], name=path)


_about_somebody("en-route", commands.en_route)
_about_somebody("arrived", commands.arrived)
_about_somebody("declined", commands.declined)
_about_somebody("stand-down", commands.stand_down, via=False)


@router.post("/alerts/{alert_id}/escalate")
def escalate(request: Request, alert_id: AlertId, who: Operator, serving: Serving) -> Response:
    """The next step now."""
    commands.escalate_now(serving.database, alert_id, by=who.id, at=serving.now())
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/close")
def close(
    request: Request, alert_id: AlertId, who: Operator, serving: Serving,
    outcome: Annotated[str, Form(min_length=1, max_length=32)],
    seen: Annotated[int, Form(ge=0, le=1 << 30)],
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Close with an outcome, on what the page showed."""
    commands.close(
        serving.database, alert_id, outcome=outcome, by=who.id, via=VIA, seen_version=seen, note=note, at=serving.now()
    )
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/shelve")
def shelve(
    request: Request, alert_id: AlertId, who: Operator, serving: Serving,
    reason: Text, minutes: Annotated[int, Form(ge=1, le=10_080)],
) -> Response:  # fmt: skip
    """Put aside with a reason, for a limited time."""
    commands.shelve(serving.database, alert_id, reason=reason, for_s=minutes * 60, by=who.id, at=serving.now())
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/unshelve")
def unshelve(request: Request, alert_id: AlertId, who: Operator, serving: Serving) -> Response:
    """Among the others again."""
    commands.unshelve(serving.database, alert_id, by=who.id, at=serving.now())
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/outcome")
def correct(
    request: Request, alert_id: AlertId, who: Operator, serving: Serving,
    outcome: Annotated[str, Form(min_length=1, max_length=32)], reason: Text,
) -> Response:  # fmt: skip
    """Mend the outcome."""
    commands.correct_outcome(serving.database, alert_id, outcome=outcome, reason=reason, by=who.id, at=serving.now())
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/note")
def note(request: Request, alert_id: AlertId, who: Operator, serving: Serving, text: Text) -> Response:
    """Add a note."""
    commands.note(serving.database, alert_id, text=text, by=who.id, at=serving.now())
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/message")
def message(
    request: Request, alert_id: AlertId, who: Operator, serving: Serving,
    somebody: Annotated[str, Form(min_length=1, max_length=64)],
    what: Annotated[str, Form(pattern="^(note|go|arrived|outcome)$")],
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Have a message sent to somebody of this alert."""
    try:
        messaging.send_message(
            serving.database, alert_id, to=somebody, what=what, note=text, by=who.id, at=serving.now()
        )
    except messaging.MessageRefused as refused:
        raise Problem(409, f"message_{refused.why}") from None
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/confirm-death")
def confirm_death(request: Request, alert_id: AlertId, who: Operator, serving: Serving) -> Response:
    """The second, separate confirmation."""
    commands.confirm_death(serving.database, alert_id, by=who.id, at=serving.now())
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/undo-death")
def undo_death(request: Request, alert_id: AlertId, who: Operator, serving: Serving) -> Response:
    """It was a mistake."""
    commands.undo_death(serving.database, alert_id, by=who.id, at=serving.now())
    return done(request, serving, f"/alerts/{alert_id}")


@router.post("/quarantine/{number}/redecode")
def redecode(
    request: Request, number: Annotated[int, Path(ge=1, le=1 << 62)], db: Snapshot, who: Operator, serving: Serving
) -> Response:
    """Try again."""
    known(quarantined.one(db, number), number)
    ask_again(serving, number, who.id)
    return done(request, serving, f"/quarantine/{number}")
