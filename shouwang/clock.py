"""A clock that what arrives drives (`--clock facts`, for recordings)."""

import threading
from collections.abc import Callable

from sqlalchemy import Connection

from alerts.timers import next_due, ring
from events.database import Database
from events.types.fact import MINUTE
from ingest.caught_up import move_mark

_LONGEST_BATCH = MINUTE
"""No timer of the default terms is shorter, so none can come due within the batch of facts that set it."""


class DrivenClock:
    """Stands still until it is moved; never moves back. Microseconds UTC."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._lock = threading.Lock()

    def now(self) -> int:
        """What time it is in the recording."""
        return self._at

    def move_to(self, at: int) -> None:
        """Move on."""
        with self._lock:
            self._at = max(self._at, at)


class FactsGate:
    """Lets facts pass in order and rings every timer that is due between two of them, before the later one.

    `settle` returns when engine and planner have finished everything that is in the log.
    """

    def __init__(self, database: Database, clock: DrivenClock, settle: Callable[[], None]) -> None:
        self._database, self._clock, self._settle = database, clock, settle
        self._cut_at = 0

    def needs_cut(self, t: int) -> bool:
        """Must what came before be decided before the clock moves to `t`?"""
        return t >= self._cut_at

    def advance(self, t: int) -> None:
        """Move the clock to `t`. What lies before is committed; at a cut its timers ring one after another, decided."""
        if t < self._cut_at:
            self._clock.move_to(t)
            return
        while True:
            self._settle()
            with self._database.read() as db:
                due = next_due(db)
            if due is None or due > t:
                break
            self._clock.move_to(due)
            self._database.write(self._ring)
        self._clock.move_to(t)
        self._cut_at = min(t + _LONGEST_BATCH, due) if due is not None else t + _LONGEST_BATCH

    def _ring(self, db: Connection) -> None:
        now = self._clock.now()
        move_mark(db, now)
        ring(db, now)
