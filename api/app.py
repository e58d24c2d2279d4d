"""The whole door: routes, hooks and console behind the gate, made from the services the house hands in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from alerts.projections.standings import Standings
from api import problems
from api.access import tables as access_tables
from api.access.showing import Showing
from api.console import (
    account,
    acting,
    equipment,
    handing,
    households,
    listing,
    living,
    looking,
    manning,
    mapping,
    pulse,
    reporting,
    ruling,
    signing_in,
    sounding,
    tuning,
)  # fmt: skip
from api.console.trials import Trials
from api.doors import Bodies, SafeHeaders
from api.gate import Gate
from api.hooks import aliyun, twilio, twilio_calls
from api.live import Broadcast
from api.routes import (
    alerts,
    away,
    blindness,
    duty,
    figures,
    lives,
    log,
    places,
    quarantine,
    reports,
    service,
    soft_checks,
)
from api.services import Services

__all__ = ["access_tables", "create_app", "end_streams"]

STATIC = Path(__file__).parent / "console" / "static"
API = "/api/v1"
CONSOLE = (
    signing_in,
    account,
    pulse,
    looking,
    acting,
    households,
    listing,
    living,
    mapping,
    equipment,
    handing,
    manning,
    reporting,
    sounding,
    tuning,
    ruling,
)
"""A file of pages each."""


def create_app(services: Services) -> FastAPI:
    """The application. Its tables are in the common metadata; `services.projector` runs while it serves."""
    broadcast = Broadcast(services)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        broadcast.start()
        yield
        broadcast.stop()

    app = FastAPI(
        title="Shouwang",
        summary="Notices in time that an elder who lives alone is in danger, and gets a human to the door.",
        version="1",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
        routes=list(_routes()),
        middleware=[
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),  # a stream of events it lets pass
            Middleware(SafeHeaders, services=services),
            Middleware(Gate, services=services),
            Middleware(Bodies, services=services),
        ],
    )
    app.state.services = services
    app.state.broadcast = broadcast
    app.state.standings = Standings()
    app.state.wrong_signatures = twilio.WrongSignatures()
    app.state.showing = Showing(services.database)
    app.state.trials = Trials(limit_s=services.limits.backtest_s)
    app.state.tries = signing_in.Tries(services.limits.logins_a_minute)
    problems.install(app)
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    """All doors in their order. They know no house: to read what each asks for takes a while, once a process."""
    every = APIRouter()
    rest = APIRouter(
        prefix=API,
        responses=problems.promised(400, 401, 403, 404, 409, 413, 415, 422, 428, 503),
        dependencies=[Depends(HTTPBearer(auto_error=False, description="Or the session of the console."))],
    )
    for router in (
        alerts.router, places.router, away.router, lives.router, duty.router, quarantine.router, log.router, service.router, figures.router,
        blindness.router, soft_checks.router, reports.router,
    ):  # fmt: skip
        rest.include_router(router)
    every.include_router(rest)
    every.include_router(service.open_router)
    every.include_router(twilio.router)
    every.include_router(twilio_calls.router)
    every.include_router(aliyun.router)
    for pages in CONSOLE:
        every.include_router(pages.router)
    every.mount("/static", StaticFiles(directory=STATIC), name="static")
    return tuple(every.routes)


def end_streams(app: FastAPI) -> None:
    """End the live streams; call it before the server is told to stop, or it would wait for them."""
    broadcast: Broadcast = app.state.broadcast
    broadcast.stop()
