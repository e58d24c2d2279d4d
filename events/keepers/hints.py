"""Hears PostgreSQL's notifications, so that readers look at once when another process has appended. Only a hint."""

import logging
import os
import select
import threading
from collections.abc import Callable

import psycopg
from sqlalchemy import URL

from events.tables import LANDED_CHANNEL

log = logging.getLogger("shouwang.database")

_AGAIN_S = 1.0


class Hints:
    """A thread with a connection of its own, begun with the first listener; whatever fails is tried again."""

    def __init__(self, url: URL, process: str) -> None:
        self._url, self._process = url.set(drivername="postgresql"), process
        self._listeners: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        self._door = threading.Lock()
        self._closing = threading.Event()
        self._wake_r, self._wake_w = os.pipe()

    def add(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call it from now on. Returns how to stop that."""
        with self._door:
            self._listeners.append(listener)
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
                self._thread.start()
        return lambda: self._listeners.remove(listener)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._listen()
            except psycopg.Error as failure:
                log.info("no notifications for now, readers look four times a second: %s", type(failure).__name__)
                self._closing.wait(_AGAIN_S)

    def _listen(self) -> None:
        url = self._url.render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"LISTEN {LANDED_CHANNEL}")
            while not self._closing.is_set():
                select.select([connection.fileno(), self._wake_r], [], [])
                told = [notice.payload for notice in connection.notifies(timeout=0)]
                if any(process != self._process for process in told):
                    for listener in list(self._listeners):
                        listener()

    def close(self) -> None:
        """End the thread."""
        with self._door:
            self._closing.set()
            thread, self._thread = self._thread, None
        os.write(self._wake_w, b"x")
        if thread is not None:
            thread.join(10)
        os.close(self._wake_r)
        os.close(self._wake_w)
