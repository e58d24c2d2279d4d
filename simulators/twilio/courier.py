"""Does things later: one thread that watches the time, and a few that do the work."""

import heapq
import itertools
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition, Thread

log = logging.getLogger(__name__)


class Courier:
    """`later` may be called from any thread; what is still waiting when it closes is dropped."""

    def __init__(self, hands: int = 8) -> None:
        self._wake = Condition()
        self._waiting: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._closed = False
        self._hands = ThreadPoolExecutor(hands, thread_name_prefix="twilio-courier")
        self._watch = Thread(target=self._run, name="twilio-courier-watch", daemon=True)

    def start(self) -> None:
        """Begins to work; what was handed over before waits until here."""
        self._watch.start()

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        """Does the work after so many seconds."""
        with self._wake:
            heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._order), work))
            self._wake.notify_all()

    def pause(self, seconds: float) -> None:
        """Holds the work in hand for a moment, cut short by closing."""
        with self._wake:
            self._wake.wait_for(lambda: self._closed, seconds)

    def close(self) -> None:
        """Stops at once; work in hand may end."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._watch.is_alive():
            self._watch.join()
        self._hands.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            self._hands.submit(work).add_done_callback(_say_what_broke)

    def _next(self) -> Callable[[], object] | None:
        with self._wake:
            while not self._closed:
                pause = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._wake.wait(pause)
            return None


def _say_what_broke(done: Future[object]) -> None:
    if not done.cancelled() and (broke := done.exception()) is not None:
        log.error("work of the courier broke: %s", type(broke).__name__)
