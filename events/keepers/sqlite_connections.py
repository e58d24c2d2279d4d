"""Connections to one SQLite file: how each is set up, and how its transactions begin."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from events.keepers.sqlite_errors import code_of
from events.storable import clean_parameters

PATIENCE_MS = 30_000
"""So long a connection waits for another program that holds the file."""
_TURN_S = 0.005


class NoWriteAheadLog(Exception):
    """The file system or a failing disk does not let it be made."""


def engine_for(path: Path, begins: Callable[[Connection], None], **pool: Any) -> Engine:
    """Connections of one pool, whose transactions begin so."""
    engine = create_engine(f"sqlite:///{path}", **pool)
    event.listen(engine, "before_cursor_execute", clean_parameters, retval=True)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begins)
    return engine


def begin_to_read(db: Connection) -> None:
    """It takes no lock until the first question."""
    _say(db, "BEGIN")


def begin_to_write(db: Connection) -> None:
    """Nobody else writes from here on."""
    _say(db, "BEGIN IMMEDIATE")


def _say(db: Connection, words: str) -> None:
    """To the driver: through SQLAlchemy to begin costs as much as a small question. Raises what SQLAlchemy would."""
    raw: Any = db.connection.driver_connection
    try:
        raw.execute(words)
    except sqlite3.Error as refusal:
        raise DBAPIError.instance(words, None, refusal, sqlite3.Error) from refusal


def rows_changed(db: Connection) -> int:
    """By this connection since it was opened."""
    return int(getattr(db.connection.driver_connection, "total_changes", 0))


def prepare(connection: Any, _record: Any) -> None:
    """WAL with synchronous=FULL lost no acknowledged row in simulated power cuts; NORMAL lost some.

    What undoes one statement is kept in memory: in /var/tmp it would take a second disk that can be full or read-only.
    """
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
    mode = _write_ahead(connection, time.monotonic() + PATIENCE_MS / 1000)
    if mode != "wal":  # SQLite says so in passing, and goes on without
        raise NoWriteAheadLog(f"the database has no write-ahead log but works by {mode!r}")
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=0", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any, until: float) -> str:
    """The journal's kind after asking for WAL; with patience, until that moment of the monotonic clock.

    Of two who first open a new file at once SQLite refuses one at once, whatever its `busy_timeout`: both have read
    the header and want to write it, so that one waiting for the other would wait for ever.
    """
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError as refusal:
            if code_of(refusal) != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_TURN_S)
