"""The audit itself: what is lost, doubled, made up or left untold is said."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from events.store import read
from events.types.alert import StepTaken
from tests.faults.audit import Log
from tests.faults.crowd import Alarm, Crowd, Said
from tests.faults.rebuilding import compare, pages
from tests.faults.round import Outcome
from tests.faults.town import Town
from tests.house import House

_CO = "dp03/co-1"


@pytest.fixture
def crowd() -> Crowd:
    """The books of devices that said what the house heard; nobody is connected."""
    made = Crowd(Town(1), "mqtt://devices:secret@127.0.0.1:1", seed=1)
    made.said = {(_CO, "b1-1")}
    made.acknowledged = set(made.said)
    return made


def log_of(house: House) -> Log:
    log = Log(whole=True)
    for recorded in house.log():
        log.take(recorded)
    return log


def readings(house: House, crowd: Crowd) -> list[str]:
    outcome = Outcome()
    log_of(house).readings(crowd, outcome)
    return outcome.failures


def alarms(house: House, crowd: Crowd, *, without: type[Any] | None = None) -> list[str]:
    outcome, log = Outcome(), Log(whole=True)
    for recorded in house.log():
        if without is None or not isinstance(recorded.event, without):
            log.take(recorded)
    log.alarms(crowd, house.at + 60_000_000, outcome)
    return outcome.failures


def test_what_was_said_and_recorded_is_well(house: House, crowd: Crowd) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 180, "test": False})
    assert readings(house, crowd) == []


def test_an_acknowledged_reading_that_is_not_in_the_log_is_lost(house: House, crowd: Crowd) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 180, "test": False})
    crowd.acknowledged.add((_CO, "b1-2"))
    assert ["lost" if "are not in the log" in each else each for each in readings(house, crowd)] == ["lost"]


def test_a_reading_nobody_sent_is_noticed(house: House, crowd: Crowd) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 180, "test": False})
    house.moves("hall-1")
    (said,) = readings(house, crowd)
    assert "2 readings are in the log that nobody sent" in said


def test_a_hole_that_stays_open_is_noticed(house: House, crowd: Crowd) -> None:
    from events.types.device import ReadingsGapOpened  # noqa: PLC0415

    house.hears("co-1", "co", {"alarm": True, "ppm": 180, "test": False})
    gap = ReadingsGapOpened(device=_CO, bootid="b1", first=2, last=3)
    house.records(gap, f"device-{_CO}", "dp03", key="~gap-b1-2-3")
    (said,) = readings(house, crowd)
    assert "holes" in said


def test_an_alarm_without_alert_an_alert_without_alarm_and_a_step_not_taken_are_noticed(
    house: House, crowd: Crowd
) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 180, "test": False})
    (alert,) = house.alerts()
    said = Said(_CO, ("b1-1",), "", b"")
    crowd.alarms = [Alarm(7, "carbon_monoxide", said, house.at)]
    assert [each.split(",")[0] for each in alarms(house, crowd)] == [
        "1 alarms raised no alert", "1 alerts nobody gave cause for",
    ]  # fmt: skip
    crowd.alarms = [SimpleNamespace(home=alert.home.removeprefix("h"), danger="carbon_monoxide", said=said)]  # type: ignore[list-item]
    missing = alarms(house, crowd, without=StepTaken)
    assert any("1 steps were due and not taken" in each for each in missing)


def test_a_row_that_differs_from_a_rebuild_is_noticed(house: House, tmp_path: Path) -> None:
    from alerts.projections.projector import Projector  # noqa: PLC0415

    house.moves("hall-1")
    projector = Projector(house.database)
    while projector.step():
        pass
    assert compare(tmp_path / "same.db", pages(house.database, lambda _: None)) == []
    house.database.write(lambda db: db.exec_driver_sql("UPDATE board_homes SET no_activity_s = 1"))
    with house.database.read() as db:
        assert read(db, 0, limit=1)
    (said,) = compare(tmp_path / "other.db", pages(house.database, lambda _: None))
    assert "board_homes differs" in said
    projector.stop()
