"""Our own time is moved, and silence is judged neither earlier nor later for it."""

from events.types.fact import HOUR, MINUTE
from events.types.system import ClockFollowed
from tests.house import House


def quiet(house: House) -> list[object]:
    return [alert for alert in house.alerts() if alert.danger == "no_activity"]


def follows(house: House, by: int) -> None:
    """Our clock goes on at another time."""
    before, house.at = house.at, house.at + by
    house.records(ClockFollowed(by_s=by / 1e6, before=before, after=house.at), "clock", "all")


def test_an_hour_that_was_skipped_was_no_quiet_hour(house: House) -> None:
    house.lives()
    house.waits(hours=6)
    follows(house, HOUR)
    house.waits(hours=5, minutes=58)
    assert quiet(house) == []
    house.waits(minutes=4)
    assert house.alert("no_activity").status == "suspected"
    assert house.alert("no_activity").reason["blind_s"] == 3600


def test_an_hour_that_comes_again_is_seen_once_more_but_counted_once(house: House) -> None:
    house.lives()
    last = house.at
    house.waits(hours=6)
    follows(house, -HOUR)
    house.waits(hours=6, minutes=59)
    assert quiet(house) == []
    house.waits(minutes=2)
    assert house.alert("no_activity").reason["judged_at"] == last + 12 * HOUR


def test_a_home_that_falls_dark_in_an_hour_that_comes_again_is_dark_from_then_on(house: House) -> None:
    house.lives()
    house.waits(hours=6)
    follows(house, -HOUR)
    house.waits(minutes=1)
    for device in ("hall-1", "bed-1", "door-1"):
        house.arrives(f"shouwang/v1/dp03/{device}/status", {"state": "offline", "bootid": "b1"})
    assert not house.engine.books.homes["dp03-12"].lit(house.at + MINUTE)
