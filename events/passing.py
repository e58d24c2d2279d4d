"""Which failures of the storage pass by themselves: a full disk, a lock held by another, a server that restarts.

Whoever meets one waits and asks again, from what is in the database; any other failure ends the process.
"""

import sqlite3
import threading
import time
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError  # noqa: A004  # a pool's, not ours

from events.database import CommitUnclear, StorageFull
from events.keepers.sqlite_errors import BROKEN, PASSING, code_of

_STATES: Final = ("08", "53", "57", "40", "55P03", "25P03")
"""SQLSTATE: the connection, resources, the server going down or coming up, conflicts, locks, thrown out for standing."""
_FIRST_S, _LONGEST_S = 0.1, 2.0


def passing(failure: BaseException | None) -> bool:
    """Whether it is worth while to wait. What was asked is undone, or, after CommitUnclear, done or undone."""
    if failure is None:
        return False
    if isinstance(failure, StorageFull | CommitUnclear | TimeoutError):
        return True
    if isinstance(failure, sqlite3.Error) and (code := code_of(failure)) is not None:  # said to the driver itself
        return code in PASSING
    if isinstance(failure, DBAPIError) and (answer := _of_database(failure)) is not None:
        return answer
    return passing(failure.__cause__ or failure.__context__)  # a savepoint that was gone hides why it was gone


def _of_database(failure: DBAPIError) -> bool | None:
    code = code_of(failure)
    if code is not None:
        return code in PASSING and code not in BROKEN
    if hasattr(failure.orig, "sqlite_errorcode"):
        return None
    state = str(getattr(failure.orig, "sqlstate", None) or "")
    if not state:  # the server said nothing any more, or nobody answers there
        return failure.connection_invalidated or isinstance(failure, OperationalError | InterfaceError)
    return state.startswith(_STATES)


class Patience:
    """Waits longer each time, until something went well; `since` says from when on nothing did."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping, self._wait = stopping, _FIRST_S
        self.since: float | None = None

    def wait(self) -> bool:
        """Wait a little; True: we are to stop."""
        self.since = self.since or time.monotonic()
        wait, self._wait = self._wait, min(_LONGEST_S, self._wait * 2)
        return self._stopping.wait(wait)

    def well(self) -> None:
        """It went through."""
        self._wait, self.since = _FIRST_S, None
