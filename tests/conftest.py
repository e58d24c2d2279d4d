"""What all stories share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A town of one home, its clock in our hand."""
    home = House(tmp_path)
    yield home
    home.close()
