"""The projections as seen by a process that does not fold them: how far another one has come, and what was new."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from alerts.projections.projector import READER, Listener
from events.database import Database
from events.follow import bookmark
from events.passing import Patience, passing
from events.serial import Recorded
from events.store import head, read

log = logging.getLogger("shouwang.projections")

_POLL_S = 0.25
_WAITED_FOR_S = 0.02
_PAGE = 1000


class Folded(Protocol):
    """What those who look at the projections ask of whoever folds them."""

    @property
    def position(self) -> int:
        """Everything up to here is folded and committed."""

    def on_folded(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(facts, position)` as folds are committed. Returns how to stop that."""

    def wait_for(self, position: int, timeout_s: float) -> bool:
        """Whether everything up to `position` is folded, after waiting for it at most so long."""

    def behind(self) -> int:
        """How many facts are not folded yet."""


class Watching:
    """Follows the bookmark of the projector in another process; looks faster while somebody waits."""

    def __init__(self, database: Database, *, on_fatal: Callable[[BaseException], None]) -> None:
        self._database, self._on_fatal = database, on_fatal
        with database.read() as db:
            self._position = bookmark(db, READER)
        self._moved = threading.Condition()
        self._waiting = 0
        self._look = threading.Event()
        self._stopping = threading.Event()
        self._listeners: list[Listener] = []
        self._thread = threading.Thread(target=self._run, name="projections", daemon=True)

    @property
    def position(self) -> int:
        """Everything up to here is folded and committed."""
        return self._position

    def on_folded(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(facts, position)` as the bookmark moves. Returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wait_for(self, position: int, timeout_s: float) -> bool:
        """Whether everything up to `position` is folded, after waiting for it at most so long."""
        with self._moved:
            self._waiting += 1
            self._look.set()
            try:
                return self._moved.wait_for(lambda: self._position >= position or self._stopping.is_set(), timeout_s)
            finally:
                self._waiting -= 1

    def behind(self) -> int:
        """How many facts are not folded yet."""
        with self._database.read() as db:
            return max(0, head(db) - bookmark(db, READER))

    def start(self) -> None:
        """Watch in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and let nobody wait."""
        self._stopping.set()
        self._look.set()
        with self._moved:
            self._moved.notify_all()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        try:
            patience = Patience(self._stopping)
            while not self._stopping.is_set():
                try:
                    found = self.step()
                    patience.well()
                except Exception as failure:
                    if not passing(failure):
                        raise
                    log.warning("the projections cannot be seen for now: %s", type(failure).__name__)
                    patience.wait()
                    continue
                if not found:
                    self._look.clear()
                    self._look.wait(_WAITED_FOR_S if self._waiting else _POLL_S)
                    if self._waiting:
                        self._stopping.wait(_WAITED_FOR_S)
        except Exception as failure:
            log.critical("watching the projections stopped: %s", failure, exc_info=True)
            self._on_fatal(failure)

    def step(self) -> bool:
        """Look once; whether anything was new."""
        with self._database.read() as db:
            upto = bookmark(db, READER)
            page = read(db, self._position, limit=_PAGE) if upto > self._position else []
        found: list[Recorded] = [record for record in page if record.position <= upto]
        if not found:
            return False
        position = found[-1].position
        with self._moved:
            self._position = position
            self._moved.notify_all()
        for listener in list(self._listeners):
            listener(found, position)
        return True
