"""Compares our time with the wall clock: a step is recorded, shown, and followed when it can hurt nobody."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Connection
from sqlalchemy import update as change
from sqlalchemy.exc import OperationalError

from alerts.timers import CAUGHT_UP, next_due
from events.database import CommitUnclear, Database, StorageFull
from events.store import New, append
from events.tables import marks
from events.types.fact import MINUTE, SECOND, Event
from events.types.system import ClockFollowed, ClockStepped
from shouwang.moment import now as wall_now
from shouwang.steady import SteadyClock, line_of, read_line, read_lines, write_line

log = logging.getLogger("shouwang.clock")

STEP = 2 * SECOND
"""Less is followed at once and not spoken of: no step of an alert may be more than this late."""
_SMALL = SECOND // 5
_SAMPLE = SECOND
_GLANCE_S = 0.2
"""The two clocks alone cost nothing: who has stood still for ten minutes need not wait for the next second."""
_STOOD = 3 * SECOND
"""So long between two samples nobody stays away who runs: the machine stood still."""
_BELIEVED = 10 * SECOND
_NEAR = 30 * MINUTE
"""Longer than any step, round or pre-alarm of classes 1 and 2 by the default terms."""


class ClockWatch:
    """`off` is how far the wall is ahead of us, microseconds; `stepped_at` and `by` tell of the last step, 0: none."""

    def __init__(
        self,
        database: Database,
        clock: SteadyClock,
        boot: str,
        *,
        wall: Callable[[], int] = wall_now,
        on_fatal: Callable[[BaseException], None],
    ) -> None:
        self._database, self._clock, self._boot, self._wall, self._on_fatal = database, clock, boot, wall, on_fatal
        self._line, self._off, self._at, self._by = line_of(boot), f"clock_off:{boot}", "clock_step_at", "clock_step_by"
        self._recall()
        self.off = 0
        self._row = clock.origin
        self._looked = self._noticed = clock.uptime()
        self._stood = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    @property
    def off_s(self) -> float:
        """How many seconds the wall is ahead of us; 0 where it is less than a step."""
        return _seconds(self.off) if abs(self.off) >= STEP else 0.0

    def start(self) -> None:
        """Begin to compare."""
        self._looked = self._clock.uptime()
        self._thread.start()

    def stop(self) -> None:
        """No more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _run(self) -> None:
        told = False
        while not self._stopping.wait(_GLANCE_S):
            try:
                if self.due():
                    self.look()
                    told = False
            except (OperationalError, StorageFull, CommitUnclear) as fault:  # as for all others: the next time
                if not told:  # five times a second it would be the only thing to read
                    log.warning("the clock cannot be compared: %s", fault)
                told = True
            except Exception as failure:
                self._on_fatal(failure)
                return

    def due(self) -> bool:
        """A look asks the database: each second, and at once where the clocks say what nobody knows yet."""
        up = self._clock.uptime()
        off = self._wall() - self._clock.origin - up
        return up - self._looked >= _SAMPLE or abs(off - self._known) >= STEP

    def look(self) -> None:
        """One comparison, and what follows from it. That the machine stood still is known until a look has gone through."""
        up, wall = self._clock.uptime(), self._wall()
        self._stood, self._looked = self._stood or up - self._looked >= _STOOD, up
        self._agree()
        self._compare(up, wall)
        self._stood = False

    def _compare(self, up: int, wall: int) -> None:
        now = self._clock.origin + up
        self.off = wall - now
        jump = self.off - self._known
        if abs(jump) >= STEP:
            log.warning("the machine's clock was set by %.3f s", jump / SECOND)
            self._noticed = up
            recording = self._recording(jump, now, wall)
            if jump > 0 and self._stood:  # our own stand explains it: that time has passed
                self._remember(jump, now)
                self._follow(jump, now, None, first=recording)
                return
            self._database.write(recording)
            self._remember(jump, now)
        if abs(self.off) >= STEP:
            if up - self._noticed >= _BELIEVED:
                self._follow(self.off, now, now + _NEAR)
        elif abs(self.off) >= _SMALL:
            self._follow(self.off, now, None)

    def _agree(self) -> None:
        """Another process on this machine may have moved the line."""
        row = self._recall()
        if row is not None and row != self._row:
            self._row = self._clock.origin = row

    def _recall(self) -> int | None:
        """What is on record of steps; returns the line."""
        with self._database.read() as db:
            said = read_lines(db, self._line, self._off, self._at, self._by)
        self._known, self.stepped_at, self.by = (said.get(name, 0) for name in (self._off, self._at, self._by))
        return said.get(self._line)

    def _recording(self, jump: int, now: int, wall: int) -> Callable[[Connection], None]:
        """What puts the step on record, unless another process of ours was first."""
        known = self._known

        def work(db: Connection) -> None:
            if (read_line(db, self._off) or 0) != known:
                return
            write_line(db, self._off, known + jump)
            write_line(db, self._at, now)
            write_line(db, self._by, jump)
            self._append(db, ClockStepped(by_s=_seconds(jump), before=now + known, after=wall), now)

        return work

    def _remember(self, jump: int, now: int) -> None:
        self._known, self.stepped_at, self.by = self._known + jump, now, jump

    def _follow(
        self, by: int, now: int, quiet_until: int | None, *, first: Callable[[Connection], None] = lambda _: None
    ) -> None:
        """Move towards the wall's time; with `quiet_until` only when no alert's timer rings before then.

        `first` goes in the same transaction: after a stand people have waited long enough.
        """
        row, left = self._row, self.off - by

        def work(db: Connection) -> bool:
            first(db)
            if quiet_until is not None and (due := next_due(db, mark=0)) is not None and due <= quiet_until:
                return False
            moved = change(marks).where(marks.c.name == self._line, marks.c.at == row).values(at=row + by)
            if not db.execute(moved).rowcount:
                return False
            write_line(db, self._off, left)
            if by < 0:  # what we hear from now on is not proved yet
                db.execute(change(marks).where(marks.c.name == CAUGHT_UP, marks.c.at > now + by).values(at=now + by))
            if abs(by) >= STEP:
                self._append(db, ClockFollowed(by_s=_seconds(by), before=now, after=now + by), now + by)
            return True

        if self._database.write(work):
            self._row = self._clock.origin = row + by
            self._known = self.off = left
            if abs(by) >= STEP:
                log.warning("our time follows by %.3f s", by / SECOND)

    def _append(self, db: Connection, event: Event, at: int) -> None:
        name = type(event).__name__
        append(db, [New("clock", "all", event, at, f"{name}-{self._boot}-{at}", 0)], recorded_at=at)


def _seconds(span: int) -> float:
    return round(span / SECOND, 3)
