"""A desk for each test, a client without credentials, and a real server for what streams."""

import socket
import sys
import threading
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))  # desk.py, also for the tests in the browser

from desk import Desk, until

from api.app import end_streams


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def client(desk):
    with TestClient(desk.app, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def served(desk):
    """The address of the desk on a real server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(desk.app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    end_streams(desk.app)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
