"""The clock that follows the helper to the door, whichever way they speak: by SMS, by a key in a call, by the operator."""

import pytest

from alerts.commands import alerts as commands
from events.types import alert as facts
from events.types.fact import MINUTE
from tests.house import House

DOORS = ["sms", "keypad", "console"]
NUMBER = {"w1": 1, "w2": 2, "g1": 3, "v1": 4, "t1": 5}
DIGIT = {"going": "1", "safe": "2", "cannot_go": "9"}


def co(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})


def quiet(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=10)


def says(house: House, door: str, danger: str, who: str, what: str) -> None:
    """By SMS with the slot, by a key in a call, or to the operator on the phone."""
    alert = house.alert(danger)
    if door == "sms":
        house.phone(NUMBER[who]).replies(f"1{DIGIT[what]}")
    elif door == "keypad":
        house.phone(NUMBER[who]).replies(DIGIT[what], about=alert.id)
    else:
        command = {"going": commands.en_route, "safe": commands.arrived, "cannot_go": commands.declined}[what]
        command(house.database, alert.id, who=who, by="user:li", via="console", at=house.at)
        house.settles()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("begin", "danger", "minutes"), [(co, "carbon_monoxide", 8), (quiet, "no_activity", 20)])
def test_an_overdue_arrival_moves_the_chain_and_drops_nobody(house: House, door, begin, danger, minutes) -> None:
    begin(house)
    says(house, door, danger, "w1", "going")
    taken = len(house.said(facts.StepTaken))
    house.waits(seconds=minutes * 60 - 1, beating=False)
    assert len(house.said(facts.StepTaken)) == taken, "whoever goes is waited for"
    house.waits(seconds=1, beating=False)
    later = house.said(facts.StepTaken)[taken:]
    assert [step.why for step in later] == ["overdue"]
    assert [r.who for r in house.alert(danger).responders if r.here] == ["w1"]
    assert "到了吗" in house.phone(1).last
    assert "王守望员说去" in house.phone(NUMBER[later[0].persons[0]]).last


@pytest.mark.parametrize("door", DOORS)
def test_each_further_responder_learns_who_else_goes_and_only_a_persons_word_stands_one_down(
    house: House, door: str
) -> None:
    co(house)
    says(house, door, "carbon_monoxide", "w1", "going")
    assert "王守望员说去" in house.phone(3).last
    says(house, door, "carbon_monoxide", "g1", "going")
    assert "12号家,王守望员也去" in "".join(house.phone(3).inbox)
    assert "赵网格员说去" in "".join(house.phone(1).inbox), "the first learns of the second too"
    house.waits(minutes=3)
    says(house, door, "carbon_monoxide", "g1", "safe")
    assert [r.who for r in house.alert("carbon_monoxide").responders if r.here] == ["w1", "g1"]
    assert not house.said(facts.ResponderStoodDown), "no arrival of another sends anybody home"
    commands.stand_down(
        house.database, house.alert("carbon_monoxide").id, who="w1", by="user:li", at=house.at
    )  # fmt: skip
    house.settles()
    assert "不用去了" in house.phone(1).last


@pytest.mark.parametrize("door", DOORS)
def test_cannot_go_moves_on_at_once(house: House, door: str) -> None:
    quiet(house)
    says(house, door, "no_activity", "w1", "cannot_go")
    assert [step.why for step in house.said(facts.StepTaken)] == ["due", "declined"]
    assert "没动静" in house.phone(2).last
    assert house.alert("no_activity").declined == ["w1"]


@pytest.mark.parametrize("door", DOORS)
def test_the_watcher_hears_how_it_ended_and_the_clock_ran_to_the_door(house: House, door: str) -> None:
    quiet(house)
    raised = house.at
    house.waits(minutes=5, beating=False)
    says(house, door, "no_activity", "w2", "going")
    house.waits(minutes=6, beating=False)
    says(house, door, "no_activity", "w2", "safe")
    assert house.alert("no_activity").there_since() == raised + 11 * MINUTE
    house.waits(minutes=2, beating=False)
    house.operator_closes("no_activity", "safe_at_home")
    assert "已了结:平安" in house.phone(1).last
