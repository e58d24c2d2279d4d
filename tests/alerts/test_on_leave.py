"""02:00 on a holiday, the watcher on leave: who is told is who is there, and whoever is not is said."""

import pytest

from alerts.commands import alerts as commands
from alerts.commands.leave import LeaveRefused, cancel_leave, set_leave
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.fact import DAY, HOUR, MINUTE
from events.types.message import PersonLost
from tests.house import START, TOWN, House

pytestmark = pytest.mark.both

NIGHT = START + 10 * HOUR
"""02:00 the next morning in the town."""


def leave(house: House, person: str, *, days: float = 7, cover: str = "", since: int = 0) -> None:
    begins = since or house.at
    set_leave(
        house.database,
        person=person,
        since=begins,
        until=begins + int(days * DAY),
        cover=cover,
        by="user:zhang",
        at=house.at,
    )
    house.settles()


def co(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})


def steps(house: House, danger: str = "carbon_monoxide") -> list[tuple[int, list[str], str]]:
    alert = house.alert(danger)
    return [(s.step, s.persons, s.why) for s in house.said(facts.StepTaken) if s.alert == alert.id]


def replayed_alike(house: House) -> None:
    again = verify(DatabaseLog(house.database))
    assert again.differences == []
    assert again.decisions > 0


def test_at_night_on_a_holiday_with_the_watcher_on_leave_the_next_ones_are_told_at_once(house: House) -> None:
    leave(house, "w1")
    house.at = NIGHT
    house.expects(3, contains="12号家一氧化碳超标")
    house.expects(4, contains="前面的人没回应")
    house.expects(5, contains="无人到场", times=(0, 1))
    co(house)
    assert [(step, persons) for step, persons, _ in steps(house)] == [(1, ["g1"]), (2, ["v1"])]
    (lost,) = house.said(PersonLost)
    assert (lost.person, lost.why, lost.step) == ("w1", "on_leave", 1)
    assert house.phone(1).inbox == []
    replayed_alike(house)


def test_a_stand_in_is_told_in_her_place_and_nobody_is_lost(house: House) -> None:
    leave(house, "w1", cover="w2")
    house.expects(2, 3, contains="12号家一氧化碳超标")
    house.expects(2, contains="已记您去")
    house.expects(3, contains="李守望员说去")
    co(house)
    (first,) = house.said(facts.StepTaken)
    assert (first.persons, first.instead) == (["w2", "g1"], {"w2": "w1"})
    assert not house.said(PersonLost)
    house.phone(2).replies("11")
    assert house.alert("carbon_monoxide").responders[0].who == "w2"
    replayed_alike(house)


def test_a_step_that_means_nobody_is_passed_at_once_and_recorded(house: House) -> None:
    leave(house, "w1")
    house.lives()
    house.waits(hours=12, minutes=15)
    assert steps(house, "no_activity")[:2] == [(1, [], "empty"), (2, ["w2"], "empty")]
    assert house.phone(2).inbox
    assert house.phone(3).inbox == [], "one pull for one who is lost: the grid member keeps her time"
    replayed_alike(house)


def test_were_everybody_on_leave_they_would_be_told_all_the_same(house: House) -> None:
    for person in ("w1", "w2", "g1", "v1", "t1"):
        leave(house, person)
    co(house)
    assert {"w1", "g1"} <= set(house.alert("carbon_monoxide").told)
    assert house.phone(1).inbox
    replayed_alike(house)


def test_leave_counts_at_the_step_and_not_when_the_alert_was_raised(house: House) -> None:
    leave(house, "v1", since=house.at + MINUTE, days=1)
    co(house)
    house.waits(minutes=3, beating=False)
    assert [(lost.person, lost.step) for lost in house.said(PersonLost)] == [("v1", 2)]
    cancel_leave(house.database, person="v1", since=START + MINUTE, by="user:zhang", at=house.at)
    house.settles()
    house.waits(minutes=12, beating=False)
    assert "v1" in house.alert("carbon_monoxide").told, "the second round means her again"
    replayed_alike(house)


def test_who_decides_on_the_console_knows_of_the_leave_too(house: House) -> None:
    leave(house, "v1")
    co(house)
    alert = house.alert("carbon_monoxide")
    commands.escalate_now(house.database, alert.id, by="user:zhang", at=house.at)
    house.settles()
    assert [(step, persons) for step, persons, _ in steps(house)] == [(1, ["w1", "g1"]), (2, []), (3, ["t1"])]
    assert [lost.person for lost in house.said(PersonLost)] == ["v1"]
    replayed_alike(house)


def test_one_who_is_on_leave_pulls_one_step_whoever_took_it(house: House) -> None:
    leave(house, "w2")
    house.lives()
    house.waits(hours=12, minutes=11)
    commands.escalate_now(house.database, house.alert("no_activity").id, by="user:zhang", at=house.at)
    house.settles()
    assert [(step, persons) for step, persons, _ in steps(house, "no_activity")] == [(1, ["w1"]), (2, []), (3, ["g1"])]
    replayed_alike(house)


def test_a_rota_hands_over_between_two_rounds(address) -> None:
    rota = "rotas:\n  - {id: duty, name: 村值班, turn: daily, begins: 2027-01-01, handover: '16:10', turns: [v1, t1]}\nvillages:"
    house = House(address, TOWN.replace("villages:", rota, 1).replace("head: v1", "head: duty"))
    co(house)
    house.waits(minutes=3, beating=False)
    before = {s.persons[0] for s in house.said(facts.StepTaken) if s.step == 2}
    house.waits(minutes=10, beating=False)
    after = {s.persons[0] for s in house.said(facts.StepTaken) if s.step == 2 and s.round == 2}
    assert len(before) == len(after) == 1
    assert before | after == {"v1", "t1"}
    assert house.said(facts.StepTaken)[1].instead in ({"v1": "@duty"}, {"t1": "@duty"})
    replayed_alike(house)
    house.close()


def test_after_a_restart_the_leave_is_still_known(house: House) -> None:
    leave(house, "w1", cover="w2")
    house.restarts()
    co(house)
    assert house.phone(1).inbox == []
    assert house.phone(2).inbox
    replayed_alike(house)


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"person": "nobody"}, "person_unknown"), ({"person": "@duty"}, "person_unknown"), ({"cover": "nobody"}, "cover_unknown"),
        ({"cover": "@duty"}, "cover_unknown"), ({"cover": "w1"}, "covers_themselves"),
        ({"until": START - DAY}, "ends_before_it_begins"), ({"since": START - 9 * DAY, "until": START - DAY}, "over"),
        ({"until": START + 500 * DAY}, "too_long"),
    ],
)  # fmt: skip
def test_leave_that_makes_no_sense_is_refused(house: House, over, why) -> None:
    asked = {"person": "w1", "since": START, "until": START + DAY, "cover": ""} | over
    with pytest.raises(LeaveRefused) as refused:
        set_leave(house.database, by="user:zhang", at=house.at, **asked)
    assert refused.value.why == why
