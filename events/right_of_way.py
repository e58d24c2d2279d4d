"""Right of way: while an alarm is on its way through this process, threads whose work can wait do not begin with it.

All threads share one interpreter and one writer. An alarm passes both a dozen times between the socket and the provider, and
finds them taken by reports that nobody waits for. Which alarm is meant does not matter, and nothing is decided by it: whoever
gives way does so for milliseconds, and then does what he would have done.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

_STAGE_S: Final = 0.02
"""From one sign of an alarm to its next. Nobody says when it has gone: another may be behind it."""
_EARNED: Final = 0.5
"""For each second between alarms so much may be given: a third of all time, however many there are, for reports may be alarms too."""
_MOST_S: Final = 0.1
"""Given at most at once, after a time without alarms."""


class RightOfWay:
    """Any thread may call any of it. Seconds are those of `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._free = True
        self._began = self._until = 0.0
        self._saved, self._saved_at = _MOST_S, clock()

    @property
    def taken(self) -> bool:
        """An alarm is on its way, and there is time left to give."""
        return self.left_s() > 0

    def begins(self) -> None:
        """An alarm has come, or passes its next stage."""
        with self._lock:
            now = self._clock()
            self._left_s(now)  # perhaps nobody has asked since the last one had gone
            if self._free:
                self._saved = min(_MOST_S, self._saved + (now - self._saved_at) * _EARNED)
                self._began = self._saved_at = now
                self._free = self._saved < _STAGE_S
            self._until = now + _STAGE_S

    def goes_on(self) -> None:
        """If one is on its way, it passes its next stage."""
        if self.taken:
            self.begins()

    def give(self) -> None:
        """Wait while an alarm passes."""
        while (left := self.left_s()) > 0:
            time.sleep(left)

    def left_s(self) -> float:
        """So long one would have to wait, as it looks now; 0: the way is free."""
        if self._free:  # nearly always
            return 0.0
        with self._lock:
            return self._left_s(self._clock())

    def _left_s(self, now: float) -> float:
        if self._free:
            return 0.0
        over_at = min(self._until, self._began + self._saved)
        if over_at <= now:
            self._saved -= over_at - self._began
            self._free, self._saved_at = True, over_at
        return max(0.0, over_at - now)


WAY: Final = RightOfWay()
"""Of this process."""
