"""The audit of a live service finds what is planted behind its back, and nothing where nothing is wrong."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alerts.auditing.auditor import Auditor
from alerts.auditing.finding import Report
from alerts.auditing.sampling import Samples
from alerts.cases import Cases
from alerts.projections.projector import Projector
from api.console.rendering import ailment
from events.database import Database
from events.keepers import make_database
from events.serial import Recorded
from events.store import head, read
from events.types.fact import MINUTE, SECOND
from shouwang.checking import Checking, heartbeat
from shouwang.cli import app
from tests.house import House
from tests.prepared import once_a_run
from tests.shouwang.running import until


class Copy:
    """A copy of the generated town's database, its boards folded, and its moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        database = make_database(path)
        with database.read() as db:
            (last,) = read(db, head(db) - 1)
        self.now = last.recorded_at
        database.close()

    def planted(self, *statements: str) -> None:
        """Write past everything that guards the log."""
        with sqlite3.connect(self.path) as db:
            for trigger in ("events_no_update", "events_no_delete"):
                db.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                assert db.execute(statement).rowcount > 0, statement
        db.close()

    def found(self, *, full: bool = False, later: int = 0, looks: int = 1) -> Report:
        database = make_database(self.path)
        auditor = Auditor(database, lambda: self.now + later, full=full)
        for _ in range(looks):
            report = auditor.look()
        database.close()
        return report


@pytest.fixture(scope="module")
def folded(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    def fold(path: Path) -> None:
        shutil.copy(lived, path)
        database = make_database(path)
        folds(database)
        database.close()

    shared = once_a_run(tmp_path_factory, "folded.db", fold)
    return Copy(Path(shutil.copy(shared, tmp_path_factory.mktemp("check"))))


@pytest.fixture
def town(folded: Copy, tmp_path: Path) -> Copy:
    mine = object.__new__(Copy)
    mine.path, mine.now = tmp_path / "shouwang.db", folded.now
    shutil.copy(folded.path, mine.path)
    return mine


def names(report: Report) -> set[str]:
    return {each.name for each in report.findings if each.grave}


def test_where_nothing_is_wrong_nothing_grave_is_found(town: Copy) -> None:
    assert names(town.found(looks=3)) == set()
    assert names(town.found(full=True)) == set()


def test_who_is_behind_calls_nothing_late_whose_answer_lies_ahead(town: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine reads a page at each look; the log holds hours."""
    monkeypatch.setattr("alerts.auditing.auditor._SECONDS", 0.0)
    database = make_database(town.path)
    slow = Auditor(database, lambda: town.now)
    looks = [slow.look() for _ in range(30)]
    assert looks[0].behind > 10_000
    assert looks[-1].behind == 0, "a page each time, however slow"
    assert set().union(*map(names, looks)) == set()
    database.close()


NEWEST = "SELECT max(position) FROM events WHERE type = "
PLANTED = {
    "version_hole": f"DELETE FROM events WHERE position = ({NEWEST}'RoundStarted')",
    "position_hole": f"DELETE FROM events WHERE position = ({NEWEST}'HeartbeatReceived') - 7",
    "no_cause": f"""UPDATE events SET meta = '{{"cause":999999,"read_to":999999}}' WHERE position = ({NEWEST}'StepTaken')""",
    "not_in_outbox": "DELETE FROM outbox WHERE planned_at = (SELECT max(planned_at) FROM outbox)",
    "outbox_differs": "UPDATE outbox SET phone = 'another' WHERE planned_at = (SELECT max(planned_at) FROM outbox)",
    "not_planned": f"UPDATE events SET key = 'nothing' WHERE position = ({NEWEST}'MessagePlanned')",
    "sent_unrecorded": f"UPDATE events SET key = 'nothing' WHERE position = ({NEWEST}'MessageSent')",
    "step_untold": f"DELETE FROM events WHERE position = ({NEWEST}'StepTaken') + 1",
    "outbox_stuck": "UPDATE outbox SET state = 'waiting', due_at = 1 WHERE planned_at = (SELECT max(planned_at) FROM outbox)",
    "timers_overdue": "UPDATE timers SET due = 1, waits = 0 WHERE rowid = (SELECT min(rowid) FROM timers)",
    "bookmark_ahead": "UPDATE bookmarks SET position = position + 100000 WHERE reader = 'engine'",
    "reader_behind": "UPDATE bookmarks SET position = 15000 WHERE reader = 'planner'",
    "tell_unanswered": f"UPDATE events SET type = 'SlotFreed', data = '{{\"person\":\"p\",\"alert\":\"a\",\"closed_at\":1}}' WHERE position = ({NEWEST}'MessagePlanned' AND data LIKE '%first_no_activity%')",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_each_planted_fault_is_found(town: Copy, name: str) -> None:
    town.planted(PLANTED[name])
    later = 2 * MINUTE if name in {"reader_behind", "tell_unanswered", "outbox_stuck"} else 0
    report = town.found(later=later, full=name in {"not_planned", "sent_unrecorded"})
    assert name in names(report)
    assert not report.ok


@pytest.mark.parametrize("table", ["alerts", "homes", "devices", "messages", "timeline"])
def test_a_changed_row_of_any_board_is_found_by_the_whole_check(town: Copy, table: str) -> None:
    column = {"alerts": "home", "homes": "no_activity_s", "devices": "room", "messages": "slot", "timeline": "person"}[
        table
    ]
    town.planted(f"UPDATE board_{table} SET {column} = 77 WHERE rowid = (SELECT max(rowid) FROM board_{table})")
    found = [each for each in town.found(full=True).findings if each.name == "projection_differs"]
    assert [f"board_{table}" in each.en for each in found] == [True]


@pytest.mark.parametrize("table", ["alerts", "homes"])
def test_a_changed_row_comes_up_in_the_sample_of_some_minute(town: Copy, table: str) -> None:
    column = {"alerts": "home", "homes": "no_activity_s"}[table]
    town.planted(f"UPDATE board_{table} SET {column} = 77 WHERE rowid = (SELECT max(rowid) FROM board_{table})")
    database = make_database(town.path)
    auditor = Auditor(database, lambda: town.now)
    assert any("projection_differs" in names(auditor.look()) for _ in range(20))
    database.close()


def test_a_device_whose_row_is_not_moved_by_what_it_said_is_found(tmp_path: Path) -> None:
    house = House(tmp_path)
    projector = Projector(house.database)

    def folds() -> None:
        while projector.step():
            pass

    folds()
    auditor = Auditor(house.database, house.now)
    assert names(auditor.look()) == set()
    house.lives()
    house.beats()
    folds()
    assert names(auditor.look()) == set()
    house.lives()
    folds()
    house.database.write(
        lambda db: db.exec_driver_sql("UPDATE board_devices SET last_heard = 5 WHERE device = 'dp03/hall-1'")
    )
    assert names(auditor.look()) == {"projection_differs"}
    projector.stop()
    house.close()


def test_what_screens_show_already_and_the_audit_has_not_read_is_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is read first and the boards are looked at then; under load thousands of facts lie between."""
    house = House(tmp_path)
    projector, samples = Projector(house.database), Samples()

    def said() -> list[Recorded]:
        house.lives()
        house.beats()
        while projector.step():
            pass
        with house.database.read() as db:
            return read(db, 0, limit=10_000)

    def looks(facts: list[Recorded]) -> set[str]:
        with house.database.read() as db:
            return {each.name for each in samples.look(db, facts)}

    assert looks(said()) == set()
    assert looks(said()[:-3]) == set(), "the rest is read with the boards"
    monkeypatch.setattr("alerts.auditing.sampling._LITTLE", 1)
    assert looks(said()[:-3]) == set(), "too much lies between: devices are left out"
    projector.stop()
    house.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def folds(database: Database) -> None:
    projector = Projector(database)
    while projector.step():
        pass
    projector.stop()


@pytest.mark.parametrize(
    ("kind", "data"), [("co", {"alarm": True, "ppm": 300, "test": False}), ("button", {"action": "sos"})]
)
def test_an_alarm_that_became_no_alert_is_found_after_a_minute(house: House, kind: str, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    auditor = Auditor(house.database, house.now)
    with monkeypatch.context() as broken:
        broken.setattr(Cases, "_begin", lambda *_: None)
        house.hears({"co": "co-1", "button": "sos-1"}[kind], kind, data)
    house.engine.commit()
    house.planner.commit()
    folds(house.database)
    assert names(auditor.look()) == set()
    house.at += 61 * SECOND
    (found,) = [each for each in auditor.look().findings if each.grave and each.name != "not_hearing"]
    assert found.name == "alarm_without_alert"


def test_alarms_that_owe_no_alert_are_none(house: House) -> None:
    """A test, a repeat while it is open, a sensor out of service."""
    auditor = Auditor(house.database, house.now)
    high = {"alarm": True, "ppm": 300, "test": False}
    house.hears("smoke-1", "smoke", {"alarm": True, "test": True})
    house.hears("co-1", "co", high)
    house.hears("co-1", "co", high)
    house.operator_closes("carbon_monoxide", "device_fault")
    house.waits(minutes=1)
    house.hears("co-1", "co", high)
    house.hears("co-1", "co", {"alarm": False, "ppm": 3, "test": False})
    house.waits(minutes=3)
    house.beats()
    house.engine.commit()
    house.planner.commit()
    folds(house.database)
    assert names(auditor.look()) == set()


def test_the_command_says_what_is_wrong_and_where(town: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOUWANG_HOME", str(town.path.parent))
    town.planted(PLANTED["version_hole"])
    told = CliRunner().invoke(app, ["check", "--json"])
    assert told.exit_code == 1
    found = {each["name"]: each for each in json.loads(told.stdout)["found"]}
    assert found["version_hole"]["positions"]
    plain = CliRunner().invoke(app, ["check"])
    assert "请立即处理" in plain.output


def test_the_house_checks_itself_again_and_again_and_shows_what_it_found(town: Copy) -> None:
    database = make_database(town.path)
    checking = Checking(database, lambda: town.now, every_s=0.05)
    assert checking.ok
    assert checking.state() == {"check": None, "audit": None, "heartbeat_at": 0}
    checking.start()
    until(lambda: checking.state()["check"], "it has looked")
    assert checking.ok
    assert checking.state()["audit"]["found"] == []
    until(lambda: checking.state()["heartbeat_at"], "its heart beats")
    assert heartbeat(database) == town.now
    town.planted(PLANTED["timers_overdue"])
    until(lambda: not checking.ok, "it notices")
    beat, town.now = checking.state()["heartbeat_at"], town.now + 5 * SECOND
    looked = checking.state()["audit"]["at"]
    until(lambda: checking.state()["audit"]["at"] not in {looked, beat}, "it looks again")
    assert checking.state()["heartbeat_at"] == beat, "withheld while something grave is wrong"
    assert "timers_overdue" in {each["name"] for each in checking.state()["check"]["found"]}
    assert ailment({"ok": False, "connected": True, **checking.state()}) == "unwell.check", "the console says so"
    checking.stop()
    database.close()
