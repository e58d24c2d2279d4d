"""The intake: takes what arrived, in order, decodes it, commits it in batches, and only then acknowledges."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import Connection

from events.database import Database, StorageFull
from events.failpoints import failpoint
from events.follow import save_bookmark, save_snapshots
from events.leases import Fenced
from events.passing import Patience, passing
from events.right_of_way import WAY
from events.store import New
from ingest import redecoding
from ingest.acknowledging import Acknowledging
from ingest.ahead import urgent
from ingest.batch import Piece, Stored, store
from ingest.caught_up import CaughtUp
from ingest.codec import device_time
from ingest.inbox import Arrival, Connected, Disconnected, Inbox, Marker, Raw
from ingest.known import Known
from ingest.quarantine import Kept
from ingest.reading import Reader
from ingest.sequences import Sequences

log = logging.getLogger("shouwang.intake")
T = TypeVar("T")

READER = "intake"
MOST_AT_ONCE = 500
_TICK_S = 0.2
_LOAD = 4
_PACE_S = 0.02
"""Under load a batch gathers for so long after the last one: a transaction costs as much as some tens of facts."""

_SAVE_EVERY_S = 1.0
_LOOK_EVERY_S = 1.0


class Gate(Protocol):
    """A driven clock. `advance` may block until engine and planner have finished all before its moment."""

    def needs_cut(self, t: int) -> bool:
        """Whether what came before must be committed before the clock moves to `t`."""

    def advance(self, t: int) -> None:
        """Move the clock to `t`; never back."""


class Counts(msgspec.Struct):
    """Since start."""

    messages: int = 0
    facts: int = 0
    repeated: int = 0
    quarantined: int = 0
    batches: int = 0
    last_received_at: int = 0


class Intake:
    """One thread. `storage_full` is readable without a database: it says that nothing can be written."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        *,
        now: Callable[[], int],
        known: Known,
        sequences: Sequences,
        caught_up: CaughtUp,
        acknowledging: Acknowledging,
        ack: Callable[[list[tuple[int, int]]], None],
        gate: Gate | None = None,
        on_fatal: Callable[[BaseException], None],
        check: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """`check` is asked in every transaction whether the door is still ours, and raises Fenced when it is not."""
        self._check = check
        self._database, self._inbox, self._now, self._ack, self._gate = database, inbox, now, ack, gate
        self._known, self._sequences, self._caught_up = known, sequences, caught_up
        self._acknowledging = acknowledging
        self._reader = Reader(known, sequences, caught_up)
        self._on_fatal = on_fatal
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._pieces: list[Piece] = []
        self._owed: list[tuple[int, int]] = []
        self._save_at = self._look_at = 0.0
        self._answered = -1
        self._committed_at = 0.0
        self._last_batch = 0
        self.storage_full = False
        self.waits_since: float | None = None
        """Monotonic seconds: since then the database has not answered; None: it does."""
        self.counts = Counts()

    @property
    def waits_s(self) -> float:
        """For how long the database has not answered; 0 while it does."""
        since = self.waits_since
        return 0.0 if since is None else time.monotonic() - since

    def start(self) -> None:
        """Begin to take what arrives."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand. What is still queued is not acknowledged, so it comes again."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(15)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                arrived = self._gather()
                self._insist(self._known.refresh)  # after the wait: what was registered before they came is known
                gone = self._send_ahead(arrived)
                for place, item in enumerate(arrived):
                    if place in gone:
                        self._owe(item)  # acknowledged in the order in which they came
                    else:
                        self._take(item)
                self._flush()
                self._acknowledging.publish_due()
                self._insist(self._redecode)
            self._save()
        except _Stopped:
            pass
        except BaseException as failure:
            log.exception("the intake broke")
            self._on_fatal(failure)

    def _gather(self) -> list[Arrival]:
        """What has arrived; right after a commit a little more is waited for, at most `_PACE_S`, but not by an alarm."""
        arrived = self._inbox.take(MOST_AT_ONCE, _TICK_S)
        left = self._committed_at + _PACE_S - time.monotonic()
        under_load = max(len(arrived), self._last_batch) >= _LOAD
        if arrived and left > 0 and under_load and len(arrived) < MOST_AT_ONCE and self._gate is None:
            self._inbox.pressing.wait(left)
            self._inbox.pressing.clear()
            arrived += self._inbox.take(MOST_AT_ONCE - len(arrived), 0)
        self._last_batch = len(arrived)
        return arrived

    def _send_ahead(self, arrived: list[Arrival]) -> set[int]:
        """Commit alarms among them by themselves. Returns their places.

        The rest waits while they pass, as long as alarms have the right of way; what comes meanwhile is added to it.
        """
        gone: set[int] = set()
        ahead = urgent(arrived, gone) if self._gate is None and WAY.taken else {}
        while (ahead or gone) and WAY.taken:
            if len(gone) + len(ahead) == len(arrived) or (not ahead and len(arrived) == MOST_AT_ONCE):
                break  # nothing is behind them, or nothing can be added
            for raw in ahead.values():
                self._read(raw)
            if not self._commit():
                self._inbox.pressing.wait(WAY.left_s())
            gone.update(ahead)
            self._inbox.pressing.clear()  # before they are taken: what comes later sets it again
            if more := self._inbox.take(MOST_AT_ONCE - len(arrived), 0):
                arrived += more
                self._insist(self._known.refresh)
            ahead = urgent(arrived, gone)
        return gone

    def _take(self, item: Arrival) -> None:
        match item:
            case Raw():
                self._read(item)
                self._owe(item)
            case Marker():
                self._flush()
                if self._caught_up.back(item, self._write, self._now()):
                    log.info("caught up with the broker")
                if item.qos:
                    self._ack([(item.generation, item.mid)])
            case Connected():
                self._flush()
                self._caught_up.connect(item)
                if not item.resumed:
                    self._acknowledging.all_again()
            case Disconnected():
                self._flush()
                self._caught_up.disconnect(item, self._write)

    def _owe(self, item: Arrival) -> None:
        if isinstance(item, Raw) and item.qos:
            self._owed.append((item.generation, item.mid))

    def _read(self, raw: Raw) -> None:
        if self._gate is not None and (t := device_time(raw.topic, raw.payload)) is not None:
            if self._gate.needs_cut(t):
                self._flush()
            self._gate.advance(t)
            self._known.refresh()
            raw.received_at = self._now()
        self._pieces.append(self._reader.read(raw))

    def _flush(self) -> None:
        """Commit what is in hand, then acknowledge it."""
        owed, self._owed = self._owed, []
        if self._commit() or owed:
            self._ack(owed)
            failpoint("ingest.acknowledged")

    def _commit(self) -> bool:
        """What is in hand is on disk; False: nothing was."""
        pieces, self._pieces = self._pieces, []
        if not pieces:
            return False
        gaps = self._reader.gaps()
        failpoint("ingest.read")
        try:
            self._count(pieces, self._write(lambda db: self._store(db, pieces, gaps)))
        except (_Stopped, Fenced):
            raise
        except Exception:
            log.exception("a batch of %d was refused by the database; taking its messages one by one", len(pieces))
            self._one_by_one(pieces, gaps)
        self._committed_at = time.monotonic()
        failpoint("ingest.committed")
        self._acknowledging.committed(self._reader.touched())
        return True

    def _one_by_one(self, pieces: list[Piece], gaps: list[New]) -> None:
        """Whatever cannot be stored must not hold up the rest: it is kept with its bytes."""
        for piece in pieces:
            try:
                self._one(piece)
            except (_Stopped, Fenced):
                raise
            except Exception as fault:
                raw = piece.raw
                kept = Kept(raw.received_at, raw.topic, raw.payload, raw.retained, "not_stored", repr(fault)[:300])
                self._one(Piece(raw, [], [kept]))
        if gaps:
            self._write(lambda db: self._store(db, [], gaps))

    def _one(self, piece: Piece) -> None:
        self._count([piece], self._write(lambda db: self._store(db, [piece], [])))

    def _store(self, db: Connection, pieces: list[Piece], gaps: list[New]) -> Stored:
        stored = store(db, pieces, gaps, recorded_at=self._now())
        failpoint("ingest.in_commit")
        due = time.monotonic() >= self._save_at
        if stored.head and (due or stored.quarantined):  # what was quarantined leaves no trace in the log's numbers
            self._save_in(db, stored.head)
            stored.saved = True
        return stored

    def _save_in(self, db: Connection, position: int) -> None:
        changed = {device: self._sequences.dump(device) for device in self._sequences.changed}
        save_snapshots(db, READER, dict(changed))
        save_bookmark(db, READER, position)

    def _save(self) -> None:
        """At the end everything is committed, so the snapshots may be as new as the log."""
        position = self._reader.position
        if self._sequences.changed and position:
            self._write(lambda db: self._save_in(db, position))

    def _count(self, pieces: list[Piece], stored: Stored) -> None:
        counts = self.counts
        counts.messages += len(pieces)
        counts.facts += stored.facts
        counts.repeated += stored.repeated
        counts.quarantined += stored.quarantined
        counts.batches += 1
        counts.last_received_at = max(counts.last_received_at, *(piece.raw.received_at for piece in pieces))
        if stored.saved:  # only now: until the commit the change was not safe
            self._sequences.changed.clear()
            self._save_at = time.monotonic() + _SAVE_EVERY_S
        self._reader.position = max(self._reader.position, stored.head)

    def _redecode(self) -> None:
        """Answer requests, looked for once a second; cheap, for only what is behind the last look is read."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_EVERY_S
        with self._database.read() as db:
            if self._answered < 0:
                self._answered = redecoding.waiting_since(db)
            upto, found = redecoding.look(db, self._answered)
        if found:
            self._known.refresh()
            self._write(lambda db: redecoding.answer(db, self._known, found, upto, now=self._now()))
        self._answered = upto

    def _write(self, work: Callable[[Connection], T]) -> T:
        """Through the committer; facts land once, so after a commit nobody knows of they are simply told again."""

        def ours(db: Connection) -> T:
            self._check(db)
            return work(db)

        done = self._insist(lambda: self._database.write(ours))
        self.storage_full = False
        return done

    def _insist(self, ask: Callable[[], T]) -> T:
        """Again and again while the database is full, held or away: nothing is acknowledged, so nothing is lost."""
        began, patience = time.monotonic(), Patience(self._stopping)
        outermost, self.waits_since = self.waits_since is None, self.waits_since or began
        try:
            while True:
                try:
                    return ask()
                except Exception as fault:
                    if not passing(fault):
                        raise
                    log.warning("nothing can be written, so nothing is acknowledged: %s", fault)
                    self.storage_full = self.storage_full or isinstance(fault, StorageFull)
                if patience.wait():
                    raise _Stopped
        finally:
            if outermost:
                self.waits_since = None


class _Stopped(Exception):
    """We were told to stop while waiting for the disk."""
