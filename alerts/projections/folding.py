"""The projections where several processes could fold them: whoever holds the lease folds, the others look on.

A rebuild after a changed shape is the holder's too, so that no other process drops tables under it.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial

from alerts.projections.projector import Listener, Projector
from alerts.projections.watching import Watching
from events import leases
from events.database import Database
from events.holding import LOOK_S, Holder
from events.passing import passing
from events.serial import Recorded

log = logging.getLogger("shouwang.projections")

LEASE = "projections"


class Folding:
    """Looks on until the lease is free, then folds; for those who ask it is the same."""

    def __init__(self, database: Database, holder: Holder, *, on_fatal: Callable[[BaseException], None]) -> None:
        """`on_fatal` is told why it ended."""
        self._database, self._holder, self._on_fatal = database, holder, on_fatal
        self._watching = Watching(database, on_fatal=on_fatal)
        self._projector: Projector | None = None
        self._listeners: list[Listener] = []
        self._stopping = threading.Event()
        self._watching.on_folded(self._tell)
        self._thread = threading.Thread(target=self._run, name="folding", daemon=True)

    @property
    def active(self) -> bool:
        """Do we fold?"""
        return self._projector is not None

    @property
    def position(self) -> int:
        """Everything up to here is folded and committed."""
        return self._projector.position if self._projector is not None else self._watching.position

    def on_folded(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(facts, position)` after each commit of folds. Returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wait_for(self, position: int, timeout_s: float) -> bool:
        """Whether everything up to `position` is folded, after waiting for it at most so long."""
        if self._projector is not None:
            return self._projector.wait_for(position, timeout_s)
        return self._watching.wait_for(position, timeout_s)

    def behind(self) -> int:
        """How many facts are not folded yet."""
        return self._watching.behind()

    def start(self) -> None:
        """Fold when nobody else does; else, or on a full disk, look on until then."""
        if not self._take_over_if_it_can_be():
            self._watching.start()
            self._thread.start()

    def stop(self) -> None:
        """What is folded is committed."""
        self._stopping.set()
        while self._thread.is_alive():
            self._holder.wake()
            self._thread.join(0.1)
        self._watching.stop()
        if self._projector is not None:
            self._projector.stop()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and not self._take_over_if_it_can_be():
                self._holder.wait(LOOK_S)
        except Exception as failure:
            log.critical("projections stopped: %s", failure, exc_info=True)
            self._on_fatal(failure)

    def _take_over_if_it_can_be(self) -> bool:
        try:
            return self._take_over()
        except Exception as failure:
            if not passing(failure):
                raise
            log.warning("projections wait: %s", type(failure).__name__)
            return False

    def _take_over(self) -> bool:
        """Take the lease, tell what the former holder folded last, and go on from there."""
        lease = self._holder.take(LEASE)
        if lease is None:
            return False
        self._watching.stop()
        while self._watching.step():
            pass
        check = partial(leases.check, lease=lease)
        projector = Projector(self._database, on_fatal=self._on_fatal, check=check)
        projector.on_folded(self._tell)
        projector.start()
        self._projector = projector
        return True

    def _tell(self, facts: list[Recorded], position: int) -> None:
        for listener in list(self._listeners):
            listener(facts, position)
