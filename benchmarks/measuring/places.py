"""Where a measured log lies: a SQLite file, or a database of a PostgreSQL server that really puts it on disk."""

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)
_ROOT = str(Path(__file__).resolve().parents[2])
_AS_IN_A_TOWN = {
    "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "autovacuum": "on", "shared_buffers": "256MB",
    "checkpoint_timeout": "5min", "min_wal_size": "1GB",
}  # fmt: skip
_WAL_FILES = 40
"""Of 16 MB each, as docs/operations.md says that they be kept: a new one is filled with zeros and synced when its turn comes, every
seven seconds at 2,000 messages a second, and meanwhile the broker on the same disk waits. A server that has run for a day has old ones."""


class Places:
    """Gives each round an empty database of its own; a server is started when first one is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Any = None
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()

    @contextmanager
    def fresh(self, kind: str, folder: Path) -> Iterator[str | Path]:
        """What `make_database` opens; without tables. The file lies in `folder`, the server beside it."""
        if kind == SQLITE:
            yield folder / "shouwang.db"
            return
        name = f"measured_{next(self._numbers)}"
        self._do(f'CREATE DATABASE "{name}"')
        try:
            yield self._server.url(name)
        finally:
            self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _do(self, statement: str) -> None:
        if self._server is None:
            if _ROOT not in sys.path:  # the server is the one our tests run on, with other settings
                sys.path.append(_ROOT)
            from tests.postgres import Server  # noqa: PLC0415  # only who measures PostgreSQL needs it

            beside = self._folder / "postgresql" if _open_to_all(self._folder) else None
            self._server = Server(beside, **_AS_IN_A_TOWN)
            with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
                _age(connection)
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def _age(connection: "psycopg.Connection[Any]") -> None:
    """Give a new server the files for its log that an older one has."""
    for _ in range(_WAL_FILES):
        connection.execute("SELECT pg_logical_emit_message(true, 'measuring', ''), pg_switch_wal()")
    connection.execute("CHECKPOINT")


def _open_to_all(folder: Path) -> bool:
    """Can the server's user, who is not root, come to it? Else it gets a folder of its own elsewhere."""
    return all(above.stat().st_mode & 0o001 for above in [folder, *folder.resolve().parents])


def url_of(address: str | Path) -> str:
    """As DATABASE_URL names it."""
    return address if isinstance(address, str) else f"sqlite:///{address}"
