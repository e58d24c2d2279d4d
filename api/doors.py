"""What every request passes on its way in and out: headers, the size and form of bodies, and the gate."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.audit import note_down
from api.access.sessions import find_session
from api.access.tokens import find_token
from api.access.who import MAY_ACT, Who
from api.problems import Problem, answer
from api.services import Services

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN: Final = frozenset({"/health", "/login", "/language"})
LOGOUT: Final = "/logout"
OPEN_UNDER: Final = ("/login/link/", "/static/", "/hooks/")
"""The only paths without login. Hooks check their provider's signature themselves."""

_FORMS: Final = ("application/x-www-form-urlencoded", "application/json")
_SAFE_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


def cookie_name(services: Services) -> str:
    """Over TLS the name itself makes the browser refuse the cookie from anywhere else."""
    return "__Host-shouwang" if services.https else "shouwang"


class SafeHeaders:
    """Says to browsers what they must not do with our answers; nothing but static files may be kept."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._https = app, services.https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_SAFE_HEADERS)
                if self._https:
                    headers["strict-transport-security"] = "max-age=31536000"
                kept = "public, max-age=3600" if scope["path"].startswith("/static/") else "no-store"
                headers.setdefault("cache-control", kept)
            await send(message)

        await self._app(scope, receive, safely)


class Gate:
    """Closed by default: who is not known gets no further. What people do is written down before they are answered."""

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
        unsafe = scope["method"] not in SAFE_METHODS
        if path in OPEN or path.startswith(OPEN_UNDER):
            if unsafe and not path.startswith("/hooks/") and not same_origin(request, self._services):
                await answer(request, Problem(403, "other_origin"))(scope, receive, send)
                return
            await self._app(scope, receive, send)
            return
        who = await asyncio.to_thread(who_asks, request, self._services)
        if who is None:
            await _not_known(request)(scope, receive, send)
            return
        if unsafe and who.by_cookie and not same_origin(request, self._services):
            await answer(request, Problem(403, "other_origin"))(scope, receive, send)
            return
        if unsafe and who.role not in MAY_ACT and path != LOGOUT:
            await answer(request, Problem(403, "role_not_allowed", role=who.role))(scope, receive, send)
            return
        scope.setdefault("state", {})["who"] = who
        await self._app(scope, receive, self._written_down(scope, who, send) if unsafe else send)

    def _written_down(self, scope: Scope, who: Who, send: Send) -> Callable[[Message], Awaitable[None]]:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                ref = " ".join(str(value) for value in scope.get("path_params", {}).values())
                await asyncio.to_thread(
                    note_down, self._services.database, at=self._services.now(), who=who.id,
                    what=f"{scope['method']} {scope['path']}", ref=ref,
                    result=str(message["status"]),
                )  # fmt: skip
            await send(message)

        return noted


def who_asks(request: HTTPConnection, services: Services) -> Who | None:
    """The holder of a bearer token, or of a session's cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(cookie_name(services))
    with services.database.read() as db:
        if scheme.lower() == "bearer":
            return find_token(db, token.strip())
        return find_session(db, cookie, services.now()) if cookie else None


def same_origin(request: Request, services: Services) -> bool:
    """Does this come from a page of ours? Browsers always say so with a form or a script's POST."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    public = urlsplit(services.public_base_url)
    host = request.headers.get("host", "")
    return origin in {f"{public.scheme}://{public.netloc}", f"http://{host}", f"https://{host}"}


def _not_known(request: Request) -> ASGIApp:
    wants_page = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if request.headers.get("hx-request"):
        return answer(request, Problem(401, headers={"HX-Redirect": "/login"}))
    if wants_page:
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
    return answer(request, Problem(401, headers={"WWW-Authenticate": "Bearer"}))


class Bodies:
    """Reads a body whole before anybody acts on it: at most so many bytes, of a known form, JSON without surprises."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._most = app, services.limits.body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the checked body, or refuse."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(scope, receive)
            _check(Headers(scope=scope).get("content-type", ""), body)
        except Problem as problem:
            await answer(Request(scope), problem)(scope, receive, send)
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        said = Headers(scope=scope).get("content-length", "0")
        if said.isdigit() and int(said) > self._most:
            raise Problem(413, headers={"Connection": "close"})
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._most:
                raise Problem(413, headers={"Connection": "close"})
            if not message.get("more_body", False):
                return bytes(body)


def _check(content_type: str, body: bytes) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return
    if kind not in _FORMS:
        raise Problem(415)
    if kind == "application/json":
        try:
            json.loads(body, parse_constant=_no_number, parse_float=_finite)
        except (ValueError, RecursionError):
            raise Problem(400, "malformed") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> Any:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number
