"""The databases that keep the promise of `events.database`: one a file."""

from collections.abc import Callable
from pathlib import Path

from events.database import Database
from events.keepers.postgresql import PostgresqlDatabase
from events.keepers.sqlite import SqliteDatabase

__all__ = ["PostgresqlDatabase", "SqliteDatabase", "make_database"]


def make_database(address: str | Path, on_fatal: Callable[[BaseException], None] | None = None) -> Database:
    """The database at a path (SQLite) or an URL (`sqlite:///PATH`, `postgresql://...`).

    `on_fatal` is called when the storage can no longer be trusted; the default ends the process.
    """
    if isinstance(address, Path) or "://" not in address:
        return SqliteDatabase(Path(address), on_fatal=on_fatal)
    scheme, _, rest = address.partition("://")
    if scheme.partition("+")[0] in {"postgres", "postgresql"}:
        return PostgresqlDatabase(address, on_fatal=on_fatal)
    if scheme == "sqlite" and len(rest) > 1:
        return SqliteDatabase(Path(rest[1:]), on_fatal=on_fatal)
    raise ValueError("the address of a database is a path, sqlite:///PATH or postgresql://...")
