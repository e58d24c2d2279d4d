"""PostgreSQL keeps the promise with a connection a writer: each works on its own thread, and all queue to number.

READ COMMITTED, the lock taken last, insert, commit, nothing else inside: see `events.tables` for the trigger.
"""

import itertools
import logging
import secrets
import select
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from events.database import CommitUnclear, Database, StorageFull, T
from events.failpoints import failpoint
from events.keepers.hints import Hints
from events.new import LANDED
from events.right_of_way import WAY
from events.storable import clean_parameters
from events.tables import PROCESS, metadata

log = logging.getLogger("shouwang.database")


class _Again(NamedTuple):
    """How often work is begun, and seconds before each new beginning, times how often it was begun."""

    times: int
    pause_s: float


_AGAIN = {"40001": _Again(6, 0.01), "40P01": _Again(6, 0.1), "23505": _Again(3, 0.01)}
"""Serialization failure and deadlock, where the server undid all of it for another's sake, and a key that was free when the work
looked: it looks again, and finds it or fails for good. The server takes a second to call it a deadlock, and who begins again
before the other has woken has its rows once more, and stands across from it for another second."""
_DISK_FULL = "53100"
_BROKEN = frozenset({"XX001", "XX002"})
_CREATING = int.from_bytes(b"CREATING")
_HANDS = 4
_APPLICATION = "shouwang-"
_WRITER_IDLE, _READER_IDLE = "5s", "5min"
"""A writer that was frozen within a transaction must not keep the others from numbering for ever. A reader holds nobody up, and
may have all chains of a county to look at between two questions."""
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name = :name AND datname = current_database() AND pid <> pg_backend_pid()"
)


class PostgresqlDatabase(Database):
    """One database of a server, reached by an URL."""

    shared = True

    def __init__(self, url: str, *, on_fatal: Callable[[BaseException], None] | None = None) -> None:
        """Connects when it is first asked. `on_fatal` is called when the server says that its files are corrupt."""
        super().__init__(on_fatal)
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self.session = secrets.token_hex(8)
        self._engine = self._connecting(_WRITER_IDLE)
        event.listen(self._engine, "before_cursor_execute", self._let_pass)
        self._readers = self._connecting(_READER_IDLE, only_read=True)
        self._mine = threading.local()
        self._hints = Hints(self._url, self.session)
        self._hands: ThreadPoolExecutor | None = None
        self._closed = False
        self._door = threading.Lock()

    @property
    def address(self) -> str:
        """The URL, with its password."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    def _connecting(self, idle: str, *, only_read: bool = False) -> Engine:
        """Connections whose transaction the server ends when nothing was said in it for so long.

        `only_read`: it writes nothing, and all it asks is answered as of one moment.
        """

        def prepare(connection: Any, _record: Any) -> None:
            was, connection.autocommit = connection.autocommit, True
            connection.execute(
                f"SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '{idle}'; SET jit = off; "
                f"SET {PROCESS} = '{self.session}'"
            )
            connection.autocommit = was
            if only_read:  # once: as options of SQLAlchemy's they would be set and taken back around each transaction
                connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True

        engine = create_engine(
            self._url, pool_size=6, max_overflow=10, pool_timeout=30,
            connect_args={
                "connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
                "application_name": _APPLICATION + self.session,
            },
        )  # fmt: skip
        event.listen(engine, "connect", prepare)
        event.listen(engine, "checkout", _see_that_it_is_there)
        event.listen(engine, "before_cursor_execute", clean_parameters, retval=True)
        return engine

    def _let_pass(self, db: Connection, *_: Any) -> None:
        """Before each statement. Whoever has appended goes on: others wait for him to number."""
        if getattr(self._mine, "patient", False) and not db.info[LANDED]:
            WAY.give()

    def create(self) -> None:
        """Make all tables that the imported rooms have entered, with their triggers; one process at a time."""

        def make(db: Connection) -> None:
            db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATING})
            metadata.create_all(db)

        self.write(make)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection within one short read-only transaction."""
        with self._readers.connect() as db:
            yield db
            with suppress(DBAPIError):  # all was answered
                db.commit()  # after a ROLLBACK the driver has the server forget all that is prepared there

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Hand work to one of a few threads."""
        with self._door:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._hands = self._hands or ThreadPoolExecutor(_HANDS, thread_name_prefix="committer")
            return self._hands.submit(self._write, work)

    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> T:
        """Run work in a transaction of its own on the caller's thread. Raises CommitUnclear, StorageFull.

        `patient`: while an alarm passes, no statement of it begins, unless others wait for what it has appended.
        """
        if self._closed:
            raise RuntimeError("the database is closed")
        return self._write(work, patient=patient)

    def _write(self, work: Callable[[Connection], T], *, patient: bool = False) -> T:
        if getattr(self._mine, "writes", False):
            raise RuntimeError("work may not wait for other work")
        self._mine.writes, self._mine.patient = True, patient
        try:
            for attempt in itertools.count(1):
                try:
                    return self._transaction(work)
                except DBAPIError as failure:
                    again = _AGAIN.get(_state(failure))
                    if again is None or attempt >= again.times:
                        self._judge(failure)
                        raise
                    log.info("once more: %s", _state(failure))
                    time.sleep(again.pause_s * attempt)
            raise AssertionError("unreachable")
        finally:
            self._mine.writes = self._mine.patient = False

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as db:
            db.info[LANDED] = []
            transaction = db.begin()
            try:
                result = work(db)
            except BaseException:
                with suppress(DBAPIError):
                    transaction.rollback()
                raise
            landed = db.info.pop(LANDED, [])
            try:
                transaction.commit()
            except DBAPIError as failure:
                if _is_unclear(failure):
                    raise CommitUnclear("the connection was lost while committing") from failure
                raise
        if landed:
            failpoint("append.committed")
        self._hand_over(landed)
        return result

    def _judge(self, failure: DBAPIError) -> None:
        """A full disk can be waited for; files that are corrupt cannot. Raises StorageFull."""
        state = _state(failure)
        if state == _DISK_FULL:
            raise StorageFull("the database's disk is full: nothing was written") from failure
        if state in _BROKEN:
            log.critical("the database cannot be trusted any more: %s", state)
            self._on_fatal(failure)

    def on_hint(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when another process has committed."""
        return self._hints.add(listener)

    def end_session(self, session: str) -> None:
        """A frozen writer within COPY waits for no time-out of the server: it is thrown out before it is replaced."""
        try:
            with self._engine.connect() as db:
                db.execute(_END, {"name": _APPLICATION + session})
                db.rollback()
        except DBAPIError as failure:  # not allowed: tokens and time-outs remain
            log.warning("a dead writer's connections cannot be ended: %s", _state(failure))

    def close(self) -> None:
        """Finish what is waiting, then close."""
        with self._door:
            if self._closed:
                return
            self._closed = True
        if self._hands is not None:
            self._hands.shutdown(wait=True)
        self._hints.close()
        self._readers.dispose()
        self._engine.dispose()


def _see_that_it_is_there(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that has gone has said so, or closed: then there is something to read. To ask it would be a way there and back."""
    watched = select.poll()
    watched.register(connection.fileno(), select.POLLIN)
    if watched.poll(0):
        raise InvalidatePoolError


def _state(failure: DBAPIError) -> str:
    """The five letters of the SQL standard; "" when the server did not say anything any more."""
    return str(getattr(failure.orig, "sqlstate", None) or "")


def _is_unclear(failure: DBAPIError) -> bool:
    """Nothing came back, or only that the session ends: 08 is the connection, 57P the server going down."""
    return _state(failure)[:3] in {"", "57P"} or _state(failure).startswith("08")
