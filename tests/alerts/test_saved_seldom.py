"""What the engine reads is saved in good time, and far behind not so often that it would come forward more slowly."""

import pytest

from alerts import engine as engine_module
from alerts import planner as planner_module
from alerts.engine import READER, Engine
from events.database import Database
from events.follow import bookmark
from events.types.fact import SECOND
from tests.events.saying import AT, fact, tell
from tests.house import House
from tests.right_of_way import StandingWay


def bookmark_of(database: Database) -> int:
    with database.read() as db:
        return bookmark(db, READER)


def test_with_far_to_read_it_saves_every_five_seconds_and_else_every_second(any_database: Database) -> None:
    tell(any_database, *[fact(f"a{n}") for n in range(65)])
    at = AT
    engine = Engine(any_database, lambda: at)
    saved = []
    while engine.step(0, limit=10):
        saved.append(bookmark_of(any_database))
        at += 2 * SECOND
    assert saved == [0, 0, 0, 40, 40, 40, 65], "the last five are all that was left: nothing is far behind any more"
    engine.follower.close()


def test_while_an_alarm_passes_it_is_not_saved_and_afterwards_at_once(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = StandingWay()
    monkeypatch.setattr(engine_module, "WAY", way)
    tell(any_database, *[fact(f"a{n}") for n in range(3)])
    at = AT
    engine = Engine(any_database, lambda: at)
    at += 2 * SECOND

    def saved() -> int:
        engine.step(0)
        return bookmark_of(any_database)

    way.begins()
    assert saved() == 0
    way.has_gone()
    assert saved() == 3
    engine.follower.close()


def test_what_is_planned_for_class_1_has_the_right_of_way_and_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = StandingWay()
    monkeypatch.setattr(planner_module, "WAY", way)
    house.lives()
    house.waits(hours=13)
    assert house.alert("no_activity").told, "somebody was told, of class 2"
    assert not way.taken
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    assert way.taken


def test_what_the_engine_decides_goes_on_with_the_right_of_way_it_has_and_claims_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = StandingWay()
    monkeypatch.setattr(engine_module, "WAY", way)
    house.lives()
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    assert not way.taken, "how urgent it is the planner knows, and the door"
    way.begins()
    way.later(0.015)
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    way.later(0.015)
    assert way.taken
