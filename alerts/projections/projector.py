"""One reader that folds the log into all projections: a batch, all folds and the bookmark in one transaction."""

import logging
import threading
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Table, Text, insert, select
from sqlalchemy.exc import OperationalError

from alerts.projections.alert_fold import ALERTS
from alerts.projections.blindness import BLINDNESS
from alerts.projections.devices import DEVICES
from alerts.projections.homes import HOMES
from alerts.projections.lives import LIVES
from alerts.projections.messages import MESSAGES
from alerts.projections.projection import Projection
from alerts.projections.rebuilding import Check, Progress, Rebuilding
from alerts.projections.responses import RESPONSES
from alerts.projections.timeline import TIMELINE
from events.database import Database
from events.failpoints import failpoint
from events.follow import Follower, bookmark, save_bookmark
from events.passing import Patience, passing
from events.prepared import savepoint
from events.right_of_way import WAY
from events.serial import Recorded, dump, load
from events.store import read
from events.tables import marks, metadata
from events.types import Event, type_name
from events.types.device import DeviceFact

log = logging.getLogger("shouwang.projections")

READER = "projections"
PROJECTIONS: tuple[Projection, ...] = (DEVICES, HOMES, LIVES, ALERTS, MESSAGES, TIMELINE, RESPONSES, BLINDNESS)
"""In this order: the timeline asks the messages which alert a receipt belongs to."""

_READ = frozenset(kind for projection in PROJECTIONS for kind in projection.reads)

SHAPE = 9
"""Counted up whenever a table or a fold here changes; the next start then folds everything again."""

_BATCH = 1000
_PIECE = 64
"""Facts a transaction while not far behind: an alarm waits for no longer one."""
_BEHIND_S = 0.02
"""Screens come after people: a message on its way has the one writer to itself for so long."""
_GLANCE_S = 0.001
"""What came meanwhile lies in memory; where nothing did, the database need not be asked."""
_GATHER_S = 0.04
"""After a batch of nothing but readings the reader rests this long: fewer, larger transactions on the one writer."""

fold_failures = Table(
    "board_fold_failures",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("projection", Text, primary_key=True),
    Column("error", Text, nullable=False),
)

Listener = Callable[[list[Recorded], int], None]


class Projector:
    """Runs in its own thread between `start` and `stop`; `step` folds by hand what is there."""

    active = True
    """Whoever has made us folds; elsewhere `Folding` looks on."""

    def __init__(
        self,
        database: Database,
        *,
        on_fatal: Callable[[BaseException], None] | None = None,
        check: Check = lambda _: None,
    ) -> None:
        """`on_fatal` is told why the thread died. `check` is asked in every transaction whether folding is still ours."""
        self._database, self._on_fatal, self._check = database, on_fatal, check
        if _shape(database) != SHAPE:
            rebuild(database, check)
        self._follower = Follower(database, READER)
        self._position = self._follower.position
        self._folded = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._listeners: list[Listener] = []

    @property
    def position(self) -> int:
        """Everything up to here is folded and committed."""
        return self._position

    def on_folded(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(facts, position)` after each commit of folds. Returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wait_for(self, position: int, timeout_s: float) -> bool:
        """Whether everything up to `position` is folded, after waiting for it at most so long."""
        with self._folded:
            return self._folded.wait_for(lambda: self._position >= position or self._stopping.is_set(), timeout_s)

    def behind(self) -> int:
        """How many facts are not folded yet."""
        return self._follower.behind()

    def start(self) -> None:
        """Fold in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="projections", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is folded is committed."""
        self._stopping.set()
        self._follower.wake()
        with self._folded:
            self._folded.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._follower.close()

    def step(self, timeout_s: float = 0.0) -> int:
        """Fold one batch; returns how many facts it held."""
        batch = self._follower.next(limit=_BATCH, timeout=timeout_s)
        if batch:
            self._fold(batch)
        return len(batch)

    def _run(self) -> None:
        try:
            patience = Patience(self._stopping)
            while not self._stopping.is_set():
                try:
                    if patience.since is not None:
                        self._begin_again()
                    self._fold_next()
                    patience.well()
                except Exception as failure:
                    if not passing(failure):
                        raise
                    log.warning("projections wait: %s", type(failure).__name__)
                    patience.wait()
        except Exception as failure:
            log.critical("projections stopped: %s", failure, exc_info=True)
            if self._on_fatal is None:
                raise
            self._on_fatal(failure)

    def _fold_next(self) -> None:
        batch = self._follower.next(limit=_BATCH)
        if batch:
            self._stopping.wait(_BEHIND_S)
            batch += self._follower.next(limit=_BATCH - len(batch) or 1, timeout=_GLANCE_S)
            piece = _PIECE if len(batch) < _BATCH else _BATCH
            for start in range(0, len(batch), piece):
                self._fold(batch[start : start + piece])
            if all(isinstance(record.event, DeviceFact) for record in batch):
                self._stopping.wait(_GATHER_S)

    def _begin_again(self) -> None:
        """Stand where the bookmark stands; a batch that was folded all the same is still told to those who listen."""
        with self._database.read() as db:
            stands = bookmark(db, READER)
            missed = read(db, self._position, limit=_BATCH) if stands > self._position else []
        told = [record for record in missed if record.position <= stands]
        self._follower.position = stands
        if told:
            self._tell(told, stands)

    def _fold(self, batch: list[Recorded]) -> None:
        def ours(db: Connection) -> None:
            self._check(db)
            fold_batch(db, batch)

        WAY.give()
        self._database.write(ours, patient=True)  # screens come after people
        failpoint("projections.committed")
        self._tell(batch, batch[-1].position)

    def _tell(self, batch: list[Recorded], position: int) -> None:
        with self._folded:
            self._position = position
            self._folded.notify_all()
        for listener in list(self._listeners):
            listener(batch, position)


def fold_batch(db: Connection, batch: Sequence[Recorded], reader: str = READER) -> None:
    """Fold into all projections and move the bookmark. A fold that raises loses its own row, nothing else."""
    by_type: dict[type[Event], list[Recorded]] = {}
    for record in batch:
        kind = type(record.event)
        if kind in _READ:
            by_type.setdefault(kind, []).append(record if issubclass(kind, DeviceFact) else _as_stored(record))
    for projection in PROJECTIONS:
        mine = [record for kind in by_type.keys() & projection.reads for record in by_type[kind]]
        if mine:
            mine.sort(key=lambda record: record.position)
            _fold_into(db, projection, mine)
    save_bookmark(db, reader, batch[-1].position)
    failpoint("projections.in_commit")


def _as_stored(record: Recorded) -> Recorded:
    """The fact as the log gives it back: in memory a number of seconds may still be an int, there it is a float."""
    return msgspec.structs.replace(record, event=load(type_name(record.event), dump(record.event)))


def _fold_into(db: Connection, projection: Projection, records: list[Recorded]) -> None:
    try:
        with savepoint(db):
            projection.fold(db, records)
    except Exception as failure:
        if isinstance(failure, OperationalError) or passing(failure):
            raise  # the database's trouble, not the fold's: the whole batch is tried again or ends us
        if len(records) > 1:  # find the one: each half by itself
            middle = len(records) // 2
            _fold_into(db, projection, records[:middle])
            _fold_into(db, projection, records[middle:])
            return
        position = records[0].position
        log.exception("fold %s failed at position %d", projection.name, position)
        error = f"{type(failure).__name__}: {failure}"[:500]
        db.execute(insert(fold_failures).values(position=position, projection=projection.name, error=error))


def rebuild(
    database: Database,
    check: Check = lambda _db: None,
    *,
    progress: Progress = lambda _done, _all: None,
    gently: bool = False,
) -> int:
    """Fold everything anew beside the live tables and swap them; returns the position reached. Raises RebuildTakenOver."""
    tables = [*(table for projection in PROJECTIONS for table in projection.tables), fold_failures]
    anew = Rebuilding(database, READER, tables, fold_batch, check=check, progress=progress, gently=gently)
    return anew.run(SHAPE)


def failures(db: Connection) -> list[tuple[int, str, str]]:
    """Facts a fold could not take: position, projection, error."""
    rows = db.execute(select(fold_failures).order_by(fold_failures.c.position))
    return [(row.position, row.projection, row.error) for row in rows]


def _shape(database: Database) -> int | None:
    with database.read() as db:
        return db.execute(select(marks.c.at).where(marks.c.name == READER)).scalar()
