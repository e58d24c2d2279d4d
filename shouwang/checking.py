"""The house looks after itself: once a minute, in a thread of its own, what must be true is checked."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import OperationalError

from alerts.auditing.auditor import Auditor
from alerts.auditing.finding import Report
from events.database import Database

log = logging.getLogger("shouwang.checking")

EVERY_S = 60.0


class Checking:
    """`state` is for /health; `ok` False once something grave was found, until a later look finds it mended."""

    def __init__(self, database: Database, now: Callable[[], int], *, every_s: float = EVERY_S) -> None:
        self._database, self._now, self._every_s = database, now, every_s
        self._report: Report | None = None
        self._failure = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checking", daemon=True)

    def start(self) -> None:
        """The first look comes after a minute, when what was left undone before the start is done."""
        self._thread.start()

    def stop(self) -> None:
        """A look that has begun is finished."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    @property
    def ok(self) -> bool:
        """Was nothing grave found?"""
        return self._report is None or self._report.ok

    def state(self) -> dict[str, Any]:
        """When it last looked and what it found; None: not yet."""
        said = None if self._report is None else self._report.plain()
        return {"check": said} | ({"check_failed": self._failure} if self._failure else {})

    def _run(self) -> None:
        auditor: Auditor | None = None
        while not self._stopping.wait(self._every_s):
            try:
                auditor = auditor or Auditor(self._database, self._now)
                self._report, self._failure = auditor.look(), ""
            except OperationalError as busy:  # others notice a database that does not answer; we look again in a minute
                self._failure = type(busy.orig).__name__
                log.warning("the check could not be made: %s", self._failure)
            except Exception as failure:  # looking may not end what it looks at
                self._failure = type(failure).__name__
                log.exception("the check failed")
            else:
                for each in self._report.findings:
                    log.log(
                        logging.ERROR if each.grave else logging.INFO, "%s %s %s", each.name, each.en, each.positions
                    )
