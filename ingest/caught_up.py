"""Proof that we hear: connected, all that was kept for us has arrived, and up to which moment nothing is missing."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, select, update

from events.failpoints import failpoint
from events.store import New, append
from events.tables import marks
from events.types.system import IngestCaughtUp, IngestDisconnected
from ingest.inbox import Connected, Disconnected, Marker

MARK = "caught_up"
STREAM = "ingest"
_WAYS = 3

Write = Callable[[Callable[[Connection], object]], object]


def read_mark(db: Connection) -> int | None:
    """Up to this moment we have heard everything; None: we never did."""
    found = db.execute(select(marks.c.at).where(marks.c.name == MARK)).scalar()
    return None if found is None else int(found)


def move_mark(db: Connection, at: int) -> None:
    """Everything up to `at` has been heard and is committed. Never moves back."""
    if db.execute(update(marks).where(marks.c.name == MARK, marks.c.at < at).values(at=at)).rowcount:
        return
    if read_mark(db) is None:
        db.execute(insert(marks).values(name=MARK, at=at))


class CaughtUp:
    """Belongs to the intake's thread, which hands it each arrival behind all that came before it and is committed.

    With `moves_mark` False somebody else moves the mark: the owner of a driven clock.
    """

    def __init__(self, mark: int | None, *, moves_mark: bool = True) -> None:
        self.mark = mark
        self.catching_up = True
        self.connected = False
        self._moves_mark = moves_mark
        self._complete = True
        self._generation = 0
        self._back: dict[int, set[str]] = {}

    @property
    def gap_start(self) -> int | None:
        """While catching up: since when we were deaf, where that is known."""
        return self.mark if self.catching_up else None

    def connect(self, what: Connected) -> None:
        """A new connection: what the broker kept for us comes now."""
        self.connected, self.catching_up = True, True
        self._generation, self._complete = what.generation, what.resumed
        self._back.clear()

    def disconnect(self, what: Disconnected, write: Write) -> None:
        """From here on we may not hear."""
        self.connected, self.catching_up = False, True
        fact = New(STREAM, "all", IngestDisconnected(why=what.why[:200]), what.at, f"disconnected-{what.at}", 0)
        write(lambda db: append(db, [fact], recorded_at=what.at))

    def back(self, marker: Marker, write: Write, now: int) -> bool:
        """One of our markers came back; True when it was the last of the round that proves us caught up anew.

        `at` of what is recorded is when it left: so far we have heard. That it has come back shows at `now`, behind all
        that had to be read first, which may take minutes: from then on devices see that somebody listens.
        """
        if not marker.round or marker.generation != self._generation:
            return False
        ways = self._back.setdefault(marker.round, set())
        ways.add(marker.tail)
        if len(ways) < _WAYS or not marker.settled:
            return False
        for round_ in [each for each in self._back if each <= marker.round]:
            del self._back[round_]
        failpoint("ingest.catching_up")
        first = self.catching_up
        since, at = self.mark if self.mark is not None else marker.published_at, marker.published_at
        fact = New(STREAM, "all", IngestCaughtUp(since=since, complete=self._complete), at, f"caught-up-{at}", 0)

        def record(db: Connection) -> None:
            if self._moves_mark:
                move_mark(db, at)
            if first:
                append(db, [fact], recorded_at=max(at, now))

        if first or self._moves_mark:
            write(record)
        self.mark, self.catching_up = max(since, at), False
        return first
