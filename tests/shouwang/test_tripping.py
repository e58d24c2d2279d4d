"""A fault of ours in work that can wait ends nothing: it is said to the administrators once an hour, and tried again."""

import threading
from collections.abc import Iterator

import pytest

from alerts import steward
from alerts.commands.settings import change_settings
from alerts.learning import Learner
from events.database import Database
from events.holding import Holder
from events.leases import Fenced
from events.types.system import PromiseBroken
from shouwang import tripping
from shouwang.learning import Learning
from shouwang.stewarding import Stewarding
from shouwang.tripping import Tripping
from tests.house import House
from tests.shouwang.running import until


@pytest.fixture
def fatal() -> list[BaseException]:
    return []


@pytest.fixture
def holder(house: House, fatal: list[BaseException]) -> Iterator[Holder]:
    made = Holder(house.database, on_fatal=fatal.append)
    made.start()
    yield made
    made.stop()


def of(database: Database, house: House) -> Tripping:
    return Tripping(database, house.now, name="learning", zh="项夜间学习出错", en="fault in what is learned at night")


def test_a_look_at_chains_that_trips_ends_nothing_and_is_made_again(
    house: House, holder: Holder, fatal: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.set(administrators=["t1"])
    looks: list[int] = []

    def trips(*_: object) -> list[object]:
        looks.append(1)
        if len(looks) < 3:
            raise KeyError("a fault of ours")
        return []

    monkeypatch.setattr(steward, "lint", trips)
    monkeypatch.setattr(tripping, "_AGAIN_S", 0.01)
    change_settings(house.database, {"chain.checked_days": 9}, by="test", at=house.at)
    stewarding = Stewarding(house.database, holder, house.now, on_fatal=fatal.append)
    stewarding.start()
    until(lambda: len(looks) >= 3, "it is tried again")
    stewarding.settle()
    stewarding.stop()
    assert fatal == []
    assert [(fact.what, fact.count) for fact in house.said(PromiseBroken)] == [("steward_trips", 1)]
    house.settles()
    assert "系统自查" in house.phone(5).last


def test_what_cannot_be_learned_tonight_is_learned_later(
    house: House, fatal: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = Learner(house.database, house.now)
    tries: list[int] = []

    def trips() -> int:
        tries.append(1)
        if len(tries) < 2:
            raise ZeroDivisionError
        return 0

    monkeypatch.setattr(learner, "step", trips)
    monkeypatch.setattr("shouwang.learning._LOOK_S", 0.01)
    monkeypatch.setattr(tripping, "_AGAIN_S", 0.01)
    learning = Learning(learner, tripping=of(house.database, house), on_fatal=fatal.append)
    learning.start()
    until(lambda: len(tries) > 2, "it is tried again")
    learning.stop()
    assert fatal == []
    assert [fact.what for fact in house.said(PromiseBroken)] == ["learning_trips"]


def test_a_lost_lease_still_ends_the_process(house: House) -> None:
    with pytest.raises(Fenced):
        of(house.database, house).over(Fenced("steward"), threading.Event())
    assert house.said(PromiseBroken) == []
