"""A log of its own for every story of the memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from events.keepers.sqlite import SqliteDatabase
from tests.postgres import Databases
from tests.prepared import laid
from tests.wire import Wire


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """An empty log on disk."""
    made = SqliteDatabase(laid(tmp_path / "log.db"), on_fatal=lambda _failure: None)
    yield made
    made.close()


@pytest.fixture
def url(postgresql: Databases) -> Iterator[str]:
    with postgresql.fresh() as made:
        yield made


@pytest.fixture
def wire(url: str) -> Iterator[Wire]:
    made = Wire(make_url(url).port or 5432)
    yield made
    made.close()
