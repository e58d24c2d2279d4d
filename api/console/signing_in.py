"""In and out: password, one-time link, log out, and the language of the reader."""

import threading
from collections import deque
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.requests import HTTPConnection

from alerts.projections.words import LANGUAGES
from api.access.audit import note_down
from api.access.sessions import LASTS, end_session, open_session, use_login_link
from api.access.users import LoginRefused, check_password
from api.asking import Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.gate import cookie_name
from api.language import COOKIE as LANGUAGE_COOKIE
from api.services import Services
from events.types.fact import MINUTE, SECOND

router = APIRouter(include_in_schema=False)


class Tries:
    """So many logins a minute from one address, whoever they are for."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._seen: dict[str, deque[int]] = {}

    def allowed(self, request: HTTPConnection, now: int) -> bool:
        """Count this one."""
        address = request.client.host if request.client else ""
        with self._lock:
            if len(self._seen) > 10_000:
                self._seen.clear()
            seen = self._seen.setdefault(address, deque())
            while seen and seen[0] <= now - MINUTE:
                seen.popleft()
            seen.append(now)
            return len(seen) <= self._most


@router.get("/login")
def login_page(
    request: Request, db: Snapshot, serving: Serving, next: Annotated[str, Query(max_length=200)] = "/"
) -> Response:
    """Name and password."""
    return page(request, "login.html", sentences_for(request, db, serving), wrong="", next=ours(next), name="")


@router.post("/login")
def login(
    request: Request, db: Snapshot, serving: Serving,
    name: Annotated[str, Form(max_length=64)], password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form(max_length=200)] = "/",
) -> Response:  # fmt: skip
    """Open a session, or say what is wrong without saying which."""
    say = sentences_for(request, db, serving)
    now = serving.now()
    tries: Tries = request.app.state.tries
    if not tries.allowed(request, now):
        return page(request, "login.html", say, wrong=say.t("login.often"), next=ours(next), name=name, status=429)
    try:
        who = check_password(serving.database, name, password, now=now)
    except LoginRefused as refused:
        note_down(serving.database, at=now, who=f"user:{name}", what="login", result="refused")
        wrong = say.t("login.locked", clock=say.clock(refused.until)) if refused.until else say.t("login.wrong")
        return page(request, "login.html", say, wrong=wrong, next=ours(next), name=name, status=401)
    note_down(serving.database, at=now, who=who.id, what="login")
    return with_session(RedirectResponse(ours(next), 303), open_session(serving.database, who.name, now), serving)


@router.get("/login/link/{secret}")
def login_by_link(
    request: Request, secret: Annotated[str, Path(max_length=100)], db: Snapshot, serving: Serving
) -> Response:
    """Consume a one-time link. The page then goes on by itself, so that the strict cookie is sent along."""
    say = sentences_for(request, db, serving)
    if "prefetch" in request.headers.get("sec-purpose", ""):
        return Response(status_code=503)  # a browser that looks ahead must not use the link up
    now = serving.now()
    tries: Tries = request.app.state.tries
    opened = use_login_link(serving.database, secret, now) if tries.allowed(request, now) else None
    if opened is None:
        return page(request, "login.html", say, wrong=say.t("login.link_used"), next="/", name="", status=401)
    user, session = opened
    note_down(serving.database, at=now, who=f"user:{user}", what="login by link")
    return with_session(page(request, "entering.html", say), session, serving)


@router.post("/logout")
def logout(who: Reader, serving: Serving) -> Response:
    """End this session on the server too."""
    if who.session:
        end_session(serving.database, who.session, serving.now())
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie_name(serving), path="/", secure=serving.https, httponly=True, samesite="strict")
    return answer


@router.post("/language")
def choose_language(
    serving: Serving,
    language: Annotated[str, Form(max_length=2)],
    back: Annotated[str, Form(max_length=200)] = "/",
) -> Response:  # fmt: skip
    """Remember the language in a cookie of its own; also before login."""
    answer = RedirectResponse(ours(back), 303)
    chosen = language if language in LANGUAGES else "zh"
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31_536_000, path="/", secure=serving.https, samesite="strict")
    return answer


def with_session(answer: Response, secret: str, serving: Services) -> Response:
    answer.set_cookie(
        cookie_name(serving), secret, max_age=LASTS // SECOND, path="/", secure=serving.https, httponly=True,
        samesite="strict",
    )  # fmt: skip
    return answer


def ours(next: str) -> str:
    """Only a path of ours, never another site."""
    return next if next.startswith("/") and not next.startswith(("//", "/\\")) else "/"
