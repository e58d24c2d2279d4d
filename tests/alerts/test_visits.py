"""探访: a home where nobody has been for a month is a visit to make; whoever goes writes it down."""

import pytest

from alerts.commands.away import HomeUnknown
from alerts.commands.lives import NotPossible, record_visit
from alerts.commands.settings import change_settings
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.fact import DAY, HOUR
from events.types.life import VisitRecorded
from tests.house import START, House


def days(house: House, number: float) -> None:
    house.waits(hours=24 * number, beating=False)


@pytest.fixture
def quiet(house: House) -> House:
    """Nothing but visits: the sensors are silent on purpose, and so is the test of the month."""
    change_settings(house.database, {"drill.day": 0}, by="user:zhang", at=house.at)
    change_settings(house.database, {"visit.after_s": 5 * 86_400}, by="user:zhang", at=house.at, scope="dp03-12")
    house.settles()
    house.at += HOUR
    return house


def visits(house: House) -> list:
    return [a for a in house.alerts() if a.danger == "visit_due"]


def test_after_so_many_days_the_watcher_is_asked_and_a_day_later_the_grid_member(quiet: House) -> None:
    days(quiet, 4.9)
    assert visits(quiet) == []
    days(quiet, 0.8)
    (alert,) = visits(quiet)
    assert (alert.alert_class, list(alert.told)) == (3, ["w1"])
    assert "已5天没有探访记录" in quiet.phone(1).last
    days(quiet, 1)
    assert "g1" in visits(quiet)[0].told
    assert verify(DatabaseLog(quiet.database)).differences == []


def test_safe_by_sms_ends_it_and_the_days_are_counted_anew(quiet: House) -> None:
    days(quiet, 5.7)
    quiet.phone(1).replies(quiet.phone(1).last.partition("去看回")[2][:1] + "2")
    (alert,) = visits(quiet)
    assert (alert.status, alert.outcome, alert.closed_by) == ("closed", "safe_at_home", "w1")
    days(quiet, 4.5)
    assert len(visits(quiet)) == 1
    days(quiet, 1.5)
    assert len(visits(quiet)) == 2
    assert verify(DatabaseLog(quiet.database)).differences == []


def test_a_visit_that_is_written_down_ends_it_and_puts_the_next_one_off(quiet: House) -> None:
    days(quiet, 5.7)
    record_visit(
        quiet.database,
        "dp03-12",
        who="g1",
        visited_at=quiet.at - HOUR,
        note="人好，炉子通风",
        by="user:zhang",
        at=quiet.at,
    )
    quiet.settles()
    (alert,) = visits(quiet)
    assert (alert.status, alert.outcome, alert.closed_by) == ("closed", "request_done", "g1")
    (said,) = quiet.said(VisitRecorded)
    assert "炉子" not in repr(said)
    assert said.note
    days(quiet, 4.5)
    assert len(visits(quiet)) == 1
    assert verify(DatabaseLog(quiet.database)).differences == []


def test_an_alert_that_brought_somebody_to_the_door_counts_as_contact(quiet: House) -> None:
    days(quiet, 3)
    quiet.hears("sos-1", "button", {"action": "sos"})
    quiet.operator_closes("sos", "safe_at_home")
    days(quiet, 4)
    assert visits(quiet) == []


def test_a_visit_must_be_of_a_known_home_and_of_these_days(house: House) -> None:
    with pytest.raises(HomeUnknown):
        record_visit(house.database, "dp03-99", who="w1", visited_at=house.at, by="user:zhang", at=house.at)
    for visited_at, why in ((START + 2 * DAY, "ahead"), (START - 90 * DAY, "too_long_ago")):
        with pytest.raises(NotPossible) as refused:
            record_visit(house.database, "dp03-12", who="w1", visited_at=visited_at, by="user:zhang", at=house.at)
        assert refused.value.why == why
