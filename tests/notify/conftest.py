"""The room and the provider that the stories of sending use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sending_room import Room

from simulators.twilio import SimulatedTwilio


@pytest.fixture
def room(address: str | Path) -> Iterator[Room]:
    made = Room(address)
    yield made
    made.close()


@pytest.fixture
def provider() -> Iterator[SimulatedTwilio]:
    with SimulatedTwilio() as running:
        yield running
