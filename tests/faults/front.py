"""The way to a server that one can shut: while it is shut, whoever calls is refused, and who was connected is cut off."""

import contextlib
import socket
import threading
from typing import Self

from tests.ports import free_port


class Front:
    """Listens on 127.0.0.1 at one port for as long as it is open."""

    def __init__(self, port: int) -> None:
        self._to, self.port = port, free_port()
        self._door: socket.socket | None = None
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    def open(self) -> None:
        """Let in."""
        door = self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(door,), name="front", daemon=True).start()

    def shut(self) -> None:
        """Refuse, and cut off."""
        door, self._door = self._door, None
        if door is not None:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)  # a thread that waits in `accept` does not see `close`
            door.close()
        self.cut()

    def cut(self) -> None:
        """Whoever is connected now."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            _end(end)

    def _accept(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = door.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                with self._lock:
                    self._ends |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), name="front", daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while words := source.recv(65536):
                sink.sendall(words)
        with self._lock:
            self._ends -= {source, sink}
        _end(source)
        _end(sink)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()
