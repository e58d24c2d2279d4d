"""The HTTP server in a thread of its own."""

import threading
import time
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from api.app import end_streams
from shouwang.settings import Settings

_START_S = 15.0


class Serving:
    """Uvicorn, started and stopped with the house; its death is the house's."""

    def __init__(self, app: FastAPI, settings: Settings, *, on_fatal: Callable[[BaseException], None]) -> None:
        self._app, self._on_fatal = app, on_fatal
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=settings.http_bind,
                port=settings.http_port,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=3,
                ssl_certfile=str(settings.tls.cert) if settings.tls else None,
                ssl_keyfile=str(settings.tls.key) if settings.tls else None,
            )
        )
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def _run(self) -> None:
        try:
            self._server.run()
        except BaseException as failure:  # SystemExit too: uvicorn leaves so when it cannot bind
            self._on_fatal(failure)
            return
        if not self._server.should_exit:
            self._on_fatal(RuntimeError("the HTTP server ended by itself"))

    def start(self) -> None:
        """Return when it accepts requests. Raises TimeoutError."""
        self._thread.start()
        until = time.monotonic() + _START_S
        while not self._server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise TimeoutError("the HTTP server does not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """End the live streams, then the server."""
        end_streams(self._app)
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(6)
