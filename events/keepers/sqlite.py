"""SQLite keeps the promise by one writer thread that others hand their work to, beside many readers.

The writer runs all waiting work in one transaction (one fsync), each piece in its own savepoint where there are
several, so that one that raises undoes only itself. After the commit, what was appended is handed to the readers in memory.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from events.database import CommitUnclear, Database, StorageFull, T
from events.failpoints import failpoint
from events.keepers import sqlite_connections
from events.keepers.folders import keep_names, make_folder
from events.keepers.sqlite_connections import begin_to_read, begin_to_write, engine_for, rows_changed
from events.keepers.sqlite_errors import BROKEN, code_of
from events.new import LANDED
from events.prepared import savepoint
from events.right_of_way import WAY
from events.serial import Recorded
from events.tables import metadata

Work = Callable[[Connection], Any]
Asked = tuple[Work, "Future[Any]"]
log = logging.getLogger("shouwang.database")

_CHECKPOINT_EVERY_S = 60.0
_CHECKPOINT_AGAIN_S = 1.0
_COMMITS_A_COPY, _ROWS_A_COPY = 250, 2_000
"""After so many the write-ahead log, by then of about a thousand pages, is copied into the database. We do it, not
SQLite: its automatic checkpoint tells nobody when the disk fails."""
_OURS = int.from_bytes(b"SWdb")
"""The first page of a new database is written once more: the sync that made it may have failed for a predecessor."""
_MOST_AT_ONCE = 64
_MOST_BEFORE = 20
_LOOK: Asked = (lambda _: None, Future())
"""Wakes the writer for those who have patience."""


class SqliteDatabase(Database):
    """One SQLite file."""

    def __init__(self, path: Path, *, on_fatal: Callable[[BaseException], None] | None = None) -> None:
        """`on_fatal` is called when the disk can no longer be trusted; the default ends the process."""
        super().__init__(on_fatal)
        make_folder(path.parent)
        self.path = path
        self._engine = engine_for(path, begin_to_read, pool_size=16, max_overflow=32, pool_timeout=30)
        self._writer_engine = engine_for(path, begin_to_write, pool_size=1, max_overflow=0)
        self._writer: Connection | None = None
        self._work: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._patient: deque[Asked] = deque()
        self._passed_over = 0
        self._in_hand: list[Asked] = []
        self._commits = self._rows = 0
        self._closed, self._why_closed = False, "the database is closed"
        self._failure: BaseException | None = None
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

    def submit(self, work: Callable[[Connection], T], *, patient: bool = False) -> "Future[T]":
        """Hand work to the writer; the future is done when it is committed, that is: on disk."""
        future: Future[T] = Future()
        with self._door:  # what comes after the closing word would wait for ever
            if self._closed:
                raise RuntimeError(self._why_closed) from self._failure
            if patient:
                self._patient.append((work, future))
            self._work.put(_LOOK if patient else (work, future))
        return future

    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> T:
        """Run work in a transaction and return its result after the commit."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("work may not wait for other work")
        return self.submit(work, patient=patient).result()

    def close(self) -> None:
        """Finish what is waiting, then close."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._work.put(None)
        self._thread.join()
        self._engine.dispose()
        if self._writer is not None:
            self._writer.close()
        self._writer_engine.dispose()

    def _guarded(self) -> None:
        try:
            self._run()
        except BaseException as failure:  # whoever waits for this thread would wait for ever
            log.critical("nothing is written any more: %s", failure, exc_info=failure)
            self._nobody_writes_any_more(failure)
            self._on_fatal(failure)

    def _nobody_writes_any_more(self, failure: BaseException) -> None:
        """Nobody is answered any more, and nothing closed: whoever closes last copies the log, and syncs once more."""
        with self._door:
            self._closed, self._failure = True, failure
            self._why_closed = f"nothing is written any more: {failure}"
        waiting = [future for _, future in self._in_hand if not future.done()]
        left = list(self._patient)
        while not self._work.empty():
            item = self._work.get()
            if item is not None and item is not _LOOK:
                left.append(item)
        waiting += [future for _, future in left if future.set_running_or_notify_cancel()]
        for future in waiting:
            future.set_exception(CommitUnclear(f"the writer ended: {failure}"))

    def _run(self) -> None:
        checkpoint_at = self._shortened_until()
        keep_names(self.path.parent)  # SQLite does so too, and ignores when it fails
        while True:
            try:
                first = self._work.get(timeout=max(0.01, self._wait_s(checkpoint_at - time.monotonic())))
            except queue.Empty:
                self._commit_patient(last=False)
            else:
                batch, last = self._gather(first)
                if batch:
                    self._in_hand = batch
                    self._commit(batch)
                self._commit_patient(last=last)
                if last:
                    return
            if WAY.taken:
                continue  # to copy takes as long as half of an alarm's way
            if time.monotonic() >= checkpoint_at:
                checkpoint_at = self._shortened_until()
            elif self._commits >= _COMMITS_A_COPY or self._rows >= _ROWS_A_COPY:
                self._checkpoint("PASSIVE")

    def _wait_s(self, until_s: float) -> float:
        """For how long nothing may be looked at: an alarm that passes wakes nobody when it has gone."""
        return min(until_s, WAY.left_s()) if self._patient else until_s

    def _commit_patient(self, *, last: bool) -> None:
        """Who has patience goes when nobody else waits, one at a time; in any case after others went so often.

        Not while an alarm passes: its own stages are a dozen who go before.
        """
        while self._patient and (last or not WAY.taken):
            if not (last or self._work.empty() or self._passed_over >= _MOST_BEFORE):
                self._passed_over += 1
                return
            asked = self._patient.popleft()
            self._passed_over = 0
            if asked[1].set_running_or_notify_cancel():
                self._in_hand = [asked]
                self._commit([asked])

    def _shortened_until(self) -> float:
        """Shorten the write-ahead log, first of all at the start; returns when to do so again.

        A predecessor that ended over a failed fsync may have left pages there that are in the kernel's memory, which
        calls them clean, and not on the disk. Whatever is committed behind them would be lost with them at a power
        cut, so they are copied, and the log is begun anew, before anybody is answered.
        """
        wait = _CHECKPOINT_EVERY_S if self._checkpoint() else _CHECKPOINT_AGAIN_S
        return time.monotonic() + wait

    def _gather(self, first: "Asked | None") -> "tuple[list[Asked], bool]":
        batch: list[Asked] = []
        item = first
        while item is not None:
            if item is not _LOOK and item[1].set_running_or_notify_cancel():  # from here on nobody can take it back
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
            db = self._write_connection()
            with db.begin():
                before = rows_changed(db)
                for work, future in batch:
                    db.info[LANDED] = []
                    try:
                        with savepoint(db) if len(batch) > 1 else nullcontext():
                            result = work(db)
                    except BaseException as refusal:
                        if code_of(refusal) is not None:
                            raise
                        if len(batch) == 1:
                            db.rollback()
                        refused.append((future, refusal))  # the asker's own error; it travels back to the asker
                    else:
                        landed.extend(db.info[LANDED])
                        done.append((future, result))
                self._rows += rows_changed(db) - before
        except BaseException as failure:
            self._failed(batch, failure)
            return
        self._commits += 1
        if landed:
            failpoint("append.committed")
        self._hand_over(landed)
        for future, result in done:
            future.set_result(result)
        for future, reason in refused:
            future.set_exception(reason)

    def _write_connection(self) -> Connection:
        """One for good: to fetch it from its pool and to give it back costs as much as a small transaction."""
        if self._writer is None or self._writer.closed or self._writer.invalidated:
            self._writer = self._writer_engine.connect()
        return self._writer

    def _failed(self, batch: list[tuple[Work, Future[Any]]], failure: BaseException) -> None:
        """Nothing of this transaction is in the database. A full disk can be waited for; a broken one cannot."""
        code = code_of(failure)
        if code == sqlite3.SQLITE_FULL:
            failure = StorageFull("the disk is full: nothing was written")
        for _, future in batch:
            future.set_exception(failure)
        if code is None or code in BROKEN:  # what the next fsync says of these pages would not be true
            raise failure

    def _checkpoint(self, kind: str = "TRUNCATE") -> bool:
        """Copy the write-ahead log into the database and shorten it; whether it did. Waits for no reader."""
        self._commits = self._rows = 0
        try:
            with nullcontext(self._write_connection()) as db:
                raw = db.connection.driver_connection
                if raw is None:
                    return False
                raw.execute("PRAGMA busy_timeout=0")
                try:
                    if raw.execute("PRAGMA application_id").fetchone()[0] != _OURS:
                        raw.execute(f"PRAGMA application_id={_OURS}")
                    return not raw.execute(f"PRAGMA wal_checkpoint({kind})").fetchone()[0]
                finally:
                    raw.execute(f"PRAGMA busy_timeout={sqlite_connections.PATIENCE_MS}")
        except (SQLAlchemyError, sqlite3.Error) as failure:
            if code_of(failure) in BROKEN:
                raise
            log.warning("no checkpoint: %s", failure)
            return False
