"""Many homes dark at once are one trouble: told once to whoever answers for the site, and never a flood."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.auditing.auditor import Auditor
from alerts.auditing.promises import Promises
from alerts.commands import alerts as commands
from alerts.core import settling
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.fact import MINUTE, SECOND
from events.types.message import PersonTold
from events.types.system import IngestCaughtUp
from tests.alerts.village import Village


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    """One site of ten homes, all of them seen."""
    made = Village(tmp_path, {"dp03": 10})
    made.live()
    yield made
    assert verify(DatabaseLog(made.database)).differences == []
    made.close()


def some(village: Village, first: int, last: int) -> list[str]:
    return village.homes[first - 1 : last]


def test_three_homes_dark_within_two_minutes_are_one_incident_and_two_people_hear_once(village: Village) -> None:
    for home in some(village, 1, 3):
        village.loses([home])
        village.waits(seconds=30)
    assert village.incident().status == "suspected"
    assert village.texts() == 0, "two minutes may pass, perhaps it is over"
    village.waits(minutes=2)
    alert = village.incident()
    assert alert.status == "raised"
    assert alert.area is not None
    assert sorted(alert.area.homes) == some(village, 1, 3)
    assert (alert.area.of, alert.area.need) == (10, 3)
    assert [len(village.phone(n).inbox) for n in (1, 2, 3, 4, 5)] == [0, 0, 1, 1, 0]
    assert "东坪一组有3户同时断线" in village.phone(3).last
    village.waits(hours=11)
    assert village.texts() == 2, "nobody is told again by the clock"


def test_two_homes_are_two_homes(village: Village) -> None:
    village.loses(some(village, 1, 2))
    village.waits(minutes=30)
    assert village.incidents() == []


def test_three_homes_within_half_an_hour_are_three_homes(village: Village) -> None:
    for home in some(village, 1, 3):
        village.loses([home])
        village.waits(minutes=10)
    assert village.incidents() == []


def test_a_fifth_of_a_large_site_is_needed(tmp_path: Path) -> None:
    village = Village(tmp_path, {"dp03": 21})
    village.live()
    village.loses(village.homes[:4])
    village.waits(minutes=1)
    assert village.incidents() == []
    village.loses(village.homes[4:5])
    assert village.incident().status == "suspected"
    village.close()


def test_back_within_two_minutes_and_nobody_heard_of_it(village: Village) -> None:
    village.loses(some(village, 1, 5))
    village.waits(minutes=1)
    village.returns(some(village, 1, 3))
    assert village.incident().status == "cancelled"
    village.waits(hours=1)
    assert village.texts() == 0


def test_it_is_told_again_only_when_it_has_doubled(village: Village) -> None:
    village.loses(some(village, 1, 3))
    village.waits(minutes=3)
    assert village.texts() == 2
    village.loses(some(village, 4, 5))
    village.waits(minutes=10)
    assert village.texts() == 2, "five are not twice three"
    village.loses(some(village, 6, 6))
    assert village.texts() == 4
    assert "6户" in village.phone(4).last
    area = village.incident().area
    assert area is not None
    assert len(area.homes) == 6


def test_an_incident_that_waits_for_the_power_breaks_no_promise(tmp_path: Path) -> None:
    """It rings for nobody any more, and its second one was known to everybody: neither is a fault of ours."""
    village = Village(tmp_path, {"dp03": 3, "dp04": 3})
    village.live()
    auditor, promises = Auditor(village.database, lambda: village.at), Promises(village.database)
    village.loses(village.homes)
    for _ in range(4):
        village.waits(minutes=2)
        village.engine.commit()
        village.planner.commit()
        assert [each.name for each in auditor.look().findings if each.grave] == []
        assert promises.look(village.at) == []
    assert {each.status for each in village.incidents()} == {"raised"}
    assert {each.state for each in village.said(PersonTold)} >= {"planned", "known"}
    village.close()


def loses_before_we_caught_up(village: Village, homes: list[str]) -> None:
    """We were down for a minute, and these wills come three seconds before we have heard everything."""
    since = village.at
    village.at += MINUTE
    village.loses(homes)
    village.at += 3 * SECOND
    village.records(IngestCaughtUp(since=since), "ingest", "all")


def test_a_will_that_comes_before_we_have_caught_up_is_a_will_afterwards(village: Village) -> None:
    """In our first moments the broker tells us who is gone; that we were down is no reason of theirs."""
    loses_before_we_caught_up(village, some(village, 1, 2))
    village.loses(some(village, 3, 3))
    assert village.incident().status == "suspected"
    assert [village.sights(home)[-1] for home in some(village, 1, 3)] == [("site_cut_off", True)] * 3
    village.waits(minutes=3)
    assert village.texts() == 2


def test_what_one_word_begins_and_ends_is_twice_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was before the fourth generation: a home is taken in, another turns out to be none of it, and all is as before."""
    monkeypatch.setattr(settling, "WILLS_STAY", 9)
    village = Village(tmp_path, {"dp03": 10})
    village.live()
    loses_before_we_caught_up(village, some(village, 2, 3))
    village.loses(some(village, 1, 1))
    assert village.incident().status == "cancelled"
    assert [state for state, _ in village.sights("dp03-1")][-3:] == ["gateway_cut", "site_cut_off", "gateway_cut"]
    assert verify(DatabaseLog(village.database)).differences == []
    village.close()


def test_power_back_closes_it_and_nobody_is_told(village: Village) -> None:
    village.loses(some(village, 1, 6))
    village.waits(minutes=20)
    told = village.texts()
    for home in some(village, 1, 6):
        village.returns([home])
        village.waits(seconds=10)
    alert = village.incident()
    assert (alert.status, alert.outcome, alert.closed_by) == ("closed", "resolved_itself", "system")
    village.waits(hours=2)
    assert village.texts() == told


def test_one_home_that_stays_dark_does_not_hold_it_open_for_ever(village: Village) -> None:
    village.loses(some(village, 1, 6))
    village.waits(minutes=20)
    village.returns(some(village, 2, 6))
    village.waits(minutes=9)
    assert village.incident().status == "raised"
    village.waits(minutes=2)
    assert village.incident().status == "closed"
    assert village.sights("dp03-1")[-1] == ("gateway_cut", True), "now a trouble of its own"


def test_the_mains_flag_counts_though_the_home_is_still_seen(village: Village) -> None:
    for home in some(village, 1, 4):
        village.hear([(village.device(home, "gw"), "device", {"mains": False})])
        village.at += 5 * SECOND
    alert = village.incident()
    assert alert.area is not None
    assert {by for _, by in alert.area.homes.values()} == {"mains"}
    village.waits(minutes=3)
    assert "有4户同时停电" in village.phone(3).last
    assert village.sights("dp03-1")[-1] == ("no_power", False)
    village.hear((village.device(home, "gw"), "device", {"mains": True}) for home in some(village, 1, 4))
    assert village.incident().status == "closed"


def test_misses_count_where_no_will_comes(tmp_path: Path) -> None:
    village = Village(tmp_path, {"dp03": 5}, gateways=False)
    village.live()
    village.cut = frozenset(village.homes[:4])
    village.waits(hours=3, minutes=5)
    alert = village.incident()
    assert alert.area is not None
    assert {by for _, by in alert.area.homes.values()} == {"misses"}
    assert verify(DatabaseLog(village.database)).differences == []
    village.close()


def test_its_homes_send_nobody_they_are_a_list_on_it(village: Village) -> None:
    village.loses(some(village, 1, 4))
    village.waits(hours=13)
    alert = village.incident()
    assert alert.area is not None
    assert sorted(alert.area.quiet) == some(village, 1, 4)
    others = {a.danger for a in village.alerts() if a.home in some(village, 1, 4)}
    assert others == set(), "neither visits nor silent devices of their own"
    said = [text for texts in village.phones.inboxes.values() for text in texts if "没动静" not in text]
    assert len(said) == 2, "all else is about homes that can be seen, in which nobody moved either"


def test_when_the_operator_ends_it_the_homes_still_dark_are_visited_after_all(village: Village) -> None:
    village.loses(some(village, 1, 4))
    village.waits(hours=13)
    alert = village.incident()
    commands.close(
        village.database, alert.id, outcome="fixed", by="user:zhang", via="console", seen_version=alert.version,
        at=village.at,
    )  # fmt: skip
    village.settles()
    village.waits(minutes=9)
    assert not [a for a in village.alerts() if a.danger == "dark_and_quiet"]
    village.waits(minutes=2)
    assert sorted(a.home for a in village.alerts() if a.danger == "dark_and_quiet") == some(village, 1, 4)


def test_carbon_monoxide_in_the_midst_is_told_at_once(village: Village) -> None:
    village.loses(some(village, 1, 6))
    village.waits(minutes=1)
    village.hear([(village.device("dp03-2", "co"), "co", {"alarm": True, "ppm": 210, "test": False})])
    assert "2号家一氧化碳超标" in village.phone(1).last
    assert "2号家一氧化碳超标" in village.phone(3).last


def test_a_restart_in_the_midst_leaks_nothing(village: Village) -> None:
    village.loses(some(village, 1, 4))
    village.restarts()
    village.loses(some(village, 5, 5))
    village.waits(minutes=3)
    village.restarts()
    village.waits(minutes=10)
    village.restarts()
    assert [len(village.phone(n).inbox) for n in (1, 2, 3, 4, 5)] == [0, 0, 1, 1, 0]
    village.returns(some(village, 1, 5))
    village.restarts()
    village.waits(hours=1)
    assert village.texts() == 2


def test_a_home_that_was_dark_long_before_is_no_part_of_it(village: Village) -> None:
    village.loses(some(village, 9, 9))
    village.waits(hours=2)
    village.loses(some(village, 1, 3))
    area = village.incident().area
    assert area is not None
    assert "dp03-9" not in area.homes


def test_each_change_is_one_small_fact(village: Village) -> None:
    village.loses(some(village, 1, 8))
    village.waits(minutes=5)
    village.returns(some(village, 1, 8))
    joined, left = village.said(facts.AreaHomeJoined), village.said(facts.AreaHomeLeft)
    assert (len(joined), len(left)) == (5, 8)
