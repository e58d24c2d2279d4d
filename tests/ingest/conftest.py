"""A database on disk, a clock in the hand, a door, and the real broker."""

import pytest
from door import Clock, enrol, fresh, running

from ingest.broker import Broker
from tests.ports import free_port


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(tmp_path):
    found = fresh(tmp_path / "log.sqlite")
    enrol(found)
    yield found
    found.close()


@pytest.fixture
def door(database, clock):
    with running(database, clock) as found:
        yield found


@pytest.fixture
def broker(tmp_path):
    found = Broker(tmp_path / "broker", port=free_port(), ack_wait_s=1.0, sweep_every_s=0.3)
    found.start()
    found.wait_ready()
    yield found
    found.stop()
