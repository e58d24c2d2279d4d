"""An end to a whole call: a time-out of sockets begins anew with each byte, and a server that drips holds its caller for ever."""

import contextlib
import heapq
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class _Call:
    """One under way, and the connection it goes by as soon as it has one."""

    def __init__(self, until: float) -> None:
        self.until, self.ended = until, False
        self.connection: HTTPConnection | None = None

    def __lt__(self, other: "_Call") -> bool:
        return self.until < other.until

    def cut(self) -> None:
        line = self.connection.sock if self.connection is not None else None
        if line is not None:
            with contextlib.suppress(Exception):  # this thread must go on for the others
                # Not the method of a TLS socket, which would take its state away from under the reader.
                socket.socket.shutdown(line, socket.SHUT_RDWR)


class _Watch:
    """One thread for the calls of all: to start one for each costs it half a millisecond and two changes of threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: list[_Call] = []
        self._thread: threading.Thread | None = None

    def begin(self, call: _Call) -> None:
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            heapq.heappush(self._calls, call)
            if self._calls[0] is call:
                self._changed.notify()

    def end(self, call: _Call) -> None:
        with self._changed:  # from here on nobody cuts what the next call goes by
            call.ended = True

    def _run(self) -> None:
        with self._changed:
            while True:
                self._changed.wait(self._calls[0].until - time.monotonic() if self._calls else None)
                while self._calls and (self._calls[0].ended or self._calls[0].until <= time.monotonic()):
                    over = heapq.heappop(self._calls)
                    if not over.ended:
                        over.cut()


_watch = _Watch()
_here = threading.local()


def _goes_by(connection: HTTPConnection) -> None:
    call: _Call | None = getattr(_here, "call", None)
    if call is not None:
        call.connection = connection


class _Http(HTTPConnection):
    """Known to its call from the moment it is used."""

    def request(self, *args: Any, **more: Any) -> None:
        """Urllib3's own."""
        _goes_by(self)
        super().request(*args, **more)


class _Https(HTTPSConnection):
    """The same over TLS."""

    def request(self, *args: Any, **more: Any) -> None:
        """Urllib3's own."""
        _goes_by(self)
        super().request(*args, **more)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


def can_be_cut(session: Session) -> None:
    """From now on `ends_within` holds for this session's calls."""
    for scheme in ("http://", "https://"):
        adapter = session.get_adapter(scheme)
        assert isinstance(adapter, HTTPAdapter)
        adapter.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


@contextlib.contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """What this thread calls in the block is cut off when the time is over; it then looks like a line that broke."""
    call = _here.call = _Call(time.monotonic() + seconds)
    _watch.begin(call)
    try:
        yield
    finally:
        _watch.end(call)
        _here.call = None
