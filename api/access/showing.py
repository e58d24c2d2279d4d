"""Personal data are shown when somebody asks for them, and that they were is recorded: once in ten minutes for each card."""

import threading
from typing import Final

from api.access.audit import note_down
from api.access.who import Who
from events.database import Database
from events.types.fact import MINUTE

_AGAIN_AFTER: Final = 10 * MINUTE
_REMEMBERED: Final = 10_000


class Showing:
    """A page that refreshes itself shows the same card again and again: one showing, one entry."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._noted: dict[tuple[str, str, str], int] = {}

    def of(self, who: Who, what: str, ref: str, now: int) -> None:
        """They see names and phones of this card now; the entry is on disk when this returns."""
        key = (who.session or who.id, what, ref)
        with self._lock:
            if now < self._noted.get(key, 0) + _AGAIN_AFTER:
                return
        note_down(self._database, at=now, who=who.id, what=f"shown: {what}", ref=ref)
        with self._lock:
            if len(self._noted) > _REMEMBERED:
                self._noted.clear()
            self._noted[key] = now
