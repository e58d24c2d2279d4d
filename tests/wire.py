"""A wire one can cut: stands before a server and lets bytes through until it is told, or sees, when to stop."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from sqlalchemy import make_url

from events.keepers.postgresql import PostgresqlDatabase


class FirstCommit:
    """For `on_asked` of a wire: the first COMMIT meets this fate, and nothing else does. `met`: whether it has."""

    def __init__(self, fate: str) -> None:
        self._fate, self.met = fate, False

    def __call__(self, asked: bytes) -> str:
        if b"COMMIT\0" not in asked or self.met:
            return ""
        self.met = True
        return self._fate


class Wire:
    """Listens on 127.0.0.1. `on_asked(bytes)` may answer "cut" (they never arrive) or "deaf" (they do, the answer not)."""

    def __init__(self, port: int, on_asked: Callable[[bytes], str] = lambda _asked: "") -> None:
        self._to, self.on_asked = port, on_asked
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                self._open += [near, far]
                deaf = threading.Event()
                threading.Thread(target=self._asks, args=(near, far, deaf), daemon=True).start()
                threading.Thread(target=self._answers, args=(near, far, deaf), daemon=True).start()

    def _asks(self, near: socket.socket, far: socket.socket, deaf: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while asked := near.recv(65536):
                fate = self.on_asked(asked)
                if fate == "cut":
                    _end(near, far)
                    return
                if fate == "deaf":
                    deaf.set()
                far.sendall(asked)
        _end(near, far)

    def _answers(self, near: socket.socket, far: socket.socket, deaf: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while answer := far.recv(65536):
                if deaf.is_set():  # the server has done it, and nobody will hear
                    break
                near.sendall(answer)
        _end(near, far)

    def cut(self) -> None:
        """Everything that is connected now."""
        _end(*self._open)
        self._open.clear()

    def close(self) -> None:
        self._door.close()
        self.cut()


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            end.close()


def through(url: str, wire: Wire) -> PostgresqlDatabase:
    over = make_url(url).set(host="127.0.0.1", port=wire.port, query={"sslmode": "disable"})
    return PostgresqlDatabase(over.render_as_string(hide_password=False))


def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.01)
