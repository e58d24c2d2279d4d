"""What every request passes on its way in and out: headers, the size and form of bodies."""

import json
import math
from typing import Any, Final, NoReturn

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.gate import SAFE_METHODS
from api.problems import Problem, answer
from api.services import Services

_FORMS: Final = ("application/x-www-form-urlencoded", "application/json")
_SAFE_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


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
