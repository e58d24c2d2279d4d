"""The connections of the simulated provider's customers, so that one can be cut in the middle of a request."""

import asyncio
from typing import cast

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

_open: dict[tuple[object, ...], asyncio.Transport] = {}


class Line(H11Protocol):
    """Uvicorn's own, known by the address of whoever called."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Somebody called."""
        _open[_caller(transport)] = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """They have hung up, or we have."""
        _open.pop(_caller(self.transport), None)
        super().connection_lost(exc)


def cut(request: Request) -> None:
    """No answer and no good-bye: the caller sees a reset connection."""
    asker = request.client
    transport = _open.get((asker.host, asker.port)) if asker else None
    if transport is not None:
        transport.abort()


def _caller(transport: asyncio.Transport) -> tuple[object, ...]:
    return cast("tuple[object, ...]", transport.get_extra_info("peername"))[:2]
