"""The memory seen from a command that runs beside the service, or without it."""

from collections.abc import Iterator
from contextlib import contextmanager

from events import store
from events.database import Database
from events.keepers import make_database
from shouwang.exits import Refused
from shouwang.settings import Settings

BY = "command line"
"""Who did it, in the record of what was done: whoever may read the data folder."""


def open_memory(settings: Settings) -> Database:
    """The log that is already there. Raises Refused when there is none."""
    if not settings.database_path.exists():
        raise Refused(
            f"还没有数据：{settings.database_path}",
            f"no log at {settings.database_path}; set SHOUWANG_HOME, or start with `shouwang up`",
        )
    return make_database(settings.database_path)


@contextmanager
def memory(settings: Settings) -> Iterator[Database]:
    """The log with all tables, made when missing. Beside a running service this only waits for its turn to write."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = make_database(settings.database_path)
    try:
        database.create()
        yield database
    finally:
        database.close()


def has_history(settings: Settings) -> bool:
    """Whether anything was ever recorded."""
    if not settings.database_path.exists():
        return False
    with memory(settings) as database, database.read() as db:
        return store.head(db) > 0
