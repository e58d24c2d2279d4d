"""Whoever can wait lets an alarm by: for milliseconds, never for good, and never for more than a third of the time."""

import threading

import pytest

from events.right_of_way import RightOfWay
from tests.right_of_way import StandingWay


@pytest.fixture
def way() -> StandingWay:
    return StandingWay()


def test_it_is_free_until_an_alarm_comes_and_when_it_has_gone(way: StandingWay) -> None:
    way.goes_on()  # nothing is on its way: nothing goes on
    assert not way.taken
    way.begins()
    assert way.taken
    way.later(0.021)
    assert not way.taken


def test_each_stage_has_its_time_and_who_hears_no_more_goes_on(way: StandingWay) -> None:
    way.begins()
    for _ in range(4):
        way.later(0.019)
        assert way.taken
        way.goes_on()
    way.later(0.021)
    way.goes_on()  # too late: it is over
    assert not way.taken


def test_an_alarm_that_nobody_gave_way_to_takes_nothing_from_the_next(way: StandingWay) -> None:
    way.begins()
    way.later(60)
    for _ in range(4):
        way.begins()
        way.later(0.019)
    assert way.taken


def test_alarms_without_end_take_a_third_of_the_time_and_no_more(way: StandingWay) -> None:
    taken, whole = 0, 20_000
    for _ in range(whole):
        way.later(0.001)
        way.begins()
        taken += way.taken
    assert 0.25 < taken / whole < 0.35


def test_after_a_quiet_time_no_alarm_holds_others_up_for_longer_than_a_tenth_of_a_second(way: StandingWay) -> None:
    way.later(3600)
    waited = 0
    while True:
        way.begins()
        if not way.taken:
            break
        way.later(0.001)
        waited += 1
    assert 95 <= waited <= 105


def test_many_may_wait_and_all_go_on_when_it_has_gone(way: StandingWay) -> None:
    way.begins()
    gone = threading.Semaphore(0)
    waiting = [threading.Thread(target=lambda: (way.give(), gone.release()), daemon=True) for _ in range(3)]
    for each in waiting:
        each.start()
    assert not gone.acquire(timeout=0.1)
    way.later(1)
    for each in waiting:
        each.join(10)
        assert not each.is_alive()


def test_whose_alarm_is_never_heard_of_again_goes_on_by_himself() -> None:
    way = RightOfWay()
    way.begins()
    way.give()
    assert not way.taken
