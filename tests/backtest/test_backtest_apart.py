"""A change judged in a process of its own, and what other steps and targets would have meant."""

import pytest

from alerts.backtest.apart import Asked, Failed, NotFinished, judge_apart
from alerts.backtest.reach import reached, within
from events.types.fact import MINUTE
from tests.backtest.test_backtest_log import quiet_day
from tests.house import House


def asked(house: House, **settings: float) -> Asked:
    return Asked(str(house.database.address), ["no_activity"], settings, 0, house.at, [])


def test_apart_it_finds_the_same_and_says_how_far_it_is(house: House) -> None:
    quiet_day(house)
    heard: list[float] = []
    (found,) = judge_apart(asked(house, no_activity_s=16 * 3600), limit_s=60, progress=heard.append)
    assert (found["then"]["alerts"], found["now"]["alerts"]) == (1, 0)
    assert found["then"]["told_s"] == 600
    assert [each["what"] for each in found["differences"]] == ["gone"]
    assert heard[-1] == 1.0


def test_what_takes_too_long_is_ended_and_called_unfinished(house: House) -> None:
    with pytest.raises(NotFinished):
        judge_apart(asked(house), limit_s=0.05)


def test_what_cannot_be_judged_is_no_result(house: House) -> None:
    with pytest.raises(Failed):
        judge_apart(asked(house, no_such_setting=1), limit_s=60)


def row(**at: int | None) -> dict[str, int | None]:
    return {"raised_at": 0, "going_at": None, "arrived_at": None, "closed_at": None} | at


def test_a_level_is_told_when_its_turn_comes_before_somebody_goes() -> None:
    rows = [row(going_at=3 * MINUTE), row(going_at=20 * MINUTE), row(closed_at=6 * MINUTE), row()]
    then, now = [[0, ["watcher"]], [300, ["village"]]], [[0, ["watcher"]], [900, ["village"]]]
    found = {
        each.level: (each.then, each.now) for each in reached(rows, then, now, ["watcher", "village"], 10 * MINUTE)
    }
    assert found == {"watcher": (4, 4), "village": (3, 1)}


def test_a_target_counts_answers_from_raised_and_arrivals_from_setting_out() -> None:
    rows = [row(going_at=2 * MINUTE, arrived_at=9 * MINUTE), row(arrived_at=5 * MINUTE), row()]
    assert within(rows, "answer", 180, 360) == (3, 1, 2)
    assert within(rows, "arrive", 300, 420) == (3, 1, 2)
