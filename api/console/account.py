"""One's own account: password and second factor; and the lock of a console nobody sits at, which goes on alarming."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.projections import alerts
from alerts.registry import places
from api.access import second_factor, sessions, users
from api.access.audit import note_down
from api.access.who import Who
from api.asking import Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.console.signing_in import Tries, ours
from api.services import Services

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Secret = Annotated[str, Form(max_length=1024)]
Code = Annotated[str, Form(max_length=20)]


@router.get("/account")
def account(request: Request, db: Snapshot, who: Reader, serving: Serving) -> Response:
    """Password and second factor."""
    return _account(request, db, who, serving)


def _account(
    request: Request, db: Connection, who: Who, serving: Services, *, wrong: str = "", done: str = "", status: int = 200
) -> Response:
    say, town = sentences_for(request, db, serving), places.town(db)
    with serving.database.read() as own:  # rows of access lie outside every scope
        begun = second_factor.waiting(own, who.name) if who.session else None
        has = second_factor.has(own, who.name)
    picture = second_factor.picture(begun, who.name, town.name if town else "") if begun else ""
    return page(
        request, "account.html", say, status=status, wrong=say.t(wrong) if wrong else "", done=say.t(done) if done else "",
        begun=begun, picture=picture, has_code=has, shortest=users.SHORTEST_PASSWORD, first=who.password_due,
    )  # fmt: skip


@router.post("/account/password")
def change_password(
    request: Request, db: Snapshot, who: Reader, serving: Serving, fresh: Secret, again: Secret, password: Secret = ""
) -> Response:
    """A new password; all other sessions of this user end. Who has none yet need not give the old one."""
    if not who.session:
        return _account(request, db, who, serving, wrong="account.only_people", status=403)
    if fresh != again:
        return _account(request, db, who, serving, wrong="account.not_the_same", status=422)
    if not who.password_due and not _knows(serving, who, password):
        return _account(request, db, who, serving, wrong="account.wrong_password", status=403)
    try:
        users.set_password(serving.database, who.name, fresh)
    except users.PasswordTooShort:
        return _account(request, db, who, serving, wrong="account.too_short", status=422)
    sessions.end_sessions_of(serving.database, who.name, serving.now(), but=who.session)
    if who.password_due:
        return RedirectResponse("/", 303)
    return _account(request, db, who, serving, done="account.changed")


@router.post("/account/second-factor")
def begin_second_factor(
    request: Request, db: Snapshot, who: Reader, serving: Serving, code: Code = "", password: Secret = ""
) -> Response:
    """Without a code: a fresh secret to scan. With one: it is in force from now on."""
    if not who.session:
        return _account(request, db, who, serving, wrong="account.only_people", status=403)
    if code:
        right = second_factor.take(serving.database, who.name, code, serving.now())
        if right:
            return _account(request, db, who, serving, done="account.code_on")
        return _account(request, db, who, serving, wrong="account.wrong_code", status=422)
    if not _knows(serving, who, password):
        return _account(request, db, who, serving, wrong="account.wrong_password", status=403)
    with serving.database.read() as own:
        if second_factor.has(own, who.name):  # it is put off first, or a stranger at the desk would take it over
            return _account(request, db, who, serving, wrong="account.code_is_on", status=409)
    second_factor.begin(serving.database, who.name)
    return _account(request, db, who, serving)


@router.post("/account/second-factor/off")
def end_second_factor(request: Request, db: Snapshot, who: Reader, serving: Serving, password: Secret = "") -> Response:
    """No code is asked any more."""
    if not who.session or not _knows(serving, who, password):
        return _account(request, db, who, serving, wrong="account.wrong_password", status=403)
    second_factor.forget(serving.database, who.name)
    return _account(request, db, who, serving, done="account.code_off")


@router.get("/login/code")
def ask_code(request: Request, db: Snapshot, who: Reader, serving: Serving) -> Response:
    """The second step of a login."""
    del who
    return page(request, "code.html", sentences_for(request, db, serving), wrong="")


@router.post("/login/code")
def give_code(request: Request, db: Snapshot, who: Reader, serving: Serving, code: Code) -> Response:
    """Right: the session opens. Wrong counts as a wrong password does."""
    say, now = sentences_for(request, db, serving), serving.now()
    with serving.database.read() as own:
        until = users.locked_until(own, who.name)
    if until <= now and second_factor.take(serving.database, who.name, code, now):
        sessions.code_given(serving.database, who.session)
        return RedirectResponse("/", 303)
    if until <= now:
        until = users.miss(serving.database, who.name, now)
    wrong = say.t("login.locked", clock=say.clock(until)) if until > now else say.t("account.wrong_code")
    return page(request, "code.html", say, wrong=wrong, status=401)


@router.post("/active", status_code=204)
def active(who: Reader) -> Response:
    """Somebody moves the mouse: the gate has written it down."""
    del who
    return Response(status_code=204)


@router.post("/lock", status_code=204)
def lock(who: Reader, serving: Serving) -> Response:
    """Shut the pages of this session; what sounds goes on."""
    if who.session and not serving.demo:
        sessions.lock(serving.database, who.session, serving.now())
    return Response(status_code=204)


@router.get("/locked")
def locked(
    request: Request, db: Snapshot, who: Reader, serving: Serving, back: Annotated[str, Query(max_length=200)] = "/"
) -> Response:
    """How many alerts of which class are open, and nothing else; and the way back in."""
    return _locked(request, db, who, serving, back)


@router.get("/locked/live")
def locked_again(request: Request, db: Snapshot, who: Reader, serving: Serving) -> Response:
    """The part of it that changes."""
    return _locked(request, db, who, serving, "/", template="locked_live.html")


def _locked(
    request: Request, db: Connection, who: Who, serving: Services, back: str, wrong: str = "", status: int = 200,
    template: str = "locked.html",
) -> Response:  # fmt: skip
    say = sentences_for(request, db, serving)
    opened = alerts.open_alerts(db, say.now)
    counts = {number: sum(1 for alert in opened if alert.alert_class == number) for number in (1, 2, 3)}
    return page(request, template, say, counts=counts, back=ours(back), wrong=wrong, name=who.name, status=status)


@router.post("/unlock")
def unlock(
    request: Request, db: Snapshot, who: Reader, serving: Serving, password: Secret,
    back: Annotated[str, Form(max_length=200)] = "/",
) -> Response:  # fmt: skip
    """The same person is back."""
    say, now = sentences_for(request, db, serving), serving.now()
    tries: Tries = request.app.state.tries
    if not tries.allowed(request, now):
        return _locked(request, db, who, serving, back, say.t("login.often"), 429)
    try:
        users.check_password(serving.database, who.name, password, now=now)
    except users.LoginRefused as refused:
        wrong = (
            say.t("login.locked", clock=say.clock(refused.until)) if refused.until else say.t("account.wrong_password")
        )
        return _locked(request, db, who, serving, back, wrong, 401)
    sessions.unlock(serving.database, who.session, now)
    return RedirectResponse(ours(back), 303)


def _knows(serving: Services, who: Who, password: str) -> bool:
    try:
        users.check_password(serving.database, who.name, password, now=serving.now())
    except users.LoginRefused:
        note_down(serving.database, at=serving.now(), who=who.id, what="password asked again", result="refused")
        return False
    return True
