"""A log of its own for every story of the memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from events.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty log on disk."""
    made = Database(tmp_path / "log.db", on_fatal=lambda _failure: None)
    made.create()
    yield made
    made.close()
