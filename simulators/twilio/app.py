"""The simulated provider as one web app: Twilio's door, the control door and the phones page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from simulators.twilio import control, expecting, page, rest, webhooks
from simulators.twilio.exchange import Exchange
from simulators.twilio.refusals import Refused

PAGES = Path(__file__).with_name("pages")
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LARGEST_BODY = 64 * 1024


def app_for(exchange: Exchange) -> FastAPI:
    """The app; its life opens and closes the exchange."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        exchange.open()
        yield
        exchange.close()

    app = FastAPI(lifespan=life, routes=list(_routes()), openapi_url=None, docs_url=None, redoc_url=None)
    app.state.exchange = exchange
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _missed)
    app.middleware("http")(_only_from_here)
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    """They find the exchange by the app: what each asks for is read once, however many apps there are."""
    every = APIRouter()
    for room in (rest, control, expecting, page):
        every.include_router(room.router)
    every.mount("/assets", StaticFiles(directory=PAGES / "assets"))
    return tuple(every.routes)


async def _refused(_request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    challenge = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refused.status == 401 else {}
    return JSONResponse(refused.answer, refused.status, {**refused.headers, **challenge})


async def _missed(request: Request, missed: Exception) -> Response:
    assert isinstance(missed, HTTPException)
    if request.url.path.startswith("/2010-04-01/"):
        return await _refused(request, Refused(20404, request.url.path))
    return JSONResponse({"detail": missed.detail}, missed.status_code)


async def _only_from_here(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    """Without this any web page open in the browser could reach the phones (by DNS rebinding or a cross-site form)."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    try:
        webhooks.checked(f"http://{host}/")
    except webhooks.NotOnThisComputer:
        return PlainTextResponse("this simulator answers on loopback addresses only", 403)
    if origin is not None and urlsplit(origin).netloc != host:
        return PlainTextResponse("requests from other web pages are refused", 403)
    if not request.headers.get("content-length", "0").isdecimal() or (
        int(request.headers.get("content-length", "0")) > LARGEST_BODY
    ):
        return PlainTextResponse("too large", 413)
    response = await proceed(request)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
