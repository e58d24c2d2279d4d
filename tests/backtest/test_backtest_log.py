"""The log judged again under other settings: what would be otherwise, and why."""

from alerts.backtest import replay_log
from alerts.replay.source import DatabaseLog
from events.types.fact import HOUR
from tests.house import House


def quiet_day(house: House) -> None:
    """Fourteen hours of silence, an alert after twelve that turned out to be for nothing."""
    house.lives()
    house.waits(hours=14)
    house.lives()
    house.operator_closes("no_activity", "safe_at_home")


def test_under_its_own_settings_nothing_would_be_otherwise(house: House) -> None:
    quiet_day(house)
    found = replay_log(DatabaseLog(house.database), "no_activity")
    assert found.differences == []
    assert len(found.then) == len(found.now) == 1
    assert found.false_alarms("then") == found.false_alarms("now") == 1
    assert found.now[0].told_at is not None
    assert found.now[0].told_at - found.now[0].at == 600_000_000


def test_a_longer_limit_would_have_raised_nothing_and_says_why(house: House) -> None:
    quiet_day(house)
    found = replay_log(DatabaseLog(house.database), "no_activity", settings={"no_activity_s": 16 * 3600})
    (gone,) = found.differences
    assert (gone.what, gone.now) == ("gone", None)
    assert "limit 12.0 h (fixed)" in gone.why
    assert found.rate("now") == 0 < found.rate("then")


def test_a_shorter_limit_would_have_been_earlier(house: House) -> None:
    quiet_day(house)
    found = replay_log(DatabaseLog(house.database), "no_activity", settings={"no_activity_s": 10 * 3600})
    (earlier,) = found.differences
    assert earlier.what == "earlier"
    assert earlier.then is not None
    assert earlier.now is not None
    assert round((earlier.then - earlier.now) / HOUR) == 2


def test_collapses_are_found_sooner_with_a_shorter_limit(house: House) -> None:
    for _ in range(4):
        house.lives()
        house.waits(hours=6)
    found = replay_log(DatabaseLog(house.database), "no_activity", settings={"no_activity_s": 6 * 3600}, collapses=120)
    then, now = found.delays["then"], found.delays["now"]
    assert len(then.told) == len(now.told) > 0
    assert now.hours("told", 0.5) < then.hours("told", 0.5) - 4


def test_another_rule_is_judged_just_so(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 200, "test": False})
    found = replay_log(DatabaseLog(house.database), "carbon_monoxide")
    assert (len(found.then), len(found.now), found.differences) == (1, 1, [])


def test_nothing_is_written(house: House) -> None:
    quiet_day(house)
    before = len(house.log())
    replay_log(DatabaseLog(house.database), "no_activity", settings={"soft_check.before_s": 0}, collapses=30)
    assert len(house.log()) == before
