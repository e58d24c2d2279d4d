"""SQLite keeps the promise by one writer thread that others hand their work to, beside many readers.

The writer runs all waiting work in one transaction (one fsync), each piece in its own savepoint where there are
several, so that one that raises undoes only itself. After the commit, what was appended is handed to the readers in memory.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError

from events.database import CommitUnclear, Database, StorageFull, T
from events.failpoints import failpoint
from events.new import LANDED
from events.serial import Recorded
from events.storable import clean_parameters
from events.tables import metadata

Work = Callable[[Connection], Any]
log = logging.getLogger("shouwang.database")

_CHECKPOINT_EVERY_S = 60.0
_MOST_AT_ONCE = 64
_PATIENCE_MS = 30_000


class SqliteDatabase(Database):
    """One SQLite file."""

    def __init__(self, path: Path, *, on_fatal: Callable[[BaseException], None] | None = None) -> None:
        """`on_fatal` is called when the disk can no longer be trusted; the default ends the process."""
        super().__init__(on_fatal)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._engine = create_engine(f"sqlite:///{path}", pool_size=16, max_overflow=32, pool_timeout=30)
        event.listen(self._engine, "before_cursor_execute", clean_parameters, retval=True)
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
        self._writer_engine = create_engine(f"sqlite:///{path}", pool_size=1, max_overflow=0)
        event.listen(self._writer_engine, "before_cursor_execute", clean_parameters, retval=True)
        event.listen(self._writer_engine, "connect", _prepare)
        event.listen(self._writer_engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
        self._work: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._in_hand: list[tuple[Work, Future[Any]]] = []
        self._closed = False
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._guarded, name="committer", daemon=True)
        self._thread.start()

    @property
    def address(self) -> Path:
        """The file."""
        return self.path

    def create(self) -> None:
        """Make all tables that the imported rooms have entered, with their triggers."""
        self.write(metadata.create_all)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection within one short read transaction."""
        with self._engine.connect() as db:
            yield db

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Hand work to the writer; the future is done when it is committed, that is: on disk."""
        future: Future[T] = Future()
        with self._door:  # what comes after the closing word would wait for ever
            if self._closed:
                raise RuntimeError("the database is closed")
            self._work.put((work, future))
        return future

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run work in a transaction and return its result after the commit."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("work may not wait for other work")
        return self.submit(work).result()

    def close(self) -> None:
        """Finish what is waiting, then close."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._work.put(None)
        self._thread.join()
        self._engine.dispose()
        self._writer_engine.dispose()

    def _guarded(self) -> None:
        try:
            self._run()
        except BaseException as failure:  # whoever waits for this thread would wait for ever
            log.critical("the committer ended: %s", failure, exc_info=failure)
            self._nobody_writes_any_more(failure)
            self._on_fatal(failure)

    def _nobody_writes_any_more(self, failure: BaseException) -> None:
        with self._door:
            self._closed = True
        waiting = [future for _, future in self._in_hand if not future.done()]
        while not self._work.empty():
            item = self._work.get()
            if item is not None and item[1].set_running_or_notify_cancel():
                waiting.append(item[1])
        for future in waiting:
            future.set_exception(CommitUnclear(f"the writer ended: {failure}"))

    def _run(self) -> None:
        checkpoint_at = time.monotonic() + _CHECKPOINT_EVERY_S
        while True:
            try:
                first = self._work.get(timeout=max(0.01, checkpoint_at - time.monotonic()))
            except queue.Empty:
                pass
            else:
                batch, last = self._gather(first)
                if batch:
                    self._in_hand = batch
                    self._commit(batch)
                if last:
                    return
            if time.monotonic() >= checkpoint_at:
                self._checkpoint()
                checkpoint_at = time.monotonic() + _CHECKPOINT_EVERY_S

    def _gather(self, first: tuple[Work, Future[Any]] | None) -> tuple[list[tuple[Work, Future[Any]]], bool]:
        batch: list[tuple[Work, Future[Any]]] = []
        item = first
        while item is not None:
            if item[1].set_running_or_notify_cancel():  # from here on nobody can take it back
                batch.append(item)
            if len(batch) == _MOST_AT_ONCE or self._work.empty():
                return batch, False
            item = self._work.get()
        return batch, True

    def _commit(self, batch: list[tuple[Work, Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        refused: list[tuple[Future[Any], BaseException]] = []
        landed: list[Recorded] = []
        try:
            with self._writer_engine.begin() as db:
                for work, future in batch:
                    db.info[LANDED] = []
                    try:
                        with db.begin_nested() if len(batch) > 1 else nullcontext():
                            result = work(db)
                    except BaseException as refusal:
                        if _storage_error(refusal) is not None:
                            raise
                        if len(batch) == 1:
                            db.rollback()
                        refused.append((future, refusal))  # the asker's own error; it travels back to the asker
                    else:
                        landed.extend(db.info[LANDED])
                        done.append((future, result))
        except BaseException as failure:
            self._failed(batch, failure)
            return
        if landed:
            failpoint("append.committed")
        self._hand_over(landed)
        for future, result in done:
            future.set_result(result)
        for future, reason in refused:
            future.set_exception(reason)

    def _failed(self, batch: list[tuple[Work, Future[Any]]], failure: BaseException) -> None:
        """Nothing of this transaction is in the database. A full disk can be waited for; a broken one cannot."""
        code = _storage_error(failure)
        if code == sqlite3.SQLITE_FULL:
            failure = StorageFull("the disk is full: nothing was written")
        elif code is None or code in _BROKEN:
            log.critical("the database cannot be trusted any more: %s", failure)
            self._on_fatal(failure)
        for _, future in batch:
            future.set_exception(failure)

    def _checkpoint(self) -> None:
        """Shorten the write-ahead log. Waits for no reader: a long one means next minute again."""
        try:
            with self._writer_engine.connect() as db:
                raw = db.connection.driver_connection
                if raw is not None:
                    raw.execute("PRAGMA busy_timeout=0")
                    try:
                        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    finally:
                        raw.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        except (OperationalError, sqlite3.OperationalError) as failure:
            log.warning("no checkpoint: %s", failure)
            if _storage_error(failure) in _BROKEN:
                self._on_fatal(failure)


def _prepare(connection: Any, _record: Any) -> None:
    """WAL with synchronous=FULL lost no acknowledged row in simulated power cuts; NORMAL lost some."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_PATIENCE_MS}"):
        connection.execute(f"PRAGMA {pragma}")


_BROKEN = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_OF_THE_STORAGE = _BROKEN | {
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
}  # fmt: skip


def _storage_error(failure: BaseException | None) -> int | None:
    """SQLite's code where the database itself failed, None where only the work did.

    A full disk ends the transaction by itself, so that what is seen first is "no such savepoint" and the cause lies
    behind it.
    """
    if failure is None:
        return None
    code = getattr(failure, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _OF_THE_STORAGE:
        return int(code & 0xFF)
    found = _storage_error(failure.__cause__)
    return _storage_error(failure.__context__) if found is None else found
