"""The engine: reads the log by site, knows each home, and turns facts into alerts and requests to tell people.

The facts it decided, its bookmark and the state of the homes it touched commit in one transaction. When somebody else
decided on the same alert first, it forgets, reads on and decides again.
"""

import logging
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from alerts.books import Books
from alerts.core.policy import Policy
from alerts.core.roster import Roster
from alerts.decisions import Decisions
from alerts.homes import Homes
from alerts.judging import Judging
from alerts.seats import ENGINE, POLICY, ROSTER, WHOLE, Seat
from alerts.stumbling import pass_over
from alerts.taking import Taking
from alerts.timers import set_timers
from events.database import Database
from events.failpoints import failpoint
from events.follow import Follower, bookmark, load_snapshots, save_bookmark, save_snapshots
from events.right_of_way import WAY
from events.store import VersionConflict, append, read_stream
from events.types.fact import SECOND

READER = ENGINE
log = logging.getLogger("shouwang.engine")

_SAVE_EVERY_FACTS = 100_000
_SAVE_EVERY = SECOND
_SAVE_EVERY_BEHIND = 5 * SECOND
"""With far to read: every home is touched again and again, and to save them costs a tenth of the reading."""

_pack = msgspec.msgpack.Encoder().encode
_unpack_policy = msgspec.msgpack.Decoder(Policy).decode
_unpack_roster = msgspec.msgpack.Decoder(Roster).decode


class Engine(Taking):
    """One reader of the lanes of a seat. Only one thread may call it."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int],
        *,
        seat: Seat = WHOLE,
        check: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """`check` is asked in every transaction whether the seat is still ours; it raises when it is not."""
        self._database, self._now, self.seat, self._check = database, now, seat, check
        self._reader = seat.reader(READER)
        self.follower = Follower(database, self._reader, lanes=seat.lanes)
        self._conflicting: set[str] = set()
        self._tripped: dict[int, str] = {}
        """Position of a fact over which we have tripped -> how."""
        self._load()

    def begin_again(self) -> None:
        """Forget what is in hand and stand where the bookmark stands, whatever became of the last commit."""
        self._load()

    def _load(self) -> None:
        """The homes as of the bookmark."""
        policy, roster, homes = Policy(), Roster(), Homes()
        with self._database.read() as db:
            self.follower.position = bookmark(db, self._reader)
            for owner, state in load_snapshots(db, self._reader):
                if owner == POLICY:
                    policy = _unpack_policy(state)
                elif owner == ROSTER:
                    roster = _unpack_roster(state)
                else:
                    homes.load(owner, state)
        self._homes, self.books = homes, Books(homes, policy, roster)
        self._judging = Judging(self.books)
        self._facts_since_save = 0
        self._saved_at = self._now()

    def step(self, timeout: float = 0.25, limit: int = 1000) -> int:
        """Read on once and commit what follows from it. Returns how many facts were read."""
        before = self.follower.position
        batch = self.follower.next(limit=limit, timeout=timeout)
        if batch:
            failpoint("engine.read")
        for recorded in batch:
            if (error := self._tripped.get(recorded.position)) is not None:
                pass_over(self.books, self._judging.cases, recorded, error)
                continue
            try:
                self.take(recorded)
            except Exception as failure:  # all of it is ours, for nothing is read or written here: it must end nothing
                log.exception("the engine trips over %d, and goes on without it", recorded.position)
                self._tripped[recorded.position] = f"{type(failure).__name__}: {failure}"[:200]
                self._load()  # half of what follows from it may be in our hands
                return len(batch)
        if self.books.unseen:
            self._judging.look_again(self._now())
        self._facts_since_save += self.follower.position - before  # also what lies in the lanes of others
        far_behind = len(batch) == limit
        old = self._now() - self._saved_at >= (_SAVE_EVERY_BEHIND if far_behind else _SAVE_EVERY) and not WAY.taken
        if self.books.made.urgent or (old and self._facts_since_save) or self._facts_since_save >= _SAVE_EVERY_FACTS:
            self.commit(resting=not (self.books.made.urgent or far_behind))
        return len(batch)

    def commit(self, *, resting: bool = True) -> None:
        """Facts decided, timers, states of homes touched and the bookmark, together or not at all.

        `resting`: nothing presses, and all homes may lie down again.
        """
        books, position, at = self.books, self.follower.position, self._now()
        made = books.made
        if made.urgent:
            WAY.goes_on()
            failpoint("engine.decided")
        opened = self._homes.opened()
        states: dict[str, bytes | None] = {**opened}
        if POLICY in made.touched:
            states[POLICY] = _pack(books.policy)
        if ROSTER in made.touched:
            states[ROSTER] = _pack(books.roster)

        def work(db: Connection) -> None:
            self._check(db)
            set_timers(db, made.timers)
            save_snapshots(db, self._reader, states)
            save_bookmark(db, self._reader, position)
            failpoint("engine.in_commit")
            append(db, made.news, recorded_at=at, after=made.after)  # last: from here on other writers wait

        try:
            self._database.write(work)
        except VersionConflict as conflict:
            self._read_ahead(conflict)
            return
        failpoint("engine.committed")
        self._homes.put_away(opened, resting=resting)
        books.made = Decisions()
        books.ahead.clear()
        self._conflicting.clear()
        self._facts_since_save, self._saved_at = 0, at

    def _read_ahead(self, conflict: VersionConflict) -> None:
        """Somebody decided first: forget, and when deciding on that stream again, know what they decided.

        Of every stream that stood in the way since the last commit: two that take turns would hold us up for ever.
        """
        log.info("deciding again: %s", conflict)
        self._conflicting.add(conflict.stream)
        with self._database.read() as db:
            ahead = {s: [r for r in read_stream(db, s) if r.version is not None] for s in sorted(self._conflicting)}
        self._load()
        self.books.ahead = ahead
