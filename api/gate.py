"""The gate: closed by default. Who is not known gets no further, nor who may not, nor whose session is locked."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote, urlsplit

from fastapi import Request
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import rights, rows
from api.access.audit import note_down
from api.access.sessions import find_session, touch
from api.access.tokens import find_token
from api.access.who import Who
from api.problems import Problem, answer
from api.services import Services
from events.types.fact import SECOND

log = logging.getLogger("shouwang.api")

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN: Final = frozenset({"/health", "/login", "/language"})
OPEN_UNDER: Final = ("/login/link/", "/static/", "/hooks/")
"""The only paths without login. Hooks check their provider's signature themselves."""

ALWAYS: Final = frozenset({"POST /logout"})
WHILE_CODE_DUE: Final = ALWAYS | {"GET /login/code", "POST /login/code"}
WHILE_PASSWORD_DUE: Final = ALWAYS | {"GET /account", "POST /account/password"}
WHILE_LOCKED: Final = ALWAYS | {
    "GET /locked",
    "GET /locked/live",
    "POST /unlock",
    "POST /lock",
    "GET /pulse",
    "GET /api/v1/stream",
}
"""What goes on behind the lock: the stream and the pulse, so that it sounds; and the way out."""
_UNNOTED: Final = frozenset({"POST /active"})
"""Says only that somebody is there."""
_NOBODY_THERE: Final = frozenset({
    "GET /api/v1/stream", "GET /pulse", "GET /board", "GET /locked", "GET /alerts/{alert_id}/live",
    "GET /homes/{home_id}/live", "GET /homes/{home_id}/acts",
    "GET /devices/live", "GET /devices/{site}/{device}/live", "GET /places/live", "GET /places/villages/{village_id}/live", "GET /places/grids/{grid_id}/live",
})  # fmt: skip
"""What a page asks for by itself is no sign that somebody sits before it."""


def cookie_name(services: Services) -> str:
    """Over TLS the name itself makes the browser refuse the cookie from anywhere else."""
    return "__Host-shouwang" if services.https else "shouwang"


class Gate:
    """What people do is written down before they are answered."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or refuse."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # we speak no web sockets
        request = Request(scope, receive)
        path: str = scope["path"]
        if path in OPEN or path.startswith(OPEN_UNDER):
            if _unsafe(scope) and not path.startswith("/hooks/") and not same_origin(request, self._services):
                await answer(request, Problem(403, "other_origin"))(scope, receive, send)
                return
            await self._app(scope, receive, send)
            return
        who = await asyncio.to_thread(who_asks, request, self._services)
        if who is None:
            await _not_known(request)(scope, receive, send)
            return
        try:
            route = _allowed(request, who, self._services)
            if not _waits(who, route.rule, self._services):
                await asyncio.to_thread(self._look, who, route, unsafe=_unsafe(scope))
        except Problem as refusal:
            scope.setdefault("state", {})["who"] = who
            out = self._written_down(scope, who, "", send) if _unsafe(scope) else send
            await answer(request, refusal)(scope, receive, out)
            return
        if waits := _waits(who, route.rule, self._services):
            await _first(request, waits)(scope, receive, send)
            return
        scope.setdefault("state", {})["who"] = who
        noted = _unsafe(scope) and route.rule not in _UNNOTED
        ref = " ".join(route.blanks.values())
        await self._app(scope, receive, self._written_down(scope, who, ref, send) if noted else send)

    def _look(self, who: Who, route: rights.Route, *, unsafe: bool) -> None:
        """Is what they would act on theirs; and that they are there. Raises Problem."""
        if who.scoped and unsafe and route.blanks:
            with self._services.database.read() as db:
                if not rows.sees(rows.narrowed(db, who), route.blanks):
                    raise Problem(404)
        if who.session and not who.locked and route.rule not in _NOBODY_THERE:
            try:
                touch(self._services.database, who.session, self._services.now())
            except Exception as failure:  # a full disk must not shut out those who came to look
                log.warning("cannot write down that %s is there: %s", who.id, type(failure).__name__)

    def _written_down(self, scope: Scope, who: Who, ref: str, send: Send) -> Callable[[Message], Awaitable[None]]:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.to_thread(
                    note_down, self._services.database, at=self._services.now(), who=who.id,
                    what=f"{scope['method']} {scope['path']}", ref=ref,
                    result=str(message["status"]),
                )  # fmt: skip
            await send(message)

        return noted


def _unsafe(scope: Scope) -> bool:
    return scope["method"] not in SAFE_METHODS


def _allowed(request: Request, who: Who, services: Services) -> rights.Route:
    """The rule of this address, if this role may. Raises Problem."""
    if _unsafe(request.scope) and who.by_cookie and not same_origin(request, services):
        raise Problem(403, "other_origin")
    try:
        route = rights.route_of(request.method, request.scope["path"])
    except rights.MethodUnknown as others:
        raise Problem(405, headers={"Allow": ", ".join(others.allowed)}) from None
    if route is None:
        raise Problem(404)
    if who.role not in route.roles:
        raise Problem(403, "role_not_allowed", role=who.role)
    return route


def _waits(who: Who, rule: str, services: Services) -> str:
    """What this session must do before anything else: the page for it; "" when nothing."""
    if who.code_due:
        return "" if rule in WHILE_CODE_DUE else "/login/code"
    if who.password_due and not services.demo and who.by_cookie:
        return "" if rule in WHILE_PASSWORD_DUE else "/account"
    if who.locked:
        return "" if rule in WHILE_LOCKED else "/locked"
    return ""


def who_asks(request: HTTPConnection, services: Services) -> Who | None:
    """The holder of a bearer token, or of a session's cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(cookie_name(services))
    with services.database.read() as db:
        if scheme.lower() == "bearer":
            return find_token(db, token.strip())
        idle = int(services.limits.lock_after_s * SECOND)
        return find_session(db, cookie, services.now(), idle=idle) if cookie else None


def same_origin(request: Request, services: Services) -> bool:
    """Does this come from a page of ours? Browsers always say so with a form or a script's POST."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    public = urlsplit(services.public_base_url)
    host = request.headers.get("host", "")
    return origin in {f"{public.scheme}://{public.netloc}", f"http://{host}", f"https://{host}"}


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and request.method == "GET"


def _not_known(request: Request) -> ASGIApp:
    if request.headers.get("hx-request"):
        return answer(request, Problem(401, headers={"HX-Redirect": "/login"}))
    if _wants_page(request):
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
    return answer(request, Problem(401, headers={"WWW-Authenticate": "Bearer"}))


def _first(request: Request, page: str) -> ASGIApp:
    """Lead to what must be done first."""
    kind = {"/login/code": "code_needed", "/account": "password_needed", "/locked": "locked"}[page]
    if request.headers.get("hx-request"):
        return answer(request, Problem(403, kind, headers={"HX-Redirect": page}))
    if _wants_page(request):
        back = f"?back={quote(request.url.path)}" if page == "/locked" else ""
        return RedirectResponse(f"{page}{back}", 303)
    return answer(request, Problem(403, kind))
