"""A fault of ours in work that can wait: the night's look at chains, what is learned of homes. It ends nothing.

Alarms are judged and told without it, and a process that ends itself over it would only meet it again. So it is logged,
the administrators hear of it once an hour, and it is tried again after a while. Storage, leases and armed faults are not
ours to judge: whoever raises them ends as before.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from alerts.auditing.finding import Finding
from alerts.auditing.paging import page
from events.database import Database
from events.failpoints import FailPointReached
from events.leases import Fenced

_AGAIN_S: Final = 60.0
_NOT_OURS: Final = (Fenced, SQLAlchemyError, FailPointReached, OSError)
log = logging.getLogger("shouwang.service")


class Tripping:
    """For one part of the service, named as the administrators read it."""

    def __init__(self, database: Database, now: Callable[[], int], *, name: str, zh: str, en: str) -> None:
        self._database, self._now = database, now
        self._finding = Finding(f"{name}_trips", f"1 {zh}", f"1 {en}", grave=False)

    def over(self, failure: Exception, stopping: threading.Event) -> None:
        """Say it and wait. Raises the failure where it is none of ours."""
        if isinstance(failure, _NOT_OURS):
            raise failure
        log.error("%s: %s", self._finding.en, type(failure).__name__, exc_info=failure)
        try:
            page(self._database, [self._finding], self._now())
        except SQLAlchemyError:
            log.warning("nor could the administrators be told")
        stopping.wait(_AGAIN_S)
