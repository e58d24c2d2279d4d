"""Two who decide at once: what a person did in the same moment is known before the engine decides, and nothing is lost."""

import pytest

from alerts.commands import alerts as commands
from alerts.timers import ring
from events.types import alert as facts
from events.types.message import AlertOpenAgain, SlotFreed
from tests.house import House

pytestmark = pytest.mark.both


def co(house: House, alarm: bool, device: str = "co-1") -> None:
    house.hears(device, "co", {"alarm": alarm, "ppm": 210 if alarm else 3, "test": False})


def closes_between_reading_and_committing(house: House, danger: str, outcome: str) -> None:
    """The engine has read what waits for it; the operator closes; only then the engine commits."""
    alert = house.alert(danger)
    for recorded in house.engine.follower.next(timeout=0):
        house.engine.take(recorded)
    commands.close(
        house.database, alert.id, outcome=outcome, by="user:zhang", via="console", seen_version=None, at=house.at
    )
    house.engine.commit()
    house.settles()


def test_an_alarm_in_the_moment_of_closing_opens_the_alert_again(house: House) -> None:
    co(house, True)
    house.waits(minutes=6)
    co(house, False)
    settles, house.settles = house.settles, lambda: None  # type: ignore[method-assign]
    co(house, True, "co-2")
    house.settles = settles  # type: ignore[method-assign]
    closes_between_reading_and_committing(house, "carbon_monoxide", "rescued")
    alert = house.alert("carbon_monoxide")
    assert [type(e).__name__ for e in house.said(facts.AlertClosed)] == ["AlertClosed"]
    assert (alert.status, alert.active, alert.devices) == ("raised", True, ["dp03/co-2"])
    before = len(house.phone(4).inbox)
    house.waits(minutes=8)
    assert len(house.phone(4).inbox) > before, "its steps go on"
    assert len([r for r in house.said(AlertOpenAgain) if r.person == "w1"]) == 1
    kinds = [type(r.event) for r in house.log() if r.stream == "person-w1"]
    assert kinds.index(SlotFreed) < kinds.index(AlertOpenAgain), "the slot is kept by whom it belongs to"
    house.operator_closes("carbon_monoxide", "device_fault")
    assert house.alert("carbon_monoxide").status == "closed"


def test_a_step_due_in_the_moment_of_closing_is_not_taken(house: House) -> None:
    house.expects(1, 3, contains="一氧化碳超标")
    house.expects(1, 3, contains="已救助")
    co(house, True)
    co(house, False)
    house.at += 120 * 1_000_000
    house.database.write(lambda db: ring(db, house.at))
    closes_between_reading_and_committing(house, "carbon_monoxide", "rescued")
    assert house.alert("carbon_monoxide").status == "closed"
    assert not house.phone(4).inbox
    assert "已救助" in house.phone(1).last
    house.waits(hours=3)
    assert not house.phone(4).inbox
