"""Away, out of the door, home again: what is told of it, what ends it, and that alarms stay armed meanwhile."""

import pytest

from events.types.command import DeviceCommandIssued
from events.types.fact import DAY, HOUR, MINUTE
from events.types.home import AwayEnded
from events.types.routine import ElderAsked
from tests.alerts.test_routine import told_of_days
from tests.house import House


def opens(house: House, *, closes: bool = True) -> None:
    """The front door moves."""
    house.hears("door-1", "contact", {"open": True})
    house.waits(seconds=5)
    if closes:
        house.hears("door-1", "contact", {"open": False})
        house.waits(seconds=5)


def says_away(house: House) -> None:
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.hears("sos-1", "button", {"action": "away"})
    opens(house)


def test_away_ends_when_the_door_moves_and_then_somebody_inside(house: House) -> None:
    says_away(house)
    house.waits(hours=20, beating=False)
    opens(house)
    house.waits(minutes=3)
    house.lives()
    assert [fact.by for fact in house.said(AwayEnded)] == ["door_and_motion"]


def test_leaving_through_the_hall_does_not_end_it(house: House) -> None:
    says_away(house)
    house.waits(minutes=1)
    house.lives()
    assert house.said(AwayEnded) == []


def test_away_ends_when_its_time_is_over_and_silence_counts_from_then(house: House) -> None:
    house.set(away__most_s=DAY // 1_000_000)
    says_away(house)
    over = house.at + DAY
    house.waits(hours=25)
    assert [fact.by for fact in house.said(AwayEnded)] == ["expired"]
    house.waits(hours=12)
    alert = house.alert("no_activity")
    assert alert.suspected_at is not None
    assert abs(alert.suspected_at - over - 12 * HOUR) < 2 * MINUTE


@pytest.mark.parametrize(
    ("device", "kind", "data", "danger", "word"),
    [
        ("co-1", "co", {"alarm": True, "ppm": 300, "test": False}, "carbon_monoxide", "一氧化碳"),
        ("smoke-1", "smoke", {"alarm": True, "test": False}, "smoke", "烟雾"),
        ("sos-1", "button", {"action": "sos"}, "sos", "呼救"),
    ],
)
def test_what_kills_is_told_while_the_elder_is_away(
    house: House, device: str, kind: str, data: dict[str, object], danger: str, word: str
) -> None:
    says_away(house)
    house.waits(hours=30, beating=False)
    house.hears(device, kind, data)
    assert house.alert(danger).status == "raised"
    assert word in house.phone(1).last


def test_after_a_week_it_is_asked_whether_it_still_holds(house: House) -> None:
    says_away(house)
    house.waits(hours=6 * 24, beating=False)
    assert not [a for a in house.alerts() if a.danger == "still_away"]
    house.waits(hours=42, beating=False)
    assert any("登记外出已7天" in text for text in house.phone(1).inbox)
    house.hears("sos-1", "button", {"action": "home"})
    assert house.alert("still_away").status == "closed"


def test_not_home_by_night_is_told_at_night_and_not_to_who_comes_back(house: House) -> None:
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    opens(house)  # at four in the afternoon
    house.waits(hours=5.9)
    assert not [a for a in house.alerts() if a.danger == "not_home_by_night"]
    house.waits(minutes=7)
    assert house.alert("not_home_by_night").status == "suspected"
    house.waits(minutes=10)
    assert "到夜里还没回家" in house.phone(1).last


def test_who_comes_home_in_the_prealarm_is_told_of_to_nobody(house: House) -> None:
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    opens(house)
    house.waits(hours=6, minutes=3)
    opens(house)
    house.waits(minutes=3)
    house.lives()
    assert house.alert("not_home_by_night").status == "cancelled"
    assert house.phone(1).inbox == []


def test_an_open_door_at_night_with_nobody_moving_behind_it_is_told(house: House) -> None:
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.waits(hours=7)  # eleven at night
    house.set(not_home_by_night__hours=[0, 0])
    opens(house, closes=False)
    house.waits(minutes=14)
    assert not [a for a in house.alerts() if a.danger == "outer_door_open"]
    house.waits(minutes=12)
    assert "大门" in house.phone(1).last
    house.hears("door-1", "contact", {"open": False})
    assert not house.alert("outer_door_open").active


def test_an_open_door_behind_which_somebody_moves_is_nothing(house: House) -> None:
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.waits(hours=7)
    opens(house, closes=False)
    house.waits(minutes=5)
    house.lives()
    house.waits(hours=2)
    assert not [a for a in house.alerts() if a.danger == "outer_door_open"]


def test_shortly_before_the_limit_only_the_elder_is_asked(house: House) -> None:
    house.lives()
    house.waits(hours=11, minutes=45)
    assert house.said(ElderAsked) == []
    house.waits(minutes=7)
    assert len(house.said(ElderAsked)) == 1
    lit = [told for told in house.said(DeviceCommandIssued) if told.why == "soft_check"]
    assert [(told.device, told.do) for told in lit] == [("dp03/sos-1", "light")]
    house.lives()
    house.waits(hours=1)
    assert not [a for a in house.alerts() if a.danger == "no_activity"]
    assert house.phone(1).inbox == []


def test_the_message_says_where_since_when_and_what_is_usual(house: House) -> None:
    told_of_days(house, 45)
    house.lives()
    house.waits(hours=5)
    text = house.phone(1).inbox[0]
    assert "(16:00在卧室),平时最长" in text
    assert len(text) <= 70
