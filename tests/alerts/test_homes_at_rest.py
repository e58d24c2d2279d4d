"""Between two commits a home lies as its snapshot; whatever was done to it is there when it is opened again."""

import pytest

from alerts.core.household import Household, Sensor
from alerts.homes import Homes, looking_at
from events.store import append
from events.types.fact import SECOND
from tests.house import House


def test_what_was_changed_is_there_when_it_is_opened_again() -> None:
    homes = Homes()
    homes["h1"] = Household("h1", "s1", 5, 43_200)
    homes["h1"].sensors["s1/hall"] = Sensor(device="s1/hall", kind="motion", since=5)
    homes.put_away(homes.opened())
    homes["h1"].fired.append((7, "s1/hall", True))
    homes.put_away(homes.opened())
    assert homes["h1"].sensors["s1/hall"].kind == "motion"
    assert homes["h1"].fired == [(7, "s1/hall", True)]


def test_a_look_at_all_opens_none() -> None:
    homes = Homes()
    for name in ("h1", "h2"):
        homes[name] = Household(name, "s1", 5, 43_200)
    homes.put_away(homes.opened())
    assert [home.home for _, home in looking_at(homes)] == ["h1", "h2"]
    assert homes.opened() == {}
    assert list(homes) == ["h1", "h2"]
    assert len(homes) == 2
    assert "h2" in homes
    del homes["h2"]
    assert "h2" not in homes


def test_a_home_at_rest_is_at_its_next_word_what_it_was(house: House) -> None:
    house.lives()
    house.waits(hours=3)
    house.engine.commit()
    assert house.engine.books.homes.opened() == {}, "nobody is being decided about"
    before = house.engine.books.homes["dp03-12"].memory["no_activity"]["last"]
    house.waits(hours=9, minutes=30)
    assert house.alert("no_activity").reason["last_seen"] == before


def lands_unread(house: House, device: str) -> None:
    """A heartbeat is in the log, and nobody has read on yet."""
    news = house._decoded(f"shouwang/v1/dp03/{device}/tele", house.says(device, "heartbeat", {"interval_s": 300}))
    house.database.write(lambda db: append(db, news, recorded_at=house.at))


def test_a_home_that_is_spoken_of_again_and_again_stays_open_until_it_is_calm(house: House) -> None:
    house.lives()
    for beats, stays in ((8, True), (1, False)):
        house.at += 2 * SECOND
        home = house.engine.books.homes["dp03-12"]
        for _ in range(beats):
            house.at += 1
            lands_unread(house, "hall-1")
        house.engine.step(0)  # all of it at once, and the second is over: it is saved
        assert house.engine.books.homes.opened() == {}
        assert (house.engine.books.homes["dp03-12"] is home) == stays


def test_homes_of_which_nothing_is_said_any_more_lie_down_though_others_unknown_go_on(house: House) -> None:
    house.lives()
    home = house.engine.books.homes["dp03-12"]
    house.engine._homes.put_away(house.engine.books.homes.opened(), resting=False)  # it stayed open in a busy second
    house.at += 2 * SECOND
    for _ in range(8):
        lands_unread(house, "nobody-knows-1")
    house.engine.step(0)
    assert house.engine.books.homes["dp03-12"] is not home


def test_while_alarms_press_homes_stay_open_and_what_was_done_to_them_is_saved_once() -> None:
    homes = Homes()
    for n in range(3):
        homes[f"h{n}"] = Household(f"h{n}", "s1", 5, 43_200)
    homes.put_away(homes.opened(), resting=False)
    assert homes.opened() == {}, "saved"
    first = homes["h1"]
    first.fired.append((7, "s1/hall", True))
    assert set(homes.opened()) == {"h1"}, "only who was asked for since"
    homes.put_away(homes.opened(), resting=False)
    assert homes["h1"] is first
    homes.put_away(homes.opened())
    assert homes["h1"] is not first, "at rest it lies packed"
    assert homes["h1"].fired == [(7, "s1/hall", True)]


def test_no_more_than_so_many_stay_open_and_the_longest_unasked_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    homes = Homes()
    monkeypatch.setattr("alerts.homes._MOST_OPEN", 512)
    for n in range(600):
        homes[f"h{n}"] = Household(f"h{n}", "s1", 5, 43_200)
    kept = homes["h0"]
    homes.put_away(homes.opened(), resting=False)
    again = homes["h0"]
    assert again is not kept, "entered first, and asked for in the same breath as all others"
    homes["h300"].fired.append((7, "s1/hall", True))
    homes.put_away(homes.opened(), resting=False)
    for n in range(600):
        assert homes[f"h{n}"].home == f"h{n}"
    homes.put_away(homes.opened(), resting=False)
    assert len(homes) == 600
    assert homes["h300"].fired == [(7, "s1/hall", True)]
