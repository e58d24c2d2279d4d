"""The projections folded anew while the service goes on: nobody sees an empty board, nothing is sent, nothing is lost."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import Connection, func, inspect, select, text

from alerts.notify.outbox import outbox
from alerts.projections import alerts, projector
from alerts.projections.projector import PROJECTIONS, Projector, fold_batch, rebuild
from alerts.projections.rebuilding import Rebuilding, RebuildTakenOver
from events.database import Database
from events.failpoints import VARIABLE
from events.follow import bookmark
from events.keepers import make_database
from events.store import New, append, head, read, version_of
from events.types.alert import AlertClosed, AlertRaised, Terms
from events.types.message import MessagePlanned
from tests.house import START
from tests.shouwang.running import until

TABLES = [table for projection in PROJECTIONS for table in projection.tables]
Rows = dict[str, list[tuple[Any, ...]]]


def rows(database: Database) -> Rows:
    with database.read() as db:
        return {
            table.name: [tuple(row) for row in db.execute(select(table).order_by(*table.primary_key.columns))]
            for table in TABLES
        }


def folded_once(database: Database, path: Path) -> Rows:
    """The same log folded from its beginning into an empty file."""
    fresh = make_database(path)
    fresh.create()
    position = 0
    while True:
        with database.read() as db:
            batch = read(db, position)
        if not batch:
            break
        fresh.write(partial(fold_batch, batch=batch))
        position = batch[-1].position
    found = rows(fresh)
    fresh.close()
    return found


def happens(db: Connection, number: int) -> None:
    """An alert is raised and another closed, and somebody is written to."""
    name, at = f"alert-a{number}", START + number
    terms = Terms(alert_class=1, steps=[], chain={})
    raised = AlertRaised(alert=f"a{number}", home=f"h{number % 50}", site="dp", danger="sos", reason={}, terms=terms)
    planned = MessagePlanned(
        message=f"m{number}", tell=1, alert=f"a{number}", site="dp", alert_class=1, round=1, step=1, person="w1",
        phone="p1", channel="twilio_sms", template="first_sos",
    )  # fmt: skip
    news = [New(name, "dp", raised, at), New("person-w1", "w1", planned, at, key=f"planned-m{number}")]
    after = {name: 0}
    if number > 20:
        old = f"alert-a{number - 20}"
        news.append(New(old, "dp", AlertClosed(alert=old[6:], outcome="rescued", by="u", via="console"), at))
        after[old] = version_of(db, old)
    append(db, news, recorded_at=at, after=after)


class Busy:
    """A service: something happens all the time, it is folded, and a console looks."""

    def __init__(self, address: str | Path) -> None:
        self.database, self.console = make_database(address), make_database(address)
        self.database.create()
        self.number = 0
        for _ in range(40):
            self._happens()
        self.failures: list[BaseException] = []
        self.projector = Projector(self.database, on_fatal=self.failures.append)
        while self.projector.step():
            pass
        self.seen: list[int] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._keep, args=(work,)) for work in (self._happens, self._looks)]

    def _keep(self, work: Callable[[], None]) -> None:
        try:
            while not self._stop.wait(0.01):
                work()
        except Exception as failure:
            self.failures.append(failure)

    def goes_on(self) -> None:
        """Returns when ten more things have happened and the console has looked five more times."""
        first, seen = self.number, len(self.seen)
        until(lambda: self.number >= first + 10 and len(self.seen) >= seen + 5, "the service goes on")

    def _happens(self) -> None:
        self.number += 1
        number = self.number
        self.database.write(lambda db: happens(db, number))

    def _looks(self) -> None:
        with self.console.read() as db:
            self.seen.append(len(alerts.open_alerts(db, START)))

    def __enter__(self) -> Self:
        self.projector.start()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        with self.database.read() as db:
            end = head(db)
        assert self.projector.wait_for(end, 20)
        self.projector.stop()

    def close(self) -> None:
        self.console.close()
        self.database.close()


@pytest.fixture
def busy(address: str | Path) -> Iterator[Busy]:
    made = Busy(address)
    yield made
    made.close()


@pytest.mark.both
def test_while_the_service_goes_on_nobody_sees_an_empty_board(
    busy: Busy, address: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_database(address)
    with other.read() as db:
        names = {i["name"] for table in TABLES for i in inspect(db).get_indexes(table.name)}
    with busy:
        for _ in range(3):
            busy.goes_on()
            rebuild(other, gently=True)
    assert busy.failures == []
    assert min(busy.seen) >= 20, "from the beginning twenty are open at any time"
    assert busy.number > 60, "there was traffic all the time"
    live = rows(busy.database)
    assert live == folded_once(busy.database, tmp_path / "fresh.db")
    with other.read() as db:
        assert db.execute(select(func.count()).select_from(outbox)).scalar() == 0, "nothing was written to be sent"
        assert not [name for name in inspect(db).get_table_names() if name.startswith("rebuilt_")]
        assert {i["name"] for table in TABLES for i in inspect(db).get_indexes(table.name)} == names
        assert projector.failures(db) == []
    other.close()


@pytest.mark.both
def test_of_two_rebuilds_the_later_goes_on_and_the_earlier_ends(busy: Busy, address: str | Path) -> None:
    before = rows(busy.database)
    other = make_database(address)
    begun: list[int] = []

    def overtaken(done: int, _all: int) -> None:
        if not begun:
            begun.append(done)
            rebuild(other)

    with pytest.raises(RebuildTakenOver):
        rebuild(busy.database, progress=overtaken)
    assert rows(busy.database) == before
    other.close()


@pytest.mark.both
def test_it_waits_for_whoever_looked_before_it_began(busy: Busy, address: str | Path) -> None:
    """A picture from before would show the new tables empty."""
    other = make_database(address)
    with busy.console.read() as db:
        assert bookmark(db, projector.READER) > 0  # its picture is taken now
        thread = threading.Thread(target=rebuild, args=(other,))
        thread.start()
        thread.join(0.5)
        assert len(alerts.open_alerts(db, START)) >= 20
    thread.join(20)
    assert not thread.is_alive()
    other.close()


def rebuilding_killed(path: Path, nth: int) -> int:
    code = (
        "import sys; from pathlib import Path; from events.keepers import make_database; "
        "from alerts.projections import projector; projector.rebuild(make_database(Path(sys.argv[1])))"
    )
    environ = os.environ | {VARIABLE: f"projections.in_commit:{nth}:kill"}
    return subprocess.run([sys.executable, "-c", code, str(path)], env=environ, timeout=60, check=False).returncode


def test_killed_in_the_middle_the_old_tables_stand_and_it_can_be_begun_anew(lived: Path, tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    shutil.copy(lived, path)
    database = make_database(path)
    service = Projector(database)
    while service.step():
        pass
    before = rows(database)
    for nth in (1, 4):
        assert rebuilding_killed(path, nth) == -signal.SIGKILL
        assert rows(database) == before
        with database.read() as db:
            assert db.execute(text("SELECT count(*) FROM rebuilt_devices")).scalar() is not None, "it was in the middle"
    service.stop()
    with database.read() as db:
        sent = db.execute(select(func.count()).select_from(outbox)).scalar()
        end = head(db)
    assert rebuild(database) == end
    assert rows(database) == before
    with database.read() as db:
        assert db.execute(select(func.count()).select_from(outbox)).scalar() == sent
        assert head(db) == end
    database.close()


def test_a_swap_that_fails_leaves_everything_as_it_was(
    lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.db"
    shutil.copy(lived, path)
    database = make_database(path)
    rebuild(database)
    before = rows(database)
    swap = Rebuilding._swap

    def fails(self: Rebuilding, db: Connection, shape: int) -> int | None:
        swap(self, db, shape)
        raise ZeroDivisionError

    monkeypatch.setattr(Rebuilding, "_swap", fails)
    with pytest.raises(ZeroDivisionError):
        rebuild(database)
    assert rows(database) == before
    database.close()
