"""A desk for each test, and the same desk on a real server."""

import threading

import pytest
import uvicorn
from desk import Desk, until
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api.access import users
from api.app import end_streams
from tests.ports import free_port

RECOMMENDED = users._hasher


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """What a password costs is told once, in test_api_access; each other story pays less for those it needs."""
    quick = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(users, "_hasher", PasswordHash((quick,)))


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.close()


class Server:
    """uvicorn in a thread, on a free port of 127.0.0.1."""

    def __init__(self, app, port=None):
        self.port = port or free_port()
        self.app = app
        self._server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="warning", timeout_graceful_shutdown=3)
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self):
        end_streams(self.app)
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def server(desk):
    server = Server(desk.app)
    yield server
    if server._thread.is_alive():
        server.stop()


@pytest.fixture
def served(server):
    """The address."""
    return f"http://127.0.0.1:{server.port}"
