"""paho over a socket that reads and writes in one go: it would ask the system three times for a packet, and once for an ack.

Each of those calls lets another thread have the interpreter, and the way back takes that thread's whole turn: at 2,000
messages a second the line waited for its turns more than it worked.
"""

import socket
import ssl
from contextlib import suppress
from typing import Any

import paho.mqtt.client as paho

_AT_ONCE = 65_536
_UNSENT = 1 << 20
"""More than this does not wait here: the broker has stopped to read, and paho keeps the rest."""


class GatheringSocket:
    """What paho needs of a socket. `recv` hands out what one read has brought; what `send` took leaves with `flush`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._read, self._at = b"", 0
        self.unsent = bytearray()
        with suppress(OSError):  # whole packets are put together here
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end. Raises what the socket raises."""
        at, end = self._at, self._at + size
        if at == len(self._read):
            self._read, self._at = self._sock.recv(max(size, _AT_ONCE)), 0
            at, end = 0, size
        self._at = min(end, len(self._read))
        return self._read[at:end]

    def send(self, data: bytes | bytearray) -> int:
        """Taken whole. Raises BlockingIOError while too much waits."""
        if len(self.unsent) > _UNSENT:
            raise BlockingIOError
        self.unsent += data
        return len(data)

    def flush(self) -> None:
        """As much as the system takes now; the rest stays in `unsent`. Raises OSError when the connection is gone."""
        while self.unsent:
            try:
                sent = self._sock.send(self.unsent)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            del self.unsent[:sent]

    def pending(self) -> int:
        """Bytes that are here and that no selector sees."""
        beneath = getattr(self._sock, "pending", None)
        return len(self._read) - self._at + (beneath() if beneath else 0)

    def close(self) -> None:
        """What is left goes out first if the system takes it."""
        with suppress(OSError):
            self.flush()
        self._sock.close()

    def fileno(self) -> int:
        """-1 once it is closed."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """As for any socket."""
        self._sock.setblocking(flag)


class GatheringClient(paho.Client):
    """Over websockets paho wraps its socket in the same place."""

    def _create_socket(self) -> Any:
        sock: Any = super()._create_socket()  # plain or TLS
        return GatheringSocket(sock)
