"""The world's small HTTP door on this machine: how it stands, open the window, somebody has arrived."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from simulators.scenarios import Cue


class PortBusy(Exception):
    """Somebody else listens there; the message says which port and what to set."""


def app_for(state: Callable[[], dict[str, Any]], cue: Callable[[Cue], None]) -> FastAPI:
    """Loopback only, no login: it moves simulated air and nothing else."""
    app = FastAPI(title="simulated world", docs_url=None, redoc_url=None)

    @app.get("/")
    def root() -> dict[str, Any]:
        return {"world": "simulated", "see": ["/health", "/state"], "post": ["/open-window", "/arrived"]}

    @app.get("/health")
    def health() -> dict[str, bool]:
        return {"ok": True}

    @app.get("/state")
    def tell() -> dict[str, Any]:
        return state()

    @app.post("/open-window")
    def open_window() -> dict[str, str]:
        cue(Cue.WINDOW)
        return {"done": "窗开了 the window is open"}

    @app.post("/arrived")
    def arrived() -> dict[str, str]:
        cue(Cue.ARRIVED)
        return {"done": "有人到了 somebody is there"}

    return app


class Door:
    """Listens from `open` to `close`."""

    def __init__(self, app: FastAPI, port: int) -> None:
        self._port = port
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="world-door", daemon=True)
        self._socket = socket.socket()

    def open(self) -> None:
        """Binds at once, so that a busy port is named before anything starts; raises PortBusy."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", self._port))
        except OSError as fault:
            raise PortBusy(f"port {self._port} on 127.0.0.1 is taken; choose another with --port") from fault
        self._thread.start()

    def close(self) -> None:
        """Finish what is being answered and go."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(5)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
