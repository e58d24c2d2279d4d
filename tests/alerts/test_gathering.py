"""One trouble at several sites is one message a person; what can wait is gathered, and said once a day in numbers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.auditing.auditor import Auditor
from alerts.auditing.promises import Promises
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.fact import DAY, HOUR, SECOND
from events.types.message import MessagePlanned, PersonTold
from tests.alerts.village import Village

SHANGHAI = 8 * HOUR


@pytest.fixture
def villages(tmp_path: Path) -> Iterator[Village]:
    """Four sites of four homes, two grids, one village head over all."""
    made = Village(tmp_path, {"dp01": 4, "dp02": 4, "dp03": 4, "dp04": 4})
    made.live()
    yield made
    assert verify(DatabaseLog(made.database)).differences == []
    made.close()


def of(villages: Village, site: str) -> list[str]:
    return [home for home in villages.homes if home.startswith(site)]


def goes_dark(villages: Village, seconds: float = 20) -> None:
    """Site after site."""
    for site in villages.sites:
        villages.loses(of(villages, site))
        villages.waits(seconds=seconds)


def test_the_head_of_four_sites_hears_once_with_the_homes_of_all(villages: Village) -> None:
    goes_dark(villages)
    villages.waits(minutes=10)
    assert [a.status for a in villages.incidents()] == ["raised"] * 4
    assert [len(villages.phone(n).inbox) for n in (1, 2, 3, 4, 5, 6)] == [0, 0, 1, 1, 0, 1]
    assert "等4处共约16户同时断线" in villages.phone(4).last
    assert "等2处共约8户同时断线" in villages.phone(3).last
    assert sum(told.state == "known" for told in villages.said(PersonTold)) == 5, "each incident says who knows of it"


def test_a_site_that_follows_later_is_told_only_when_the_number_has_doubled(villages: Village) -> None:
    villages.loses([*of(villages, "dp01"), *of(villages, "dp02")])
    villages.waits(minutes=10)
    assert "等2处共约8户" in villages.phone(4).last
    villages.loses(of(villages, "dp03"))
    villages.waits(minutes=5)
    assert len(villages.phone(4).inbox) == 1, "twelve are not twice eight"
    assert len(villages.phone(6).inbox) == 1, "who had not heard of any hears of it"
    villages.loses(of(villages, "dp04"))
    villages.waits(minutes=5)
    assert len(villages.phone(4).inbox) == 2
    assert "等4处共约16户" in villages.phone(4).last


def test_power_that_goes_and_comes_within_half_an_hour_is_one_message(villages: Village) -> None:
    for _ in range(3):
        goes_dark(villages, seconds=1)
        villages.waits(minutes=4)
        villages.returns(villages.homes)
        villages.waits(minutes=4)
    assert [len(villages.phone(n).inbox) for n in (3, 4, 6)] == [1, 1, 1]
    assert {a.status for a in villages.incidents()} == {"closed"}


def test_another_power_cut_two_hours_later_is_news(villages: Village) -> None:
    villages.loses(of(villages, "dp01"))
    villages.waits(minutes=5)
    villages.returns(of(villages, "dp01"))
    villages.waits(hours=2)
    villages.loses(of(villages, "dp02"))
    villages.waits(minutes=5)
    assert len(villages.phone(4).inbox) == 2


def local(villages: Village, hour: int) -> float:
    """Hours until it is that hour in the town."""
    now = (villages.at + SHANGHAI) % DAY
    return ((hour * HOUR - now) % DAY) / HOUR


def digests(villages: Village, person: str) -> list[MessagePlanned]:
    return [m for m in villages.said(MessagePlanned) if m.template == "digest" and m.person == person]


def in_peace(villages: Village, hours: float) -> None:
    """Somebody lives in each home the while."""
    while hours > 0:
        step = min(hours, 8.0)
        villages.waits(hours=step)
        hours -= step
        for what in ("hall", "bed"):
            seen = [home for home in villages.homes if home not in villages.cut]
            for occupied in (True, False):
                villages.hear((villages.device(home, what), "motion", {"occupied": occupied}) for home in seen)
                villages.at += SECOND


def test_equipment_waits_for_the_morning_and_is_one_message_to_the_grid_member(villages: Village) -> None:
    for home in ("dp01-1", "dp02-3"):
        villages.loses([home])
        villages.waits(minutes=10)
    in_peace(villages, 4)
    assert [a.danger for a in villages.alerts()].count("device_silent") == 2
    assert digests(villages, "g1") == []
    in_peace(villages, local(villages, 9) + 0.1)
    (morning,) = digests(villages, "g1")
    assert [morning.words[n] for n in ("requests", "repairs", "fresh")] == ["2", "4", "6"], "two homes, dark for hours"
    assert "设备待修" in villages.phone(3).last
    assert digests(villages, "g2") == []
    assert not [text for text in villages.phone(1).inbox if "设备" in text and "断线" not in text], "watchers never"


def test_nothing_to_say_is_not_said(villages: Village) -> None:
    villages.loses(["dp01-1"])
    in_peace(villages, 4)
    villages.returns(["dp01-1"])
    in_peace(villages, 30)
    assert digests(villages, "g1") == []


def test_what_still_waits_is_said_again_the_next_day_and_no_more_when_it_is_done(villages: Village) -> None:
    villages.loses(["dp01-1"])
    in_peace(villages, 4 + local(villages, 9) + 28)
    first, second = digests(villages, "g1")[:2]
    assert [first.words[n] for n in ("requests", "repairs", "fresh")] == ["1", "2", "3"]
    assert [second.words[n] for n in ("requests", "repairs", "fresh")] == ["1", "2", "0"]
    villages.returns(["dp01-1"])
    said = len(digests(villages, "g1"))
    in_peace(villages, 30)
    assert len(digests(villages, "g1")) == said


def test_a_power_cut_over_many_sites_breaks_no_promise_and_nobody_audits_it_into_one(villages: Village) -> None:
    goes_dark(villages, seconds=1)
    promises, auditor = Promises(villages.database), Auditor(villages.database, lambda: villages.at)
    for _ in range(6):
        villages.waits(minutes=2)
        assert promises.look(villages.at) == []
        assert not {each.name for each in auditor.look().findings} & {"tell_unanswered", "nobody_asked"}
    assert {told.state for told in villages.said(PersonTold)} >= {"known", "sent"}
