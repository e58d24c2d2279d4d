"""The device's end of MQTT 3.1.1, in bytes: connect, publish at QoS 1, read acknowledgements. Fast, and no memory of its own."""

import contextlib
import socket
import struct
from urllib.parse import urlsplit

_CONNACK, _PUBACK = 0x20, 0x40


class LineBroken(Exception):
    """The connection is gone; whatever was not acknowledged has to be said again."""


class Line:
    """One connection, a clean session. Everything raises LineBroken when it has ended."""

    def __init__(self, url: str, client: str, *, patience_s: float = 2.0) -> None:
        """Raises LineBroken when nobody answers, or we are not let in."""
        to = urlsplit(url)
        try:
            self._socket = socket.create_connection((to.hostname or "", to.port or 1883), timeout=patience_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(_connect(client, to.username or "", to.password or ""))
            answer = self._socket.recv(4, socket.MSG_WAITALL)
        except OSError as fault:
            raise LineBroken(str(fault)) from None
        if len(answer) < 4 or answer[0] != _CONNACK or answer[3] != 0:
            self.close()
            raise LineBroken(f"not let in: {answer!r}")
        self._socket.setblocking(False)
        self._unsent = bytearray()
        self._unread = b""

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    @property
    def stuffed(self) -> bool:
        """Nobody takes our bytes: hand over no more."""
        return len(self._unsent) > 256 * 1024

    @property
    def wants_to_write(self) -> bool:
        """Bytes are waiting for room in the socket."""
        return bool(self._unsent)

    def publish(self, mid: int, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Queue it; `flush` sends."""
        name = topic.encode()
        rest = struct.pack("!H", len(name)) + name + struct.pack("!H", mid) + payload
        self._unsent += bytes((0x32 | retain,)) + _length(len(rest)) + rest

    def flush(self) -> None:
        """Send what the socket takes."""
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except BlockingIOError:
                return
            except OSError as fault:
                raise LineBroken(str(fault)) from None
            del self._unsent[:sent]

    def acknowledged(self) -> list[int]:
        """The numbers that the broker has acknowledged since the last question, in order."""
        chunks = [self._unread]
        while True:
            try:
                chunk = self._socket.recv(65_536)
            except BlockingIOError:
                break
            except OSError as fault:
                raise LineBroken(str(fault)) from None
            if not chunk:
                if len(chunks) == 1:
                    raise LineBroken("the broker has closed the connection")
                break  # what came before the end still counts
            chunks.append(chunk)
        heard, mids, at = b"".join(chunks), [], 0
        while at + 2 <= len(heard) and at + 2 + heard[at + 1] <= len(heard):  # we get no packet of 128 bytes or more
            if heard[at] == _PUBACK:
                mids.append(int.from_bytes(heard[at + 2 : at + 4]))
            at += 2 + heard[at + 1]
        self._unread = heard[at:]
        return mids

    def close(self) -> None:
        """Without a goodbye."""
        with contextlib.suppress(OSError):
            self._socket.close()


def _connect(client: str, user: str, password: str) -> bytes:
    fields = b"".join(struct.pack("!H", len(each)) + each for each in (e.encode() for e in (client, user, password)))
    rest = b"\x00\x04MQTT\x04\xc2\x00\x00" + fields  # a clean session, name and password, no keep-alive
    return b"\x10" + _length(len(rest)) + rest


def _length(number: int) -> bytes:
    out = bytearray()
    while True:
        number, digit = divmod(number, 128)
        out.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(out)
