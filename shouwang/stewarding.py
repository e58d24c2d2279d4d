"""The thread of the steward: where several processes share a database, whoever holds its lease does the work."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from alerts.steward import Steward
from events import leases
from events.database import Database
from events.holding import LOOK_S, Holder
from events.passing import Patience, passing
from shouwang.tripping import Tripping

log = logging.getLogger("shouwang.steward")

LEASE = "steward"
_IDLE_S = 0.25


class Stewarding:
    """Looks on until the lease is free, then works."""

    def __init__(
        self, database: Database, holder: Holder, now: Callable[[], int], *, on_fatal: Callable[[BaseException], None]
    ) -> None:
        """`on_fatal` is told why it ended."""
        self._database, self._holder, self._now, self._on_fatal = database, holder, now, on_fatal
        self._stopping, self._look = threading.Event(), threading.Event()
        self._steward: Steward | None = None
        self._tripping = Tripping(
            database, now, name="steward", zh="项日常检查出错", en="fault in the daily look at chains and tests"
        )
        self._thread = threading.Thread(target=self._run, name="steward", daemon=True)

    def start(self) -> None:
        """Begin to look on."""
        self._thread.start()

    def stop(self) -> None:
        """What is in hand is finished."""
        self._stopping.set()
        self._look.set()
        while self._thread.is_alive():
            self._holder.wake()
            self._thread.join(0.1)

    def settle(self, timeout_s: float = 60.0) -> None:
        """Return when nothing in the log waits for the steward. Raises TimeoutError."""
        until = time.monotonic() + timeout_s
        while not self._stopping.is_set():
            steward = self._steward
            if steward is not None and steward.settled:
                return
            if time.monotonic() > until:
                raise TimeoutError("the steward does not finish")
            self._look.set()
            time.sleep(0.001)

    def _run(self) -> None:
        try:
            patience = Patience(self._stopping)
            while not self._stopping.is_set():
                try:
                    self._work()
                    patience.well()
                except Exception as failure:
                    self._begin_again()
                    if not passing(failure):
                        self._tripping.over(failure, self._stopping)
                        continue
                    log.warning("the steward waits: %s", type(failure).__name__)
                    patience.wait()
        except BaseException as failure:  # a lost lease too: a new start reads what is true
            self._on_fatal(failure)
        finally:
            self._begin_again()

    def _work(self) -> None:
        if self._steward is None:
            lease = self._holder.take(LEASE)
            if lease is None:
                self._holder.wait(LOOK_S)
                return
            self._steward = Steward(self._database, self._now, check=partial(leases.check, lease=lease))
        self._look.clear()
        if not self._steward.step():
            self._look.wait(_IDLE_S)  # nobody waits for us: fewer looks, and none of them in an alarm's way

    def _begin_again(self) -> None:
        """What was in hand may be in the log, or not: the bookmark knows."""
        if self._steward is not None:
            self._steward.follower.close()
            self._steward = None
