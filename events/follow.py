"""A reader: it sees every fact of its lanes once and in order, wakes when something lands, and keeps a bookmark.

Facts that this process appended arrive through memory where their numbers follow on without a gap; whatever memory
misses (start, another process, overflow, a number that was given and not used) is read from the database. Positions
become visible in order, so whatever lies behind the last one read is all there is. Polling is the truth, a wake-up is
a hint, and only for who has something to read: four seats in one process would else be woken for each alarm of one.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator

from sqlalchemy import Connection, select

from events.database import Database
from events.lanes import ALL
from events.prepared import forget, upsert
from events.serial import UPGRADES, Recorded
from events.store import head, read
from events.tables import bookmarks, snapshots
from events.together import Part, together
from events.types.fact import Event

_MEMORY = 20_000
_POLL_S = 0.25
_STRIDE = 20_000
"""Positions looked through at once by a reader that hears only some types: a read transaction stays short."""


class Follower:
    """Reads on from `position`. One thread calls `next`; the bookmark is saved by its owner's transaction.

    `hears`: of what the database holds only these types are fetched. What memory hands over comes whole: it is there.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        lanes: Collection[int] | None = None,
        hears: Collection[type[Event]] | None = None,
    ) -> None:
        self.name, self.lanes, self._database = name, lanes, database
        self._hears = hears
        with database.read() as db:
            self.position = bookmark(db, name)
        self._handed: deque[Recorded] = deque()
        self._newest = 0
        self._look_at = 0.0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._hinted = False
        self._stops = (database.on_landed(self._hand), database.on_hint(self._hear))

    def _hand(self, landed: list[Recorded]) -> None:
        with self._lock:
            self._handed.extend(landed)
            self._newest = max(self._newest, landed[-1].position)
            while len(self._handed) > _MEMORY:
                self._handed.popleft()
        if any(
            self._is_ours(record) for record in landed
        ):  # what lies in lanes of others is passed over at the next look
            self._wake.set()

    def _is_ours(self, record: Recorded) -> bool:
        return self.lanes is None or record.lane in self.lanes or record.lane == ALL

    def _hear(self) -> None:
        """Another process has appended: look now."""
        self._hinted = True
        self._wake.set()

    def next(self, *, limit: int = 1000, timeout: float = _POLL_S) -> list[Recorded]:
        """What comes next, at most `limit`; waits up to `timeout` seconds, then an empty list.

        Whoever will not wait is answered from the database; whoever waits, from memory, with a look at the database
        every `_POLL_S`, and at once where memory missed something: a look costs as much as a hundred facts.
        """
        until = time.monotonic() + timeout
        while True:
            self._wake.clear()
            if batch := self._from_memory(limit):
                return batch
            now = time.monotonic()
            if timeout <= 0 or now >= self._look_at or self.position < self._newest or self._hinted:
                self._hinted = False
                if batch := self._from_database(limit):
                    return batch
                self._look_at = now + _POLL_S
            left = min(until, self._look_at) - now
            if until <= now:
                return []
            self._wake.wait(left)

    def _from_memory(self, limit: int) -> list[Recorded]:
        batch: list[Recorded] = []
        with self._lock:
            while self._handed and self._handed[0].position <= self.position:
                self._handed.popleft()
            while self._handed and len(batch) < limit and self._handed[0].position == self.position + 1:
                record = self._handed.popleft()
                self.position = record.position
                if self._is_ours(record):
                    batch.append(record)
        return batch

    def _from_database(self, limit: int) -> list[Recorded]:
        if self._hears is not None:  # also what was recorded under an older name: what it is today shows on reading
            return self._of_some_types([*(cls.__name__ for cls in self._hears), *UPGRADES], limit)
        with self._database.read() as db:
            end = self.position if self.lanes is None else head(db)
            batch = read(db, self.position, limit=limit, lanes=self.lanes)
        if batch:
            self.position = batch[-1].position
        if len(batch) < limit:  # what lies between here and the end belongs to lanes of others
            self.position = max(self.position, end)
        return batch

    def _of_some_types(self, types: list[str], limit: int) -> list[Recorded]:
        """Stride by stride, until something is heard or the log ends."""
        while True:
            with self._database.read() as db:
                upto = min(head(db), self.position + _STRIDE)
                if upto <= self.position:
                    return []
                batch = read(db, self.position, limit=limit, lanes=self.lanes, types=types, upto=upto)
            self.position = batch[-1].position if len(batch) == limit else upto
            if batch:
                return batch

    def wake(self) -> None:
        """End the current wait."""
        self._wake.set()

    def behind(self) -> int:
        """How many positions lie between here and the head of the log."""
        with self._database.read() as db:
            return max(0, head(db) - self.position)

    def close(self) -> None:
        """Hear no more."""
        for stop in self._stops:
            stop()


def bookmark(db: Connection, reader: str) -> int:
    """Where this reader stands, 0 when it never read."""
    return int(db.execute(select(bookmarks.c.position).where(bookmarks.c.reader == reader)).scalar() or 0)


def save_bookmark(db: Connection, reader: str, position: int) -> None:
    """Move the bookmark, within the transaction that holds what was decided from it."""
    together(db, [bookmark_at(reader, position)])


def bookmark_at(reader: str, position: int) -> Part:
    """The bookmark moved, to be written together with others."""
    return _SAVE_BOOKMARK, [{"reader": reader, "position": position}]


def pass_on(database: Database, reader: str, position: int, check: Callable[[Connection], None]) -> None:
    """Move the bookmark where nothing was decided. `check` raises when the reader is not ours any more."""

    def work(db: Connection) -> None:
        check(db)
        save_bookmark(db, reader, position)

    database.write(work)


def save_snapshots(db: Connection, reader: str, states: dict[str, bytes | None]) -> None:
    """Write the states of the owners touched, hundreds in one statement; None forgets one."""
    together(db, snapshots_of(reader, states))


def snapshots_of(reader: str, states: dict[str, bytes | None]) -> list[Part]:
    """The states of these owners, to be written together with others."""
    kept = [{"reader": reader, "owner": o, "state": state} for o, state in states.items() if state is not None]
    gone = [{"reader": reader, "owner": o} for o, state in states.items() if state is None]
    return [(_SAVE_SNAPSHOT, kept), (_FORGET_SNAPSHOT, gone)]


def load_snapshots(db: Connection, reader: str) -> Iterator[tuple[str, bytes]]:
    """Every owner's state as of the bookmark."""
    for row in db.execute(select(snapshots.c.owner, snapshots.c.state).where(snapshots.c.reader == reader)):
        yield row.owner, row.state


_SAVE_BOOKMARK = upsert(bookmarks)
_SAVE_SNAPSHOT = upsert(snapshots)
_FORGET_SNAPSHOT = forget(snapshots)
