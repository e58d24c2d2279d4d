"""The room and the provider that the stories of sending use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sending_room import Room

from simulators.twilio import SimulatedTwilio


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.close()


@pytest.fixture
def provider() -> Iterator[SimulatedTwilio]:
    with SimulatedTwilio() as running:
        yield running
