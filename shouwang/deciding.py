"""The thread of engine and planner: one after the other, for as long as there is something to read."""

import logging
import threading
from collections.abc import Callable

from alerts.engine import Engine
from alerts.planner import Planner
from events.database import Database
from events.passing import Patience, passing
from events.store import head

log = logging.getLogger("shouwang.deciding")

_IDLE_S = 0.25
_GLANCE_S = 0.0005
"""Whoever waits, however shortly, is content with what memory has: a commit of somebody else's lanes costs no question."""
_BUSY_S = 0.001
"""More usually follows at once, through memory; a look into the database would cost as much as a hundred facts."""


class Deciding:
    """Runs both readers in one thread; `settle` waits until they have finished what is in the log."""

    def __init__(
        self, database: Database, engine: Engine, planner: Planner, *, on_fatal: Callable[[BaseException], None]
    ) -> None:
        self._database, self._engine, self._planner, self._on_fatal = database, engine, planner, on_fatal
        self._done = threading.Condition()
        self._finished = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deciding", daemon=True)

    @property
    def finished(self) -> int:
        """Up to which position everything is decided and planned."""
        return self._finished

    def start(self) -> None:
        """Begin to read on."""
        self._thread.start()

    def _run(self) -> None:
        try:
            timeout, patience = 0.0, Patience(self._stopping)
            while not self._stopping.is_set():
                try:
                    if patience.since is not None:  # what was in hand may be in the log, or not: the bookmark knows
                        self._engine.begin_again()
                        self._planner.begin_again()
                    read = self._engine.step(timeout) + self._planner.step(_GLANCE_S)
                    patience.well()
                except Exception as failure:
                    if not passing(failure):
                        raise
                    log.warning("nothing can be decided for now: %s", type(failure).__name__)
                    if patience.wait():
                        return
                    continue
                timeout = _BUSY_S if read else _IDLE_S
                position = self._engine.follower.position
                if not read and position == self._planner.follower.position:
                    with self._done:
                        self._finished = position
                        self._done.notify_all()
            self._save()
        except BaseException as failure:  # store errors and lost leases: rules and plans that raise end nothing
            self._on_fatal(failure)

    def _save(self) -> None:
        try:
            self._engine.commit()
            self._planner.commit()
        except Exception as failure:
            if not passing(failure):
                raise
            log.warning("not saved, to be read again from the log: %s", type(failure).__name__)

    def settle(self, timeout_s: float = 60.0) -> None:
        """Return when everything in the log has been decided and planned. Raises TimeoutError."""
        with self._done:
            if not self._done.wait_for(self._is_settled, timeout_s):
                raise TimeoutError("engine and planner do not finish")

    def _is_settled(self) -> bool:
        """Whether the log ends where both readers are; what they decide themselves moves its end."""
        if self._stopping.is_set():
            return True
        with self._database.read() as db:
            target = head(db)
        if self._finished < target:
            self._engine.follower.wake()
        return self._finished >= target

    def stop(self) -> None:
        """Finish the batch in hand, save, and end."""
        self._stopping.set()
        self._engine.follower.wake()
        if self._thread.is_alive():
            self._thread.join(10)
        self._engine.follower.close()
        self._planner.follower.close()
