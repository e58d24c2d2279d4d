"""paho over a socket that reads and writes in one go, and that takes what devices say out of the stream before paho.

paho would ask the system three times for a packet and once for an ack; each of those calls lets another thread have the
interpreter, and the way back takes that thread's whole turn. And what it does with each message, so that any program can use it
in any way, was a quarter of all the interpreter did at 2,000 messages a second. Reports and their acks are of one simple form
(MQTT 3.1.1, 3.3 and 3.4); everything else, from the handshake on, is paho's.
"""

import socket
import ssl
import time
from contextlib import suppress
from typing import Any, NamedTuple

import paho.mqtt.client as paho

_AT_ONCE = 65_536
_UNSENT = 1 << 20
"""More than this does not wait here: the broker has stopped to read, and paho keeps the rest."""
_PUBLISH, _PUBACK = 3, 0x40
_LONGEST_LENGTH = 4
"""Bytes that say how long a packet is; with more it is none (MQTT 3.1.1, 2.2.3)."""


class Report(NamedTuple):
    """A PUBLISH at QoS 0 (`mid` 0) or 1."""

    topic: bytes
    payload: bytes
    mid: int
    qos: int
    retained: bool


class GatheringSocket:
    """What paho needs of a socket, and packets by themselves. What `send` took leaves with `flush`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._read, self._at = b"", 0
        self._granted = 0
        """Up to here paho may read: the end of a packet that is here as a whole."""
        self.over = False
        """The other side has closed."""
        self.unsent = bytearray()
        with suppress(OSError):  # whole packets are put together here
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fill(self) -> bool:
        """Read the system once; whether anything came, be it the end. Raises OSError when the connection is gone."""
        try:
            read = self._sock.recv(max(_AT_ONCE, len(self._read) - self._at))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        self.over = not read
        self._read, self._granted, self._at = self._read[self._at :] + read, 0, 0
        return True

    @property
    def waiting(self) -> bytes:
        """What has been read of the system and not been asked for."""
        return self._read[self._at :]

    def next(self) -> Report | bool:
        """The next packet, when it is a report; True: another one is here for paho to `recv`; False: none is here as a whole."""
        read, at = self._read, self._at
        length, shift, start = 0, 0, at + 1
        while True:
            if start >= len(read):
                return False
            byte = read[start]
            length |= (byte & 127) << shift
            start += 1
            if byte < 128:
                break
            shift += 7
            if shift == 7 * _LONGEST_LENGTH:
                return self._grant(start)  # no packet at all: paho says so
        end = start + length
        if end > len(read):
            return False
        first = read[at]
        qos = (first >> 1) & 3
        if first >> 4 != _PUBLISH or qos > 1 or length < 2:
            return self._grant(end)
        topic_end = start + 2 + (read[start] << 8 | read[start + 1])
        body = topic_end + 2 * qos
        if body > end or topic_end == start + 2:
            return self._grant(end)  # malformed, and paho's to refuse
        self._at = end
        mid = read[topic_end] << 8 | read[topic_end + 1] if qos else 0
        return Report(read[start + 2 : topic_end], read[body:end], mid, qos, bool(first & 1))

    def _grant(self, end: int) -> bool:
        self._granted = end
        return True

    def recv(self, size: int) -> bytes:
        """For paho: of the packet that is here for it; b"" at the end. Raises BlockingIOError when there is none."""
        if self._at >= self._granted:
            if self.over:
                return b""
            raise BlockingIOError
        at, self._at = self._at, min(self._at + size, self._granted)
        return self._read[at : self._at]

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
        """Bytes that TLS has already read from the system, so that no selector sees them."""
        beneath = getattr(self._sock, "pending", None)
        return beneath() if beneath else 0

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

    def heard(self) -> None:
        """The broker is there: what paho notes of the packets it reads itself."""
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()

    def ack_report(self, mid: int) -> None:
        """A PUBACK, behind whatever paho has still to send."""
        sock: Any = self.socket()
        if sock is not None and not self.want_write():
            with suppress(BlockingIOError):
                sock.send(bytes((_PUBACK, 2, mid >> 8, mid & 255)))
                return
        self.ack(mid, 1)
