"""What a database promises the house, whichever keeps it; the keepers lie in `events/keepers`."""

import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from events.serial import Recorded

T = TypeVar("T")
log = logging.getLogger("shouwang.database")


class StorageFull(Exception):
    """The disk is full: nothing was written, what was asked may be asked again."""


class CommitUnclear(Exception):
    """The connection was lost while committing: it is written, or it is not.

    Keyed facts may simply be told again; who decided looks first.
    """


class Database(ABC):
    """Many readers and writers. `write` may be called from any thread; `read` gives a short snapshot."""

    shared = False
    """May other processes work on it at the same time?"""
    session = ""
    """What the server knows this process's connections by."""

    def __init__(self, on_fatal: Callable[[BaseException], None] | None = None) -> None:
        """`on_fatal` is called when the storage can no longer be trusted; the default ends the process."""
        self._listeners: list[Callable[[list[Recorded]], None]] = []
        self._on_fatal = on_fatal or _end_process

    @property
    @abstractmethod
    def address(self) -> str | Path:
        """What `make_database` opens the same one again by; it may hold a password, so it is never shown."""

    @abstractmethod
    def create(self) -> None:
        """Make all tables that the imported rooms have entered, with their triggers; what is there stays."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A connection within one short read transaction: all it asks is answered as of one moment."""

    @abstractmethod
    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Hand work over; the future is done when it is committed, that is: on disk."""

    @abstractmethod
    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> T:
        """Run work in a transaction and return its result after the commit. Whatever it raises undoes it.

        Work may be run again from its beginning when the database could not let it through the first time. `patient`:
        where all share one writer, others who come meanwhile may go before.
        """

    def end_session(self, session: str) -> None:
        """Have the server end all connections of this session: what it holds is free, what it had begun is undone."""
        del session

    @abstractmethod
    def close(self) -> None:
        """Finish what is waiting, then close."""

    def on_landed(self, listener: Callable[[list[Recorded]], None]) -> Callable[[], None]:
        """Call `listener` with what this process appended, after each commit. Returns how to stop that.

        With one writer they come in order; with several a later commit may be told first.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_hint(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when another process may have appended. Only a hint: it may come late, or never."""
        del listener
        return lambda: None

    def _hand_over(self, landed: list[Recorded]) -> None:
        for listener in list(self._listeners) if landed else ():
            try:
                listener(landed)
            except Exception:  # it is written; readers find in the database what they missed here
                log.exception("a listener failed")


def _end_process(_failure: BaseException) -> None:
    os._exit(70)
