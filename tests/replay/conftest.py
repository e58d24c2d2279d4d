"""One generated log for all stories of replay, whichever worker tells them: made once, only read."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from events.database import Database
from events.keepers import make_database
from tests.prepared import once_a_run
from tests.replay.weeks import Weeks

FACTS = 20_000


def live(path: Path) -> None:
    """A town lives through some days, and its service is stopped in order."""
    weeks = Weeks(path, seed=5, homes=40)
    weeks.run(FACTS)
    assert weeks.restarts, "the engine was started anew"
    assert weeks.interruptions > 10, "people acted while it was deciding"
    weeks.close()


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its database."""
    return Path(shutil.copy(once_a_run(tmp_path_factory, "lived.db", live), tmp_path_factory.mktemp("lived")))


@pytest.fixture
def log(lived: Path) -> Iterator[Database]:
    """That log, opened."""
    database = make_database(lived)
    yield database
    database.close()
