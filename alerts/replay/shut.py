"""A database whose door for writing is shut."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection

from events.database import Database, T


class WouldAct(RuntimeError):
    """Deciding again tried to write: that is a fault of the program, and nothing was written."""


class Shut(Database):
    """A database that can only be read: whoever decides again is handed this one."""

    def __init__(self, database: Database) -> None:
        super().__init__(on_fatal=lambda _failure: None)
        self._database = database

    @property
    def address(self) -> str | Path:
        """Where it lies."""
        return self._database.address

    def create(self) -> None:
        """Refused."""
        raise WouldAct("create")

    def read(self) -> AbstractContextManager[Connection]:
        """A short read transaction."""
        return self._database.read()

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Refused."""
        raise WouldAct(f"{work} was handed over")

    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> T:
        """Refused."""
        raise WouldAct(f"{work} would write, patient: {patient}")

    def close(self) -> None:
        """Its owner closes it."""
