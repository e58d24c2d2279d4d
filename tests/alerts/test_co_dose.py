"""Carbon monoxide by its figures alone: what the standards ask of a detector, and what no order of readings may change."""

import csv
import gzip
import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.core.air import dose
from alerts.core.household import Sensor
from alerts.core.policy import GENERATION
from alerts.core.rule import Rule
from alerts.core.rules.carbon_monoxide import rule as carbon_monoxide
from alerts.core.rules.check_flue import rule as check_flue
from alerts.core.rules.sensor_fault import rule as sensor_fault
from events.types.fact import DAY, HOUR, MINUTE, SECOND
from tests.alerts.room_air import DEVICE, T0, Room, breathe, steady

EN_50291 = [(50, 60, 90), (100, 10, 40), (300, 0, 3)]
UL_2034 = [(70, 60, 240), (150, 10, 50), (400, 0, 15)]
GB_15322_2 = [(70, 60, 240)]


@pytest.mark.parametrize("every_s", [10, 60, 240])
@pytest.mark.parametrize(("ppm", "earliest", "latest"), EN_50291 + UL_2034 + GB_15322_2)
def test_the_alarm_comes_when_the_standards_ask_for_it(
    ppm: float, earliest: float, latest: float, every_s: int
) -> None:
    found = breathe(steady(ppm, latest + 1, every_s), interval=every_s * SECOND)
    assert found.alarm_min is not None
    assert earliest <= found.alarm_min <= latest


def test_one_reading_of_a_slow_sensor_holds_long_enough_to_be_in_time() -> None:
    found = breathe([(T0, 300)], until=T0 + 3 * MINUTE, interval=15 * MINUTE)
    assert found.alarm_min == 2


def test_thirty_ppm_for_thirty_days_is_no_danger_to_life_and_is_the_flue() -> None:
    air = steady(30, 30 * 24 * 60, every_s=600)
    assert breathe(air, interval=10 * MINUTE).dangers == []
    flue = breathe(air, interval=10 * MINUTE, rule=check_flue)
    assert len(flue.dangers) == 1, "said once"
    assert flue.alarm_min is not None
    assert 120 < flue.alarm_min <= 130


@pytest.mark.parametrize(("ppm", "hours", "by"), [(12, 8, "mean_8h"), (7, 24, "mean_24h")])
def test_a_stove_that_never_draws_well_shows_in_the_means(ppm: float, hours: int, by: str) -> None:
    found = breathe(steady(ppm, 60 * (hours + 1), every_s=600), interval=10 * MINUTE, rule=check_flue)
    assert [danger.reason["by"] for _, danger in found.dangers] == [by]
    assert breathe(steady(5, 60 * 72, every_s=600), rule=check_flue, interval=10 * MINUTE).dangers == []


def test_the_means_of_the_flue_are_those_of_the_issue_to_a_tenth() -> None:
    def said(ppm: float, hours: int) -> list[str]:
        found = breathe(steady(ppm, 60 * hours, every_s=600), interval=10 * MINUTE, rule=check_flue)
        return [danger.reason["by"] for _, danger in found.dangers]

    assert said(8.8, 9) == ["mean_8h"]
    assert said(8.6, 9) == []
    assert said(6.1, 26) == ["mean_24h"]
    assert said(5.9, 50) == []


def test_below_fifty_the_dose_fades_to_a_third_in_four_hours() -> None:
    """Half a dose at 100 ppm, 240 min at 49 ppm, then 100 ppm again: what is left of the half is 1/e of it."""
    air = [(T0 + n * MINUTE, 100.0 if n < 13 or n >= 253 else 49.0) for n in range(290)]
    left = 13 / 25 / math.e
    assert breathe(air, interval=MINUTE).alarm_min == pytest.approx(253 + 25 * (1 - left), abs=1)


def test_the_flue_is_all_right_again_when_the_means_are_well_below() -> None:
    found = breathe(steady(12, 60 * 9, every_s=600), interval=10 * MINUTE, rule=check_flue)
    for n in range(1, 24 * 6):
        found.hears(T0 + 9 * HOUR + n * 10 * MINUTE, 0)
    assert len(found.cleared) == 1


def test_it_clears_below_thirty_and_fires_again_sooner() -> None:
    found = breathe(steady(100, 30))
    found.hears(T0 + 31 * MINUTE, 40)
    assert found.cleared == []
    found.hears(T0 + 32 * MINUTE, 20)
    assert found.cleared == [T0 + 32 * MINUTE]
    found.hears(T0 + 33 * MINUTE, 100)
    found.rings_until(T0 + 35 * MINUTE)
    assert len(found.dangers) == 2, "what was breathed is not gone so soon"


def test_a_detector_with_a_flag_of_its_own_is_judged_by_it() -> None:
    found = Room()
    found.hears(T0, 10, alarm=True)
    found.hears(T0 + MINUTE, 10)
    for n in range(2, 60):
        found.hears(T0 + n * MINUTE, 120)
    assert len(found.dangers) == 1


def test_a_flag_that_stays_down_where_every_standard_would_have_it_up_is_broken() -> None:
    found = Room(rules__generation=GENERATION)
    found.hears(T0, 10, alarm=True)
    found.hears(T0 + MINUTE, 10)
    for n in range(2, 180):
        found.hears(T0 + n * MINUTE, 120)
    assert [danger.reason.get("by") for _, danger in found.dangers] == [None, "dose"]
    assert (found.dangers[1][0] - T0) / MINUTE == pytest.approx(2 + 5 * 25, abs=1)


def in_bad_air(*, seen_for: int) -> Room:
    """A flag at T0, somebody who moved just then, and a motion sensor that is heard of for so long."""
    found = Room()
    hall = found.home.sensors["dp03/hall-1"] = Sensor("dp03/hall-1", "motion", 0)
    hall.lease_from, hall.lease_until = T0 - HOUR, T0 + seen_for
    found.home.memory["no_activity"] = {"last": T0}
    found.hears(T0, 120, alarm=True)
    return found


def test_who_lies_still_in_bad_air_is_said_once_when_the_home_is_seen() -> None:
    found = in_bad_air(seen_for=HOUR)
    found.rings_until(T0 + HOUR)
    assert [(danger.reason["by"], (at - T0) // MINUTE) for at, danger in found.dangers[1:]] == [("quiet", 20)]


def test_while_nobody_can_see_the_home_it_is_not_asked_over_and_over_and_told_when_somebody_can() -> None:
    """Found by a round of faults: the timer rang ten times a second for as long as the air was bad."""
    found = in_bad_air(seen_for=10 * MINUTE)
    found.rings_until(T0 + 2 * HOUR)
    assert len(found.dangers) == 1
    found.home.hear(found.home.sensors["dp03/hall-1"], T0 + 2 * HOUR)
    found.changed("seen_again", T0 + 2 * HOUR)
    found.rings_until(T0 + 2 * HOUR)
    assert [danger.reason["by"] for _, danger in found.dangers[1:]] == ["quiet"]


def test_a_detector_out_of_service_rings_nobody_over_and_over() -> None:
    found = Room(interval=HOUR)
    found.hears(T0, 120)
    assert found.wake is not None
    found.home.sensors[DEVICE].out_of_service = True
    found.rings_until(T0 + DAY)
    assert found.dangers == []


def test_a_gap_is_bounded_by_both_its_ends() -> None:
    """100 ppm, nothing for an hour, then 100 again: it was at least that in between. Not so when it comes back as 20."""
    assert breathe([(T0, 100), (T0 + HOUR, 100)]).alarm_min == 60
    assert breathe([(T0, 100), (T0 + HOUR, 20), (T0 + HOUR + MINUTE, 100)]).dangers == []


@pytest.mark.parametrize("ppm", [50, 60, 70, 100, 150, 300, 777])
def test_mass_and_share_of_the_same_air_alarm_in_the_same_minute(ppm: float) -> None:
    by_mass = Room()
    for at, _ in steady(0, 100):
        by_mass.hears(at, ppm, mg_m3=ppm / 0.873)
    assert by_mass.alarm_min == breathe(steady(ppm, 100)).alarm_min


def test_on_high_ground_the_same_mass_is_more_of_the_air() -> None:
    def alarm_min(**settings: float) -> float | None:
        found = Room(**settings)
        for at, _ in steady(0, 100):
            found.hears(at, 48.0, mg_m3=48.0 / 0.873)
        return found.alarm_min

    assert alarm_min() is None
    assert alarm_min(air__altitude_m=1500) == pytest.approx(75)
    assert alarm_min(air__pressure_kpa=84.5) == pytest.approx(75)


def test_a_site_has_its_height_and_a_home_of_it_its_own() -> None:
    def alarm_min(**settings: float) -> float | None:
        found = Room()
        for scope_and_name, value in settings.items():
            scope, _, name = scope_and_name.rpartition("/")
            found.policy.set(scope, name, value)
        for at, _ in steady(0, 100):
            found.hears(at, 48.0, mg_m3=48.0 / 0.873)
        return found.alarm_min

    assert alarm_min(**{"site/dp03/air.altitude_m": 1500}) == pytest.approx(75)
    assert alarm_min(**{"site/dp04/air.altitude_m": 1500}) is None
    assert alarm_min(**{"site/dp03/air.altitude_m": 1500, "h1/air.altitude_m": 0}) is None
    assert alarm_min(**{"site/dp03/air.altitude_m": 0, "all/air.altitude_m": 1500}) is None


rising = st.lists(st.floats(0, 400), min_size=3, max_size=40).map(sorted)


@settings(max_examples=60, deadline=None)
@given(rising, st.data())
def test_more_samples_never_delay_an_alarm(air: list[float], data: st.DataObject) -> None:
    """Of air that does not get better; whoever looks more often knows of it no later."""
    every = 3 * MINUTE
    all_of_it = [(T0 + n * every, ppm) for n, ppm in enumerate(air)]
    chosen = data.draw(st.lists(st.sampled_from(all_of_it), min_size=1, unique=True).map(sorted))
    end = all_of_it[-1][0] + HOUR
    few, many = (breathe(each, until=end, interval=2 * MINUTE).alarm_min for each in (chosen, all_of_it))
    rounded = len(all_of_it) / MINUTE  # each step of the sum is cut to whole microseconds
    assert few is None or (many is not None and many <= few + rounded)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 400), min_size=3, max_size=40), st.data())
def test_what_is_said_twice_or_late_changes_nothing_in_the_end(air: list[float], data: st.DataObject) -> None:
    in_order = [(T0 + n * 3 * MINUTE, ppm) for n, ppm in enumerate(air)]
    shuffled = data.draw(st.permutations(in_order))
    twice = [*in_order, *data.draw(st.lists(st.sampled_from(in_order), max_size=10))]
    rooms = [breathe(each, interval=2 * MINUTE) for each in (in_order, shuffled, twice)]
    # Behind the eight newest of good air only a checkpoint is kept, so an order may lose what was long before; never here.
    stood = [room.home.memory["carbon_monoxide"]["air"][DEVICE]["n"][0] for room in (rooms[0], rooms[2])]
    assert stood[0] == pytest.approx(stood[1], abs=1e-9)
    if rooms[0].dangers and len(air) <= 8:
        assert rooms[1].dangers, "an alarm is raised whatever the order"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0, 500)), min_size=1, max_size=300))
def test_what_is_kept_of_the_air_is_small(readings: list[tuple[int, float]]) -> None:
    found = breathe([(T0 + minute * MINUTE, ppm) for minute, ppm in readings])
    air = found.home.memory["carbon_monoxide"]["air"][DEVICE]
    assert len(air["s"]) <= 258
    assert "late" not in air.get("late", {})


def test_good_air_is_kept_as_eight_readings() -> None:
    found = breathe(steady(3, 500))
    assert len(found.home.memory["carbon_monoxide"]["air"][DEVICE]["s"]) == 16


def test_what_a_device_had_kept_for_hours_is_judged_by_itself() -> None:
    found = breathe(steady(0, 300))
    for at, ppm in steady(300, 5):
        found.hears(at + 30 * MINUTE, ppm, received=T0 + 301 * MINUTE, backfilled=True)
    assert len(found.dangers) == 1
    assert found.dangers[0][1].reason["late_s"] > 4 * 3600


def test_the_step_times_are_those_of_the_standard() -> None:
    assert [dose.minutes_to_alarm(ppm) for ppm in (49.9, 50, 70, 100, 150, 300)] == [float("inf"), 75, 62, 25, 12, 2]


@pytest.mark.parametrize(
    ("readings", "what"),
    [
        ([(n * HOUR, 7.0) for n in range(27)], "frozen"),
        ([(n * HOUR, 6.0 + n % 3) for n in range(24 * 9)], "drifting"),
    ],
)
def test_a_sensor_that_cannot_be_right_is_work_for_somebody(readings: list[tuple[int, float]], what: str) -> None:
    found = breathe([(T0 + at, ppm) for at, ppm in readings], rule=sensor_fault)
    assert [danger.reason["what"] for _, danger in found.dangers] == [what]


def test_a_detector_that_hangs_there_for_longer_than_it_lasts_is_to_be_replaced_and_judged_all_the_same() -> None:
    def hung_for(years: float, **settings: float) -> list[str]:
        found = Room(sensor_fault, **{"rules__generation": GENERATION, **settings})
        found.home.sensors[DEVICE].since = T0 - round(years * 365.25 * DAY)
        for n in range(3):
            found.hears(T0 + n * HOUR, 0.0)
        return [danger.reason["what"] for _, danger in found.dangers]

    assert hung_for(4.9) == []
    assert hung_for(5.1) == ["worn_out"], "said once"
    assert hung_for(5.1, sensor_fault__co_life_days=3650) == []
    assert hung_for(30, sensor_fault__co_life_days=0) == []


def test_nothing_for_days_on_end_is_good_air_and_no_fault() -> None:
    assert breathe(steady(0, 5 * 24 * 60, every_s=1800), rule=sensor_fault).dangers == []


def test_an_impossible_figure_is_a_fault_until_there_is_a_possible_one() -> None:
    found = Room(sensor_fault)
    found.hears(T0, None, fault="negative")
    found.hears(T0 + MINUTE, 2.0)
    assert [danger.reason["what"] for _, danger in found.dangers] == ["negative"]
    assert found.cleared == [T0 + MINUTE]


RECORDINGS = os.environ.get("SHOUWANG_RECORDINGS", "")


@pytest.mark.skipif(not RECORDINGS, reason="set SHOUWANG_RECORDINGS to the folder of recorded sensor files")
@pytest.mark.parametrize("rule", [carbon_monoxide, check_flue, sensor_fault], ids=lambda rule: rule.name)
def test_a_year_at_a_roadside_raises_nothing(rule: Rule) -> None:
    """UCI Machine Learning Repository, data set 360 (De Vito et al. 2008): hourly means, up to 11.9 mg/m3."""
    with gzip.open(Path(RECORDINGS) / "uci_airquality.csv.gz", "rt", encoding="utf-8") as lines:
        rows = [float(row["CO_GT"]) for row in csv.DictReader(lines)]
    assert (len(rows), max(rows)) == (9357, 11.9)
    room = Room(rule, interval=HOUR)
    for n, mg_m3 in enumerate(rows):
        if mg_m3 >= 0:  # -200: missing
            room.hears(T0 + n * HOUR, round(mg_m3 * 0.873, 1), mg_m3=mg_m3)
    assert room.dangers == []
