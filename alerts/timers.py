"""Timers: rows that ring once. The only room that uses APScheduler, and only to tick.

A timer rings in one transaction: its row, locked as it was read, goes, and the fact `DeadlinePassed` comes; so neither a
crash nor a second poller makes it ring twice. Timers that judge silence wait until ingest has heard everything up to their due.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import NamedTuple

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    SmallInteger,
    Table,
    Text,
    bindparam,
    func,
    select,
)

from events.database import Database
from events.failpoints import failpoint
from events.passing import passing
from events.prepared import forget, upsert
from events.store import New, append
from events.tables import marks, metadata
from events.together import Part, together
from events.types.system import DeadlinePassed
from events.worded import Question

log = logging.getLogger("shouwang.timers")

timers = Table(
    "timers",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("timer", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("waits", SmallInteger, nullable=False),
)
Index("timers_due", timers.c.waits, timers.c.due)

CAUGHT_UP = "caught_up"
"""The mark up to which ingest has proved that it heard everything."""

TICK_S = 0.1
_AWAY_S = 0.5
_JOB = "ring"
_AT_ONCE = 200


class Timer(NamedTuple):
    """When something is due for an owner; `waits`: only once everything up to then was heard. `due` None: no more."""

    site: str
    due: int | None
    waits: bool


def set_timers(db: Connection, wanted: Mapping[tuple[str, str], Timer]) -> None:
    """Write what has changed, within the transaction of what was decided."""
    together(db, timers_of(wanted))


def timers_of(wanted: Mapping[tuple[str, str], Timer]) -> list[Part]:
    """What has changed, to be written together with others."""
    parts: list[Part] = []
    in_order = sorted(wanted.items())  # whoever takes several rows takes them in this order
    for gone, some in groupby(in_order, key=lambda each: each[1].due is None):
        rows = [
            {"owner": owner, "timer": name, "site": timer.site, "due": timer.due, "waits": int(timer.waits)}
            for (owner, name), timer in some
        ]
        parts.append((_FORGET if gone else _SET, rows))
    return parts


_SET = upsert(timers, keeps=["site"])
_FORGET = forget(timers)


# Each kind by itself: only so both databases go straight to the few that are due, however many lie in the future.
_EARLIEST = Question(
    select(*(select(func.min(timers.c.due)).where(timers.c.waits == kind).scalar_subquery() for kind in (0, 1)))
)
# Locked where there is more than one writer: of two who ring one rings it, and none waits.
_DUE = (
    select(timers)
    .where(timers.c.waits == bindparam("waits"), timers.c.due <= bindparam("upto"))
    .order_by(timers.c.due, timers.c.owner, timers.c.timer)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def mark_of(db: Connection) -> int:
    """Up to when ingest has heard everything, microseconds; 0: never."""
    return int(_MARK.one(db) or 0)


_MARK = Question(select(marks.c.at).where(marks.c.name == CAUGHT_UP))


def next_due(db: Connection, *, mark: int | None = None) -> int | None:
    """The earliest moment at which a timer may ring. `mark`: silence is judged up to there, None: without limit."""
    at_once, waiting = _EARLIEST.rows(db)[0]
    if waiting is not None and mark is not None and waiting > mark:
        waiting = None
    return min((int(due) for due in (at_once, waiting) if due is not None), default=None)


def ring(db: Connection, now: int) -> int:
    """Ring what is due: each row goes and its DeadlinePassed comes, together. Returns how many rang.

    Steps of alerts first: after a standstill thousands of timers of silence may be due before them.
    """
    mark = mark_of(db)
    due = [*db.execute(_DUE, {"waits": 0, "upto": now, "most": _AT_ONCE})]
    due += db.execute(_DUE, {"waits": 1, "upto": min(now, mark), "most": _AT_ONCE - len(due)})
    _FORGET.run(db, [{"owner": row.owner, "timer": row.timer} for row in due])
    news: list[New] = []
    for row in due:
        fact = DeadlinePassed(owner=row.owner, site=row.site, timer=row.timer, due=row.due)
        key = f"{row.timer}-{row.due}-{now}"
        news.append(New(f"timer-{row.owner}", row.site, fact, now, key=key))
    failpoint("timers.in_commit")
    append(db, news, recorded_at=now)
    return len(news)


class Poller:
    """Looks every tenth of a second for what is due. APScheduler ticks, the rows decide.

    It plans its next tick by the wall clock, so that it sleeps for an hour when that is set back by one (measured with
    3.11.3: a step of class 1 stayed away). A watch that waits by the machine's uptime has it plan anew whenever ticks
    stay away.
    """

    def __init__(
        self, database: Database, now: Callable[[], int], *, on_fatal: Callable[[BaseException], None]
    ) -> None:
        self._database, self._now, self._on_fatal = database, now, on_fatal
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._ticked = 0.0
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._see_that_it_ticks, name="timers-watch", daemon=True)

    def start(self) -> None:
        """Begin to tick."""
        self._ticked = time.monotonic()
        self._scheduler.add_job(
            self.tick, "interval", seconds=TICK_S, id=_JOB, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()
        self._watch.start()

    def _see_that_it_ticks(self) -> None:
        while not self._stopping.wait(_AWAY_S):
            if time.monotonic() - self._ticked > _AWAY_S:
                self._scheduler.reschedule_job(_JOB, trigger="interval", seconds=TICK_S)

    def tick(self) -> int:
        """Ring what is due now; a write only where something is."""
        self._ticked = time.monotonic()
        try:
            now = self._now()
            with self._database.read() as db:
                due = next_due(db, mark=mark_of(db))
            if due is None or due > now:
                return 0
            failpoint("timers.due")
            rang = self._database.write(lambda db: ring(db, self._now()))  # not `now`: we may have slept since
            failpoint("timers.rung")
        except Exception as failure:  # a dead timer thread must end the process
            if passing(failure):  # what is due is still there, or its deadline is in the log: the next tick sees which
                log.warning("nothing can ring for now: %s", type(failure).__name__)
                return 0
            log.exception("timers failed")
            self._on_fatal(failure)
            return 0
        return rang

    def stop(self) -> None:
        """Stop ticking; a tick in hand is finished."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join(10)
        self._scheduler.shutdown(wait=True)
