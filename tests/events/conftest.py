"""A log of its own for every story of the memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from events.keepers.sqlite import SqliteDatabase


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """An empty log on disk."""
    made = SqliteDatabase(tmp_path / "log.db", on_fatal=lambda _failure: None)
    made.create()
    yield made
    made.close()
