"""The house looks after itself, in a thread of its own: open alerts every 30 s, all that must be true every minute.

While all is well a heartbeat moves; a watchdog elsewhere sees when it stands still.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import OperationalError

from alerts.auditing.auditor import Auditor
from alerts.auditing.finding import Finding, Report
from alerts.auditing.left import record
from alerts.auditing.paging import page
from alerts.auditing.promises import Promises
from events.database import Database
from events.tables import marks

log = logging.getLogger("shouwang.checking")

EVERY_S = 30.0
_WHOLE_EACH = 2
"""Every so many looks at open alerts the rest is looked at too."""
_BEAT = "heartbeat"


def heartbeat(database: Database) -> int:
    """When all was last found well, by whichever process looks; 0: never."""
    with database.read() as db:
        return int(db.execute(select(marks.c.at).where(marks.c.name == _BEAT)).scalar() or 0)


class Checking:
    """`state` is for /health; `ok` False once something grave was found, until a later look finds it mended."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int],
        *,
        every_s: float = EVERY_S,
        check: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """`check` is asked in each transaction: who was frozen and counts as dead says nothing of how things are."""
        self._database, self._now, self._every_s, self._check = database, now, every_s, check
        self._report: Report | None = None
        self._promises: list[Finding] = []
        self._looked_at = self._beat_at = self._open = 0
        self._failure = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checking", daemon=True)

    def start(self) -> None:
        """The first look comes after half a minute, when what was left undone before the start is done."""
        self._thread.start()

    def stop(self) -> None:
        """A look that has begun is finished."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    @property
    def ok(self) -> bool:
        """Was nothing grave found?"""
        return (self._report is None or self._report.ok) and not any(each.grave for each in self._promises)

    def state(self) -> dict[str, Any]:
        """When it last looked and what it found; None: not yet."""
        said = None if self._report is None else self._report.plain()
        audit = {"at": self._looked_at, "open": self._open, "found": [each.plain() for each in self._promises]}
        failed = {"check_failed": self._failure} if self._failure else {}
        return {"check": said, "audit": audit if self._looked_at else None, "heartbeat_at": self._beat_at} | failed

    def _run(self) -> None:
        promises: Promises | None = None
        auditor: Auditor | None = None
        looks = 0
        while not self._stopping.wait(self._every_s):
            looks += 1
            try:
                promises = promises or Promises(self._database)
                self.look(promises)
                if looks % _WHOLE_EACH == 0:
                    auditor = auditor or Auditor(self._database, self._now)
                    self._report = auditor.look()
                    _say(self._report.findings)
                self._failure = ""
                if self.ok:
                    self._beat()
            except OperationalError as busy:  # others notice a database that does not answer; we look again soon
                self._failure = type(busy.orig).__name__
                log.warning("the check could not be made: %s", self._failure)
            except Exception as failure:  # looking may not end what it looks at
                self._failure, promises = type(failure).__name__, None
                log.exception("the check failed")

    def look(self, promises: Promises) -> None:
        """At the open alerts, once; what is broken is recorded and told."""
        at = self._now()
        self._promises = promises.look(at)
        self._open, self._looked_at = promises.open, at
        _say(self._promises)
        record(self._database, promises.exhausted, at, check=self._check)
        page(self._database, self._promises, at, check=self._check)

    def _beat(self) -> None:
        at = self._now()

        def work(db: Connection) -> None:
            self._check(db)
            db.execute(delete(marks).where(marks.c.name == _BEAT))
            db.execute(insert(marks).values(name=_BEAT, at=at))

        self._database.write(work)
        self._beat_at = at


def _say(findings: Sequence[Finding]) -> None:
    for each in findings:
        log.log(logging.ERROR if each.grave else logging.INFO, "%s %s %s", each.name, each.en, each.positions)
