"""One generated log for all stories of replay: made once, only read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from events.database import Database
from events.keepers import make_database
from tests.replay.weeks import Weeks

FACTS = 20_000


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a town that has lived through some days, its service stopped in order."""
    path = tmp_path_factory.mktemp("lived") / "log.db"
    weeks = Weeks(path, seed=5, homes=40)
    weeks.run(FACTS)
    assert weeks.restarts, "the engine was started anew"
    assert weeks.interruptions > 10, "people acted while it was deciding"
    weeks.close()
    return path


@pytest.fixture
def log(lived: Path) -> Iterator[Database]:
    """That log, opened."""
    database = make_database(lived)
    yield database
    database.close()
