"""The memory: opened, with its tables in the shape this program needs; also by commands that run beside the service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from events import store
from events.database import Database
from events.keepers import make_database
from shouwang.exits import Exit, Refused
from shouwang.operations.migrating import migrate
from shouwang.settings import Settings

BY = "command line"
"""Who did it, in the record of what was done: whoever may read the data folder."""


def open_memory(settings: Settings) -> Database:
    """The log that is already there. Raises Refused when there is none."""
    if settings.database_url is None and not settings.database_path.exists():
        raise Refused(
            f"还没有数据：{settings.database_path}",
            f"no log at {settings.database_path}; set SHOUWANG_HOME, or start with `shouwang up`",
        )
    database = make_database(settings.database)
    if settings.database_url is not None and not _has_log(database):
        database.close()
        raise Refused("数据库里还没有数据", "no log in the database of DATABASE_URL; start with `shouwang up`")
    return database


def made_memory(settings: Settings, *, on_fatal: Callable[[BaseException], None] | None = None) -> Database:
    """The log with all tables, made or changed when they are not as they should be. Raises Refused."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = make_database(settings.database, on_fatal)
    try:
        migrate(database)
    except OperationalError as failure:
        database.close()
        if settings.database_url is None:
            raise
        raise _unreachable(failure) from None
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def memory(settings: Settings) -> Iterator[Database]:
    """The log with all tables. Beside a running service this only waits for its turn to write."""
    database = made_memory(settings)
    try:
        yield database
    finally:
        database.close()


def has_history(settings: Settings) -> bool:
    """Whether anything was ever recorded."""
    if settings.database_url is None and not settings.database_path.exists():
        return False
    with memory(settings) as database, database.read() as db:
        return store.head(db) > 0


def _has_log(database: Database) -> bool:
    try:
        with database.read() as db:
            return inspect(db).has_table("events")
    except OperationalError as failure:
        raise _unreachable(failure) from None


def _unreachable(failure: OperationalError) -> Refused:
    """The server's own words name host, user and database, and no password."""
    said = str(failure.orig).strip().partition("\n")[0]
    return Refused("连不上 DATABASE_URL 的数据库", f"the database of DATABASE_URL: {said}", code=Exit.FAILED)
