"""The audit of a live service: follows the log from where it looked last, a bounded piece each minute, and reads only."""

import time
from collections.abc import Callable

from sqlalchemy import Connection, select

from alerts.auditing.finding import Finding, Report
from alerts.auditing.following import Owed, positions_missing
from alerts.auditing.queues import Protection, queues, unplanned
from alerts.auditing.sampling import Samples, whole
from events.database import Database
from events.serial import Recorded
from events.store import head, read
from events.tables import bookmarks
from events.types.fact import MINUTE

_PAGE = 1000
_AT_START = 20_000
"""So many of the latest facts are looked at first; what lies before is a matter for `--full`."""
_SECONDS = 5.0
"""For following, each time: a look must not be felt by those who decide."""


class Auditor:
    """Only one thread may call it."""

    def __init__(self, database: Database, now: Callable[[], int], *, full: bool = False) -> None:
        """`full`: from the first fact on, and every row of every projection."""
        self._database, self._now, self._full = database, now, full
        self._owed, self._samples, self._protection = Owed(), Samples(), Protection()
        with database.read() as db:
            self._position = 0 if full else max(0, head(db) - _AT_START)

    def look(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Report:
        """Once. What is late now is reported each time until it is mended."""
        began, at = time.monotonic(), self._now()
        facts = 0
        findings: list[Finding] = []
        latest: list[Recorded] = []
        while True:
            with self._database.read() as db:
                page = read(db, self._position, limit=_PAGE)
                if not page:
                    break
                findings += self._owed.take(db, page, at)
                findings += positions_missing(db, self._position, page)
                end = head(db)
            facts += len(page)
            self._position = page[-1].position
            latest = [] if self._full else [*latest, *page]
            progress(self._position, end)
            if not self._full and time.monotonic() >= began + _SECONDS:
                break
        with self._database.read() as db:
            end = head(db)
            findings += queues(db, at)
            # What lies beyond may hold the answer: as long as we are behind, it is late by what we have read.
            read_at = latest[-1].recorded_at if latest and end > self._position else at
            findings += self._owed.late(db, read_at, decided=_decided(db))
            findings += unplanned(db, since=0 if self._full else at - 10 * MINUTE)
            findings += self._protection.look(db, at)
            if not self._full:
                findings += self._samples.look(db, latest)
            behind = max(0, end - self._position)
        if self._full:
            findings += whole(self._database, progress)
        return Report(at, self._position, behind, facts, time.monotonic() - began, findings)


def _decided(db: Connection) -> int:
    """Up to where every engine and planner has come."""
    rows = db.execute(select(bookmarks)).all()
    deciding = [row.position for row in rows if row.reader.partition(".")[0] in {"engine", "planner"}]
    return min(deciding, default=0)
