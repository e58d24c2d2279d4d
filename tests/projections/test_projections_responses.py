"""Response times: counted to arrival, targets kept or missed, drills apart; told through the whole service."""

from collections.abc import Callable
from typing import Any

import pytest

from alerts.projections import responses
from alerts.projections.projector import Projector
from tests.house import START, House

pytestmark = pytest.mark.both


def co(house: House, alarm: bool = True) -> None:
    house.hears("co-1", "co", {"alarm": alarm, "ppm": 210, "test": False})


def asks(house: House, question: Callable[..., Any], **more: Any) -> Any:
    projector = Projector(house.database)
    while projector.step():
        pass
    projector.stop()
    with house.database.read() as db:
        if question is responses.rows:
            return question(db, START, house.at + 1, **more)
        return question(db, START, house.at + 1, house.at, **more)


def test_each_moment_of_an_alert_is_counted_from_when_it_was_raised(house: House) -> None:
    began = house.at
    co(house)
    house.waits(minutes=1)
    house.phone(3).replies("19")
    house.waits(minutes=1)
    house.phone(1).replies("11")
    house.waits(minutes=5)
    house.phone(1).replies("12")
    co(house, False)
    house.waits(minutes=3)
    house.operator_closes("carbon_monoxide", "rescued")
    (row,) = asks(house, responses.rows)
    seconds = {
        n: (row[n] - began) // 1_000_000 for n in ("raised_at", "told_at", "going_at", "arrived_at", "closed_at")
    }
    assert seconds == {"raised_at": 0, "told_at": 0, "going_at": 120, "arrived_at": 420, "closed_at": 600}
    assert (row["outcome"], row["closed_by"], row["declined"], row["overdue"]) == ("rescued", "user:zhang", 1, 0)
    assert row["messages"] >= 5
    (one,) = asks(house, responses.figures)
    assert (one.alert_class, one.raised, one.closed, one.closed_share) == (1, 1, 1, 1.0)
    assert (one.answered.kept, one.arrived.kept) == (1, 1)
    assert (one.going.median_s, one.there.median_s, one.ended.p90_s) == (120, 420, 600)


def test_a_late_answer_and_a_late_arrival_are_missed_and_what_is_not_due_yet_waits(house: House) -> None:
    co(house)
    (one,) = asks(house, responses.figures)
    assert (one.answered.waiting, one.arrived.waiting) == (1, 1)
    house.waits(minutes=3, seconds=1)
    (one,) = asks(house, responses.figures)
    assert (one.answered.missed, one.arrived.waiting) == (1, 1), "eight minutes from now on"
    house.phone(1).replies("11")
    house.waits(minutes=9)
    (one,) = asks(house, responses.figures)
    assert one.arrived.missed == 1
    house.phone(1).replies("12")
    (one,) = asks(house, responses.figures)
    assert (one.answered.missed, one.arrived.missed, one.closed) == (1, 1, 0), "late is late, and not closed"
    assert asks(house, responses.rows)[0]["overdue"] == 1


def test_drills_are_counted_apart_and_what_the_elder_cancelled_not_at_all(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=5)
    house.hears("sos-1", "button", {"action": "cancel"})
    house.hears("sos-1", "button", {"action": "sos"})
    house.phone(1).replies("12")
    house.operator_closes("sos", "drill")
    assert [one for one in asks(house, responses.figures) if one.alert_class <= 2] == []
    (practice,) = asks(house, responses.figures, drills=True)
    assert (practice.raised, practice.closed) == (1, 1)


def test_one_that_opens_again_is_not_closed_and_keeps_its_first_times(house: House) -> None:
    house.hears("sos-1", "button", {"action": "sos"})
    house.phone(1).replies("11")
    house.operator_closes("sos", "safe_at_home")
    house.waits(minutes=5)
    house.hears("sos-1", "button", {"action": "sos"})
    row = next(row for row in asks(house, responses.rows) if row["danger"] == "sos")
    assert (row["closed_at"], row["outcome"], row["going_at"] - row["raised_at"]) == (None, "", 0)
