"""What all stories share."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from events.database import Database
from tests import worded
from tests.house import House
from tests.postgres import Databases, databases
from tests.prepared import opened

worded.share()
# Whatever a story starts: several run beside each other, none before another.
os.environ["SHOUWANG_PRECEDENCE"] = "none"

# How long an example takes says something of the machine, and of the tests beside this one.
settings.register_profile("no_clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no_clock")

BOTH = ["sqlite", "postgresql"]


LONGEST = (
    "test_recorded_week.py", "test_benchmarks_run.py", "test_demo.py", "test_clock_set.py", "test_each_place_once.py",
    "test_random_rounds.py", "test_world.py", "test_up.py", "test_apart.py", "test_browser_pages.py",
)  # fmt: skip
"""Each keeps one worker for long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They come first, and not all to one worker: each is given as many in a row at the start, and takes from others at the end."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    rest = iter([item for item in items if item.path.name not in LONGEST])
    rows: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, name in enumerate(LONGEST):
        rows[number % workers] += [item for item in items if item.path.name == name]
    shares = [len(items) * (number + 1) // workers - len(items) * number // workers for number in range(workers)]
    for row, share in zip(rows, shares, strict=True):
        row.extend(islice(rest, max(0, share - len(row))))
    items[:] = [*chain.from_iterable(rows), *rest]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """A server for the whole run, started when it is first asked for."""
    made = databases()
    yield made
    made.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Stories of a module marked `both` are told twice."""
    if "kept_by" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both"):
        metafunc.parametrize("kept_by", BOTH, indirect=True)


FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",
]
"""Chromium as root, without a screen, and without calling home."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's browser, one for all tests."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs a browser: apt-get install -y chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def kept_by(request: pytest.FixtureRequest) -> str:
    """Which database keeps the log of this story."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def address(kept_by: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | Path]:
    """Where an empty database of this kind may be opened."""
    if kept_by == "sqlite":
        yield tmp_path / "log.db"
        return
    with request.getfixturevalue("postgresql").fresh() as url:
        yield url


@pytest.fixture
def house(address: str | Path) -> Iterator[House]:
    """A town of one home, its clock in our hand."""
    home = House(address)
    yield home
    home.close()


@pytest.fixture(params=BOTH)
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty log on disk, kept by each of our databases in turn."""
    with contextlib.ExitStack() as stack:
        place: str | Path = tmp_path / "log.db"
        if request.param == "postgresql":
            place = stack.enter_context(request.getfixturevalue("postgresql").fresh())
        made = opened(place, on_fatal=lambda _failure: None)
        stack.callback(made.close)
        yield made
