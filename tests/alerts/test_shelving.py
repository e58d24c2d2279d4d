"""The shelf: an operator puts an alert aside for a while; it comes back by itself, and never life-safety."""

import pytest

from alerts.commands import alerts as commands
from alerts.core.refusals import NotInThisState
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.fact import MINUTE
from tests.house import House


def quiet(house: House):
    """An elder gone quiet, raised and told."""
    house.lives()
    house.waits(hours=13)
    return house.alert("no_activity")


def shelves(house: House, alert, minutes=30):
    commands.shelve(
        house.database, alert.id, reason="在医院陪护，已核实", for_s=minutes * 60, by="user:zhang", at=house.at
    )
    house.settles()


def test_it_comes_back_by_itself_at_its_time_and_the_steps_went_on(house: House) -> None:
    alert = quiet(house)
    shelves(house, alert)
    until = house.alert("no_activity").shelved_until
    assert until == house.at + 30 * MINUTE
    told = len(house.said(facts.StepTaken))
    house.waits(minutes=29)
    assert house.alert("no_activity").shelved_by == "user:zhang"
    assert len(house.said(facts.StepTaken)) > told, "the shelf quiets the desk, not the chain"
    house.waits(minutes=2)
    assert house.alert("no_activity").shelved_until == 0
    (back,) = house.said(facts.AlertUnshelved)
    assert (back.by, back.why) == ("system", "due")


def test_it_comes_back_after_a_restart_too_and_the_replay_decides_the_same(house: House) -> None:
    shelves(house, quiet(house))
    house.restarts()
    house.waits(minutes=31)
    assert [back.why for back in house.said(facts.AlertUnshelved)] == ["due"]
    assert verify(DatabaseLog(house.database)).differences == []


def test_life_safety_is_never_put_aside_and_nothing_for_longer_than_its_class_allows(house: House) -> None:
    alert = quiet(house)
    house.hears("co-1", "co", {"alarm": True, "ppm": 200, "test": False})
    with pytest.raises(NotInThisState):
        shelves(house, house.alert("carbon_monoxide"), minutes=1)
    with pytest.raises(NotInThisState):
        shelves(house, alert, minutes=61)
    assert house.said(facts.AlertShelved) == []


def test_help_asked_for_at_the_door_brings_it_back_at_once(house: House) -> None:
    alert = quiet(house)
    shelves(house, alert)
    house.phone(1).replies("13")
    assert house.alert("no_activity").help_needed
    assert house.alert("no_activity").shelved_until == 0


def test_taken_back_by_a_person_it_stays_back(house: House) -> None:
    alert = quiet(house)
    shelves(house, alert)
    commands.unshelve(house.database, alert.id, by="user:li", at=house.at)
    house.settles()
    assert house.alert("no_activity").shelved_until == 0
    house.waits(minutes=40)
    assert [back.why for back in house.said(facts.AlertUnshelved)] == ["person"]
