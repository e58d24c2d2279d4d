"""A door of which one is open and others stand by: it opens when the lease is ours, and reads what is known only then.

The broker gives a message to whoever comes last under our name, which fences nobody: what a frozen predecessor still
has in hand is refused by the token of the lease, in the transaction that would record it.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from events import leases
from events.database import Database
from events.holding import LOOK_S, Holder
from events.leases import Lease
from events.passing import passing
from ingest.inbox import Inbox
from ingest.service import Ingest, Stats

log = logging.getLogger("shouwang.ingest")

LEASE = "ingest"
_STANDING_BY = Stats(
    active=False, connected=False, catching_up=False, caught_up_at=0, storage_full=False, waits_s=0.0, queued=0, messages=0, facts=0,
    repeated=0, quarantined=0, batches=0, last_received_at=0,
)  # fmt: skip


class Opens(Protocol):
    """Makes the door; it is not started."""

    def __call__(self, *, check: Callable[[Connection], None], may_connect: Callable[[], bool], inbox: Inbox) -> Ingest:
        """All three as the door wants them."""


class Standby:
    """Waits for the lease in a thread of its own; from then on it is the door."""

    def __init__(
        self, database: Database, holder: Holder, opens: Opens, *, on_fatal: Callable[[BaseException], None]
    ) -> None:
        self._database, self._holder, self._opens, self._on_fatal = database, holder, opens, on_fatal
        self.inbox = Inbox()
        self._door: Ingest | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="standby", daemon=True)

    def start(self) -> None:
        """Open, or stand by."""
        self._thread.start()

    def stop(self) -> None:
        """As the door does. The lease is the holder's to give back: by then the line has said goodbye."""
        self._stopping.set()
        while self._thread.is_alive():
            self._holder.wake()
            self._thread.join(0.1)
        if self._door is not None:
            self._door.stop()

    def stats(self) -> Stats:
        """How the door is; standing by, it is neither connected nor behind."""
        return _STANDING_BY if self._door is None else self._door.stats()

    def _run(self) -> None:
        lease: Lease | None = None
        try:
            while not self._stopping.is_set():
                try:
                    lease = lease or self._holder.take(LEASE)
                    if lease is not None:
                        self._open(lease)
                        return
                except Exception as failure:
                    if not passing(failure):
                        raise
                    log.warning("the door stays shut for now: %s", type(failure).__name__)
                self._holder.wait(LOOK_S)
        except BaseException as failure:
            self._on_fatal(failure)

    def _open(self, lease: Lease) -> None:
        door = self._opens(
            check=partial(leases.check, lease=lease), may_connect=partial(self._is_ours, lease), inbox=self.inbox
        )
        door.start()
        self._door = door
        log.info("the door is ours")

    def _is_ours(self, lease: Lease) -> bool:
        """Raises Fenced. Where the database does not answer nobody knows, and nothing could be recorded anyway."""
        try:
            with self._database.read() as db:
                leases.confirm(db, lease)
        except Exception as failure:
            if not passing(failure):
                raise
            return False
        return True
