"""Each night a backup, made by a process of its own so that nothing waits for it; a night missed is made up for."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy.exc import OperationalError

from alerts.core.calendar import next_day_at
from events.database import Database, StorageFull
from events.types.fact import HOUR
from shouwang.operations.backing_up import last, note_failure

log = logging.getLogger("shouwang.nightly")

AT_HOUR: Final = 3
_AGAIN: Final = HOUR
_LOOK_S: Final = 60.0
_PROGRAM: Final = "from events.precedence import stand_back; stand_back(); from shouwang.cli import main; main()"

Run = Callable[[Path], int]
"""Makes one under this folder; returns the exit code."""


def due(made: int, failed: int, now: int) -> bool:
    """Is it time: the night after the last one has come, or an hour has passed since it failed? Microseconds UTC; 0: never."""
    if failed:
        return now >= failed + _AGAIN
    return now >= next_day_at(made, AT_HOUR)


class Nightly:
    """Looks each minute; the first time after the first minute, when the house has settled."""

    def __init__(self, database: Database, folder: Path, now: Callable[[], int], run: Run | None = None) -> None:
        self._database, self._folder, self._now = database, folder, now
        self._run_one = run or _in_a_process
        self._unnoted = 0
        """When one was made or failed and nobody could write that down; 0: it is written."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nightly", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """One that is being made is finished by its own process."""
        self._stopping.set()

    def look(self) -> bool:
        """Make one if it is time. Returns whether it was."""
        with self._database.read() as db:
            made, failed = last(db)
        if not due(made, max(failed, self._unnoted), self._now()):
            return False
        code = self._run_one(self._folder)
        with self._database.read() as db:
            said = last(db) != (made, failed)
        self._unnoted = 0 if said else self._now()
        if code and not said:  # it could not even say so itself
            note_failure(self._database, f"exit code {code}", at=self._now())
        log.log(logging.ERROR if code else logging.INFO, "the backup of the night: exit code %s", code)
        return True

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            try:
                self.look()
            except (OperationalError, OSError, StorageFull) as failure:
                log.warning("no backup was made: %s", type(failure).__name__)


def _in_a_process(folder: Path) -> int:
    return subprocess.run(  # noqa: S603  # ourselves
        [sys.executable, "-c", _PROGRAM, "backup", str(folder)], check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    ).returncode  # fmt: skip
