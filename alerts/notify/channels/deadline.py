"""An end to a whole call: a time-out of sockets begins anew with each byte, and a server that drips holds its caller for ever."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_here = threading.local()


class _Http(HTTPConnection):
    """Known to its thread from the moment it is used."""

    def request(self, *args: Any, **more: Any) -> None:
        """Urllib3's own."""
        _here.connection = self
        super().request(*args, **more)


class _Https(HTTPSConnection):
    """The same over TLS."""

    def request(self, *args: Any, **more: Any) -> None:
        """Urllib3's own."""
        _here.connection = self
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
    _here.connection = None
    mine = _here.__dict__  # this thread's own, in the hands of the timer

    def cut() -> None:
        connection = mine["connection"]
        line = connection.sock if connection is not None else None
        if line is not None:
            with contextlib.suppress(OSError):
                # Not the method of a TLS socket, which would take its state away from under the reader.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _here.connection = None
