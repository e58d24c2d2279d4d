"""The engine: reads the log by site, knows each home, and turns facts into alerts and requests to tell people.

The facts it decided, its bookmark and the state of the homes it decided about commit in one transaction; other homes it
has only read of are saved with a later one. When somebody else decided on the same alert first, it forgets, reads on and
decides again.
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
from alerts.saved import Saved
from alerts.seats import ENGINE, LANES_SAVED, POLICY, ROSTER, WHOLE, Seat
from alerts.stumbling import pass_over
from alerts.taking import Taking
from alerts.timers import timers_of
from events.database import Database
from events.failpoints import failpoint
from events.follow import Follower, bookmark, bookmark_at, load_snapshots, snapshots_of
from events.lanes import ALL, lane_of
from events.right_of_way import WAY
from events.store import VersionConflict, append, read_stream
from events.together import together
from events.types.fact import SECOND

READER = ENGINE
log = logging.getLogger("shouwang.engine")

_SAVE_EVERY_FACTS = 100_000
_SAVE_EVERY = SECOND
_SAVE_EVERY_BEHIND = 5 * SECOND
"""With far to read: every home is touched again and again, and to save them costs a tenth of the reading."""
_OFTEN = 4
"""So many facts of a home between two commits: it stays open, for packing and opening it costs as much as they do."""

_pack = msgspec.msgpack.Encoder().encode
_unpack_policy = msgspec.msgpack.Decoder(Policy).decode
_unpack_roster = msgspec.msgpack.Decoder(Roster).decode
_unpack_saved = msgspec.msgpack.Decoder(Saved).decode


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
        """The homes as they were saved; what was not is read again from there."""
        policy, roster, homes = Policy(), Roster(), Homes()
        with self._database.read() as db:
            self._stood = bookmark(db, self._reader)
            saved = Saved(self._stood)
            for owner, state in load_snapshots(db, self._reader):
                if owner == POLICY:
                    policy = _unpack_policy(state)
                elif owner == ROSTER:
                    roster = _unpack_roster(state)
                elif owner == LANES_SAVED:
                    saved = _unpack_saved(state)
                else:
                    homes.load(owner, state)
        self._homes, self.books = homes, Books(homes, policy, roster)
        self._judging = Judging(self.books)
        self._saved, self.follower.position = saved, saved.whole
        self._decided: set[int] = set()
        """Lanes about whose facts something was decided and is not committed."""
        self._all_lanes = False
        """Something was read since `whole` that concerns every home."""
        self._facts_since_save = self._taken_since_save = 0
        self._saved_at = 0 if saved.lanes else self._now()
        """What was read again is saved soon, or each time it would be more."""

    def step(self, timeout: float = 0.25, limit: int = 1000) -> int:
        """Read on once and commit what follows from it. Returns how many facts were read."""
        before = self.follower.position
        batch = self.follower.next(limit=limit, timeout=timeout)
        if batch:
            failpoint("engine.read")
        news = self.books.made.news
        for recorded in batch:
            if recorded.position <= self._stood and self._saved.holds(recorded):
                continue
            decided = len(news)
            if (error := self._tripped.get(recorded.position)) is not None:
                pass_over(self.books, self._judging.cases, recorded, error)
            else:
                try:
                    self.take(recorded)
                except Exception as failure:  # all ours, for nothing is read or written here: it must end nothing
                    log.exception("the engine trips over %d, and goes on without it", recorded.position)
                    self._tripped[recorded.position] = f"{type(failure).__name__}: {failure}"[:200]
                    self._load()  # half of what follows from it may be in our hands
                    return len(batch)
            if recorded.lane == ALL:
                self._all_lanes = True
            if len(news) > decided:
                self._decided.add(recorded.lane)
        if self.books.unseen:
            self._judging.look_again(self._now())
        self._facts_since_save += self.follower.position - before  # also what lies in the lanes of others
        self._taken_since_save += len(batch)
        far_behind, urgent = len(batch) == limit, self.books.made.urgent
        old = self._now() - self._saved_at >= (_SAVE_EVERY_BEHIND if far_behind else _SAVE_EVERY) and not WAY.taken
        much = self._facts_since_save >= _SAVE_EVERY_FACTS or (far_behind and self._homes.crowded)
        whole = much or (old and self._facts_since_save > 0)
        if urgent or whole:
            self.commit(resting=not (urgent or far_behind or self._often), whole=whole)
        return len(batch)

    @property
    def _often(self) -> bool:
        """Are the same homes asked for again and again? Whoever lay down now would be opened at once."""
        return 0 < _OFTEN * self._homes.asked <= self._taken_since_save

    def commit(self, *, resting: bool = True, whole: bool = True) -> None:
        """Facts decided, timers, states of homes decided about and the bookmark, together or not at all.

        `whole`: and of all others that were touched. `resting`: nothing presses, and all homes may lie down again.
        """
        books, position, at = self.books, self.follower.position, self._now()
        if position < self._stood:  # of what is read again, nothing is ripe before all of it is
            return
        made = books.made
        if made.urgent:
            WAY.goes_on()
            failpoint("engine.decided")
        lanes = self._decided.union(lane_of(timer.site) for timer in made.timers.values())
        whole = whole or self._all_lanes or not made.touched.isdisjoint({POLICY, ROSTER})
        saved = Saved(position) if whole else self._saved.and_also(lanes, position)
        opened = self._homes.opened(None if whole else lanes)
        states: dict[str, bytes | None] = {**opened}
        if POLICY in made.touched:
            states[POLICY] = _pack(books.policy)
        if ROSTER in made.touched:
            states[ROSTER] = _pack(books.roster)
        if saved.lanes or self._saved.lanes:
            states[LANES_SAVED] = _pack(saved) if saved.lanes else None

        def work(db: Connection) -> None:
            self._check(db)
            parts = [*timers_of(made.timers), *snapshots_of(self._reader, states), bookmark_at(self._reader, position)]
            together(db, parts)
            failpoint("engine.in_commit")
            append(db, made.news, recorded_at=at, after=made.after, final=True)  # last: from here on other writers wait

        try:
            self._database.write(work)
        except VersionConflict as conflict:
            self._read_ahead(conflict)
            return
        failpoint("engine.committed")
        books.made = Decisions()
        books.ahead.clear()
        self._conflicting.clear()
        self._decided.clear()
        self._saved = saved
        if not whole:
            self._homes.saved(opened)
            return
        self._homes.put_away(opened, resting=resting)
        self._all_lanes = False
        self._facts_since_save, self._taken_since_save, self._saved_at = 0, 0, at

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
