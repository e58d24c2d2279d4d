"""A desk for each test, a client without credentials, and a real server for what streams."""

import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))

from desk_server import desk, quick_passwords, served, server  # noqa: F401  # fixtures


@pytest.fixture
def client(desk):  # noqa: F811  # the fixture above
    with TestClient(desk.app, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def desked(desk, client):  # noqa: F811  # the fixture above
    """The same, as the duty operator's token."""
    client.headers.update(desk.token(name="duty"))
    return client
