"""Six things that silence may be are told apart by what is still heard; and blind time is counted to the minute, with causes."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.core.blindness import Unseen, apart, total_s
from alerts.core.sight import triage
from alerts.projections import blindness
from alerts.projections.projector import Projector
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.fact import HOUR, MINUTE, SECOND
from events.types.home import AwaySet
from events.types.system import IngestCaughtUp
from tests.alerts.village import DEVICES, Village

ONE = "dp03-1"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    """Six homes, each seen."""
    made = Village(tmp_path, {"dp03": 6})
    made.live()
    yield made
    assert verify(DatabaseLog(made.database)).differences == []
    made.close()


def word(village: Village, home: str = ONE) -> str:
    """What triage says of this home now."""
    known = village.engine.books.homes[home]
    last = known.memory.get("no_activity", {}).get("last")
    return triage(known, last, 12 * HOUR, village.at, village.engine.books.policy).state


def test_all_is_well(village: Village) -> None:
    village.waits(hours=5)
    assert word(village) == "seen"


def test_the_person_is_quiet_while_sensors_speak(village: Village) -> None:
    village.waits(hours=12, minutes=1)
    assert word(village) == "quiet"
    assert village.alert("no_activity").status == "suspected"


def test_the_sensors_are_dead_and_the_gateway_speaks(village: Village) -> None:
    village.cut = frozenset({ONE})
    for _ in range(5):
        village.waits(hours=1)
        village.hear([(village.device(ONE, "gw"), "heartbeat", {"interval_s": 3600, "mains": True})])
    assert word(village) == "sensor_dead"
    assert village.sights(ONE)[-1] == ("sensor_dead", True)


def test_one_sensor_dead_while_others_speak_is_no_darkness(village: Village) -> None:
    known = village.engine.books.homes[ONE]
    for _ in range(5):
        village.waits(hours=1, beating=False)
        village.hear((village.device(ONE, what), "heartbeat", {"interval_s": 3600}) for what in ("gw", "bed", "co"))
    known = village.engine.books.homes[ONE]
    found = triage(known, None, 12 * HOUR, village.at, village.engine.books.policy)
    assert (found.state, found.silent) == ("seen", (village.device(ONE, "hall"),))


def test_the_home_has_no_power_and_a_gateway_on_batteries_still_speaks(village: Village) -> None:
    village.hear([(village.device(ONE, "gw"), "device", {"mains": False})])
    assert word(village) == "no_power"
    assert village.sights(ONE)[-1] == ("no_power", False)
    village.loses([ONE])
    assert village.sights(ONE)[-1] == ("no_power", True), "then its battery is empty, and the reason is still the power"


def test_the_gateway_is_gone_and_carbon_monoxide_comes_by_another_way(village: Village) -> None:
    village.loses([ONE])
    village.waits(minutes=5)
    village.hear([(village.device(ONE, "co"), "co", {"alarm": True, "ppm": 210, "test": False})])
    assert "1号家一氧化碳超标" in village.phone(1).last
    assert word(village) == "gateway_cut", "one detector is not the home"


def test_the_site_is_cut_off(village: Village) -> None:
    village.loses(village.homes)
    assert word(village) == "site_cut_off"
    village.waits(hours=13)
    assert word(village) == "site_cut_off"
    assert not [a for a in village.alerts() if a.danger in {"no_activity", "dark_and_quiet", "device_silent"}]


def test_away_is_away_whatever_is_heard(village: Village) -> None:
    village.records(AwaySet(home=ONE, by="w1", until=village.at + 48 * HOUR), f"home-{ONE}", "dp03")
    village.loses([ONE])
    assert word(village) == "away"


def test_after_a_hole_of_ours_we_cannot_tell_and_then_we_can(village: Village) -> None:
    village.cut = frozenset({ONE})
    since = village.at
    village.at += 6 * HOUR
    village.records(IngestCaughtUp(since=since), "ingest", "all")
    village.waits(minutes=1)
    assert word(village) == "we_were_down"
    village.waits(hours=2, minutes=50)
    assert word(village) == "we_were_down", "its sensors speak once an hour"
    village.waits(minutes=15)
    assert word(village) == "gateway_cut"
    assert village.incidents() == [], "and what was dark for us alone is no trouble of the site"


def test_why_a_home_is_dark_is_in_what_the_visitor_is_told(village: Village) -> None:
    village.hear([(village.device(ONE, "gw"), "device", {"mains": False})])
    village.loses([ONE])
    village.waits(hours=20)
    visit = village.alert("dark_and_quiet")
    assert visit.reason["sight"] == "no_power"
    assert any("1号家停电,已" in text for text in village.phone(1).inbox)


def test_a_gateway_that_comes_back_gives_back_what_its_will_took(village: Village) -> None:
    village.loses([ONE])
    village.waits(seconds=20)
    village.cut = frozenset()
    village.hear([(village.device(ONE, "gw"), "status", {"state": "online"})])
    assert word(village) == "seen", "its sensors need not speak first, which may take an hour"


def ledger(village: Village, home: str = ONE) -> dict[str, int]:
    """Minutes by cause."""
    return {cause: round(seconds / 60) for cause, seconds in ledger_s(village, home).items()}


def ledger_s(village: Village, home: str = ONE) -> dict[str, float]:
    """Seconds by cause."""
    projector = Projector(village.database)
    while projector.step():
        pass
    projector.stop()
    with village.database.read() as db:
        (found,) = blindness.ledgers(db, 0, village.at + 1, village.at, home=home)
    return dict(found.seconds)


def reboots(village: Village, homes: list[str]) -> None:
    """Back with nothing in their memories: they were without power."""
    for home in homes:
        for what in DEVICES:
            village.boots(village.device(home, what), f"b{village.at}")
    village.returns(homes)


def test_blind_minutes_have_their_cause_to_the_minute(village: Village) -> None:
    village.waits(hours=1)
    village.loses([ONE])  # 95 minutes without its gateway
    village.waits(minutes=95)
    reboots(village, [ONE])
    village.waits(hours=1)
    village.hear([(village.device(ONE, "gw"), "device", {"mains": False})])
    village.loses([ONE])  # 50 minutes without power
    village.waits(minutes=50)
    reboots(village, [ONE])
    village.hear([(village.device(ONE, "gw"), "device", {"mains": True})])
    village.waits(hours=1)
    village.loses(village.homes)  # 130 minutes of the whole site
    village.waits(minutes=130)
    reboots(village, village.homes)
    village.waits(minutes=5)
    found = ledger(village)
    for cause, minutes in {"gateway_cut": 95, "no_power": 50, "site_cut_off": 130}.items():
        assert abs(found[cause] - minutes) <= 1, (cause, found)
    assert set(found) == {"gateway_cut", "no_power", "site_cut_off"}


def out_for(village: Village, cause: str, seconds: int) -> None:
    """One outage of the first home, and everybody back with empty memories."""
    if cause == "we_were_down":  # the others too; what their numbers prove is theirs, so all of them start anew
        since = village.at
        village.at += seconds * SECOND
        village.records(IngestCaughtUp(since=since), "ingest", "all")
        reboots(village, village.homes)
        return
    dark = village.homes if cause == "site_cut_off" else [ONE]
    if cause == "no_power":
        village.hear([(village.device(ONE, "gw"), "device", {"mains": False})])
    village.loses(dark)
    village.waits(seconds=seconds)
    reboots(village, dark)
    if cause == "no_power":
        village.hear([(village.device(ONE, "gw"), "device", {"mains": True})])


@pytest.mark.parametrize("seed", range(2))
def test_outages_at_random_are_in_the_ledger_each_under_its_cause_and_to_the_minute(
    village: Village, seed: int
) -> None:
    chance, truly = random.Random(seed), dict.fromkeys(("gateway_cut", "no_power", "site_cut_off", "we_were_down"), 0)
    for cause in chance.sample([*truly] * 2, 8):
        village.waits(seconds=chance.randint(11 * 60, 100 * 60))
        seconds = chance.randint(2 * 60, 200 * 60)
        out_for(village, cause, seconds)
        truly[cause] += seconds
    village.waits(minutes=5)
    found = ledger_s(village)
    assert set(found) == set(truly)
    for cause, seconds in truly.items():
        assert abs(found[cause] - seconds) <= 60, (seed, cause, found, truly)


def test_a_darkness_that_lasts_is_counted_up_to_now(village: Village) -> None:
    village.loses([ONE])
    village.waits(minutes=42)
    assert ledger(village) == {"gateway_cut": 42}


def test_what_numbers_prove_afterwards_was_not_blind(village: Village) -> None:
    """The gateway was away for an hour, nothing happened in it, and the next report is the next number."""
    village.loses([ONE])
    village.waits(minutes=60)
    village.returns([ONE])
    village.waits(minutes=5)
    assert ledger(village) == {}


def test_more_than_four_hours_without_a_gateway_is_a_task_for_the_grid_member(village: Village) -> None:
    village.loses([ONE])
    village.waits(hours=3, minutes=55)
    assert not [a for a in village.alerts() if a.danger == "blind_time"]
    village.waits(minutes=10)
    task = village.alert("blind_time")
    assert task.reason["over"]["gateway_cut"]["limit_s"] == 4 * 3600
    assert task.alert_class == 4


def test_a_gateway_that_fails_again_and_again_is_found_too(village: Village) -> None:
    for _ in range(4):
        village.loses([ONE])
        village.waits(minutes=70)
        reboots(village, [ONE])
        village.waits(minutes=65)
    assert village.alert("blind_time").open


def test_a_moment_belongs_to_one_cause() -> None:
    hour = HOUR // SECOND
    spans = [
        Unseen(0, 4 * HOUR, "gateway_cut"),
        Unseen(HOUR, 2 * HOUR, "we_were_down"),
        Unseen(3 * HOUR, 5 * HOUR, "no_power"),
    ]
    assert total_s(spans, 0, 5 * HOUR) == {"gateway_cut": 4 * hour, "no_power": hour}
    assert apart(spans)[-1] == Unseen(4 * HOUR, 5 * HOUR, "no_power")
    assert total_s(spans, 30 * MINUTE, HOUR) == {"gateway_cut": 1800}
