"""Fold the log anew into shadow tables while the live ones go on, then put them in their place in one transaction.

Nobody sees an empty board: until the swap everybody reads the old tables, from then on the new ones. The shadow is folded
exactly up to the live bookmark, so that whoever folds the live tables goes on as if nothing had been. What is interrupted
leaves the live tables as they are; whoever begins anew throws the shadow away.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, Table, delete, event, insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

from events.database import Database
from events.follow import bookmark, save_bookmark
from events.serial import Recorded
from events.store import read
from events.tables import bookmarks, marks

_BATCH = 1000
_LIVE, _SHADOW = "board_", "rebuilt_"
_MARK = "rebuild"
_LITTLE = 2000
"""So many facts may be folded within the swap itself; more are folded before it."""
_READERS_WITHIN_S = 15.0
_AGAIN_S = 0.2

Check = Callable[[Connection], None]
Progress = Callable[[int, int], None]


class RebuildTakenOver(Exception):
    """Another rebuild has begun: this one has ended and changed nothing."""


class Rebuilding:
    """`fold(db, batch, reader)` folds into the tables and moves that reader's bookmark; `reader` is the live one's name."""

    def __init__(
        self,
        database: Database,
        reader: str,
        tables: Sequence[Table],
        fold: Callable[[Connection, Sequence[Recorded], str], None],
        *,
        check: Check = lambda _db: None,
        progress: Progress = lambda _done, _all: None,
        gently: bool = False,
    ) -> None:
        """`check` is asked in every transaction. `gently`: others work beside us, so as long as we write we rest."""
        self._database, self._reader, self._tables, self._fold_into = database, reader, tables, fold
        self._check, self._progress, self._gently = check, progress, gently
        self._shadow_reader = f"{reader}.rebuild"
        self._token = secrets.randbits(62)

    def run(self, shape: int) -> int:
        """Returns the position that the rebuilt tables stand at, and marks that they have this shape."""
        self._database.write(self._begin)
        while True:
            self._catch_up()
            self._database.write(self._prepare)
            self._await_old_readers()
            try:
                position = self._database.write(lambda db: self._swap(db, shape))
            except (
                OperationalError
            ) as busy:  # somebody reads the boards just now, and we would not let others wait for us
                if getattr(busy.orig, "sqlstate", "") != "55P03":
                    raise
                position = None
            if position is not None:
                return position
            time.sleep(_AGAIN_S)

    def _begin(self, db: Connection) -> None:
        self._check(db)
        for table in self._tables:
            table.create(db, checkfirst=True)
            db.execute(text(f"DROP TABLE IF EXISTS {_shadowed(table.name)}"))
            db.execute(CreateTable(table.to_metadata(MetaData(), name=_shadowed(table.name))))
        db.execute(delete(marks).where(marks.c.name == _MARK))
        db.execute(insert(marks).values(name=_MARK, at=self._token))
        save_bookmark(db, self._shadow_reader, 0)

    def _ours(self, db: Connection) -> None:
        self._check(db)
        if db.execute(select(marks.c.at).where(marks.c.name == _MARK)).scalar() != self._token:
            raise RebuildTakenOver

    def _catch_up(self) -> None:
        """Up to the live bookmark as of now, which moves on meanwhile; short transactions."""
        while True:
            with self._database.read() as db:
                live, here = bookmark(db, self._reader), bookmark(db, self._shadow_reader)
                batch = [r for r in read(db, here, limit=_BATCH) if r.position <= live]
            self._progress(here, live)
            if not batch:
                return
            began = time.monotonic()
            self._database.write(lambda db, batch=batch: self._fold(db, batch))  # type: ignore[misc]
            if self._gently:
                time.sleep(time.monotonic() - began)

    def _fold(self, db: Connection, batch: Sequence[Recorded]) -> None:
        self._ours(db)
        with into_shadow(db):
            self._fold_into(db, batch, self._shadow_reader)

    def _prepare(self, db: Connection) -> None:
        """Indexes before anybody waits; SQLite cannot rename one, so there they are made in the swap."""
        self._ours(db)
        if db.dialect.name == "postgresql":
            for index in _indexes(self._tables):
                statement = str(CreateIndex(index).compile(dialect=db.dialect))
                db.execute(text(_RENAMED.sub(_SHADOW, statement).replace("INDEX ", "INDEX IF NOT EXISTS ", 1)))

    def _await_old_readers(self) -> None:
        """On PostgreSQL a picture taken before the shadow was filled would show the new tables empty: let those end first."""
        asked = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend' AND xact_start < to_timestamp(:then)"
        )
        with self._database.read() as db:
            if db.dialect.name != "postgresql":
                return
            then = db.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar()
        until = time.monotonic() + _READERS_WITHIN_S
        while time.monotonic() < until:
            with self._database.read() as db:
                if not db.execute(asked, {"then": then}).scalar():
                    return
            time.sleep(0.02)

    def _swap(self, db: Connection, shape: int) -> int | None:
        """None: the live tables have gone too far ahead meanwhile."""
        self._ours(db)
        postgresql = db.dialect.name == "postgresql"
        if postgresql:  # from here on nobody folds and nobody reads; we give up before anybody waits long
            db.execute(text("SET LOCAL lock_timeout = '300ms'"))
            db.execute(text(f"LOCK TABLE {', '.join(t.name for t in self._tables)} IN ACCESS EXCLUSIVE MODE"))
        live, here = bookmark(db, self._reader), bookmark(db, self._shadow_reader)
        batch = [r for r in read(db, here, limit=_LITTLE + 1) if r.position <= live]
        if len(batch) > _LITTLE:
            return None
        if batch:
            self._fold(db, batch)
        for table in self._tables:
            db.execute(text(f"DROP TABLE {table.name}"))
            db.execute(text(f"ALTER TABLE {_shadowed(table.name)} RENAME TO {table.name}"))
            if postgresql:
                db.execute(text(f"ALTER INDEX {_shadowed(table.name)}_pkey RENAME TO {table.name}_pkey"))
        for index in _indexes(self._tables):
            if postgresql:
                db.execute(text(f"ALTER INDEX {_shadowed(str(index.name))} RENAME TO {index.name}"))
            else:
                db.execute(CreateIndex(index))
        db.execute(delete(marks).where(marks.c.name.in_((_MARK, self._reader))))
        db.execute(insert(marks).values(name=self._reader, at=shape))
        db.execute(delete(bookmarks).where(bookmarks.c.reader == self._shadow_reader))
        return live


_RENAMED = re.compile(rf"\b{_LIVE}(?=[a-z])")


def _shadowed(name: str) -> str:
    assert name.startswith(_LIVE), f"{name}: tables of projections are named {_LIVE}..."
    return _SHADOW + name.removeprefix(_LIVE)


def _indexes(tables: Sequence[Table]) -> list[Any]:
    return [index for table in tables for index in sorted(table.indexes, key=lambda each: str(each.name))]


@contextmanager
def into_shadow(db: Connection) -> Iterator[None]:
    """Every statement about a board is about its shadow meanwhile, on this connection: folds need not know."""

    def rename(_db: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> Any:
        return _RENAMED.sub(_SHADOW, statement), parameters

    event.listen(db, "before_cursor_execute", rename, retval=True)
    try:
        yield
    finally:
        event.remove(db, "before_cursor_execute", rename)
