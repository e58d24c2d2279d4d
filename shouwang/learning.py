"""The thread of the learner: at work after midnight, and otherwise looking every few seconds whether a day is over."""

import logging
import threading
from collections.abc import Callable

from alerts.learning import Learner
from events.passing import Patience, passing
from shouwang.tripping import Tripping

log = logging.getLogger("shouwang.learning")

_LOOK_S = 5.0


class Learning:
    """Runs one learner; `settle` has it finish what there is."""

    def __init__(self, learner: Learner, *, tripping: Tripping, on_fatal: Callable[[BaseException], None]) -> None:
        self._learner, self._tripping, self._on_fatal = learner, tripping, on_fatal
        self._at_work = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="learning", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def settle(self) -> int:
        """Learn from every page that is in the log now, in the caller's thread; how many there were."""
        count = 0
        with self._at_work:
            while not self._stopping.is_set() and (read := self._learner.step()):
                count += read
        return count

    def _run(self) -> None:
        patience = Patience(self._stopping)
        try:
            while not self._stopping.wait(_LOOK_S):
                try:
                    if patience.since is not None:
                        self._learner.begin_again()
                    self.settle()
                    patience.well()
                except Exception as failure:
                    if not passing(failure):
                        self._tripping.over(failure, self._stopping)
                        self._learner.begin_again()
                        continue
                    log.warning("nothing can be learned for now: %s", type(failure).__name__)
                    patience.wait()
        except BaseException as failure:
            self._on_fatal(failure)

    def stop(self) -> None:
        """What is in hand is finished."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)
