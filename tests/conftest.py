"""What all stories share."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from events.database import Database
from events.keepers import make_database
from tests.house import House
from tests.postgres import Databases, databases

BOTH = ["sqlite", "postgresql"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A town of one home, its clock in our hand."""
    home = House(tmp_path)
    yield home
    home.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """A server for the whole run, started when it is first asked for."""
    made = databases()
    yield made
    made.close()


@pytest.fixture(params=BOTH)
def any_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | Path]:
    """Where a database of either kind may be opened."""
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            yield tmp_path / "log.db"
        else:
            yield stack.enter_context(request.getfixturevalue("postgresql").fresh())


@pytest.fixture
def any_database(any_address: str | Path) -> Iterator[Database]:
    """An empty log on disk, kept by each of our databases in turn."""
    made = make_database(any_address, on_fatal=lambda _failure: None)
    made.create()
    yield made
    made.close()
