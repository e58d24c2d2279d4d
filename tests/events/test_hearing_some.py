"""A reader that hears only some types is given just these, loses none of them, and still comes to the end of the log."""

import pytest

from events import follow
from events.database import Database
from events.follow import Follower
from events.serial import REGISTER, UPGRADES, Recorded
from events.store import New
from events.types.device import OccupancyReported
from events.types.setting import SettingChanged
from tests.events.saying import AT, decision, fact, tell


def setting(name: str) -> New:
    return New("settings", "all", SettingChanged(scope="all", name=name, value="1", by="test"), AT, key=name, digest=1)


def drained(follower: Follower, limit: int = 1000) -> list[Recorded]:
    found: list[Recorded] = []
    while batch := follower.next(limit=limit, timeout=0):
        found += batch
    return found


def test_only_what_it_hears_is_fetched_and_the_end_is_reached(any_database: Database) -> None:
    for n in range(4):
        tell(any_database, *[fact(f"{n}-{m}") for m in range(5)], setting(f"s{n}"))
    tell(any_database, fact("last"))
    follower = Follower(any_database, "story", hears=[SettingChanged])
    assert [r.event.name for r in drained(follower, limit=3) if isinstance(r.event, SettingChanged)] == [
        "s0", "s1", "s2", "s3",
    ]  # fmt: skip
    assert follower.position == 25, "what it does not hear lies behind it too"
    assert follower.next(timeout=0) == []


def test_a_long_stretch_without_anything_to_hear_is_crossed_at_once(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_STRIDE", 4)
    tell(any_database, *[fact(str(n)) for n in range(30)], setting("far"))
    follower = Follower(any_database, "story", hears=[SettingChanged])
    (found,) = follower.next(timeout=0)
    assert found.position == 31, "an empty answer would mean that there is nothing more"


def test_what_was_recorded_under_an_older_name_is_heard(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(any_database, fact("old"), decision(), after={"home-dp03-12": 0})
    monkeypatch.delitem(REGISTER, "OccupancyReported")
    monkeypatch.setitem(
        UPGRADES,
        "OccupancyReported",
        lambda fields: ("SettingChanged", {"scope": fields["device"], "name": "lifted", "value": "1", "by": "x"}),
    )
    monkeypatch.setattr("events.serial._decoders", {})
    follower = Follower(any_database, "story", hears=[SettingChanged])
    (found,) = drained(follower)
    assert isinstance(found.event, SettingChanged) and found.event.name == "lifted"
    assert not isinstance(found.event, OccupancyReported)


def test_what_this_process_appended_comes_through_memory(any_database: Database) -> None:
    follower = Follower(any_database, "story", hears=[SettingChanged])
    made = tell(any_database, setting("now"))
    assert follower.next(timeout=0)[0] is made.recorded[0]
