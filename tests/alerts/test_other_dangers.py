"""A story for each danger that is no flag of class 1: what is told to whom, when, and how it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.commands.settings import SettingRefused, change_settings
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.command import DeviceCommandIssued
from events.types.fact import MINUTE, SECOND
from tests.house import TOWN, House

WET_AND_COLD = (
    TOWN
    + """\
      - {id: leak-1, model: water-leak, room: 厨房}
      - {id: air-1, model: climate, room: 卧室}
      - {id: gas-1, model: gas-alarm, room: 厨房}
"""
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, WET_AND_COLD)
    yield made
    made.close()


def ppm(house: House, figure: float, *, minutes: float = 0, device: str = "co-1") -> None:
    """The air for so long, a reading a minute."""
    house.hears(device, "heartbeat", {"interval_s": 60})
    for n in range(int(minutes) + 1):
        house.hears(device, "co", {"alarm": False, "ppm": figure})
        if n < minutes:
            house.waits(minutes=1)


# -- carbon monoxide beyond the flag


def test_figures_alone_raise_class_one_with_what_was_measured(house: House) -> None:
    ppm(house, 160, minutes=11)
    assert house.alerts() == []
    ppm(house, 160, minutes=1)
    alert = house.alert("carbon_monoxide")
    assert alert.alert_class == 1
    assert alert.reason["by"] == "dose"
    assert alert.reason["ppm"] == 160
    assert "一氧化碳超标" in house.phone(1).last
    house.waits(minutes=1)
    ppm(house, 10)
    assert not house.alert("carbon_monoxide").active
    assert house.alert("carbon_monoxide").open, "cleared never closes class 1"


def test_severity_rises_with_the_blood_and_tells_who_goes_and_then_everybody(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 280})
    house.phone(1).replies("11")
    assert house.alert("carbon_monoxide").severity == ""
    for _ in range(4):
        house.waits(minutes=10)
        house.hears("co-1", "co", {"alarm": True, "ppm": 280})
        house.phone(1).replies("11")
    raised = [e.severity for e in house.said(facts.AlertSeverityRaised)]
    assert raised == ["urgent", "call_120"]
    assert any("更重了" in text for text in house.phone(1).inbox)
    assert any("马上打120" in text for text in house.phone(3).inbox)
    house.hears("co-1", "co", {"alarm": False, "ppm": 0})
    house.waits(hours=1)
    assert house.alert("carbon_monoxide").severity == "call_120", "it never falls"


def test_three_hundred_ppm_is_severe_from_the_first_word(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 310})
    assert house.alert("carbon_monoxide").severity == "call_120"
    assert house.said(facts.AlertSeverityRaised) == []
    assert "马上打120" in house.phone(1).last


def test_high_and_nobody_moves_any_more_tells_the_whole_chain_at_once(house: House) -> None:
    house.lives()
    ppm(house, 60, minutes=5)
    house.moves()
    house.moves("bed-1")
    ppm(house, 60, minutes=19)
    assert house.alerts() == []
    ppm(house, 60, minutes=2)
    alert = house.alert("carbon_monoxide")
    assert (alert.reason["by"], alert.severity) == ("quiet", "call_120")
    for number in (1, 3, 4, 5):
        assert house.phone(number).inbox, "nobody waits for a turn"


def test_an_open_silence_makes_high_air_the_top_tier(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=5)
    assert house.alert("no_activity").status == "suspected"
    house.hears("co-1", "co", {"alarm": False, "ppm": 55})
    alert = house.alert("carbon_monoxide")
    assert (alert.reason["by"], alert.severity) == ("quiet", "call_120")
    assert house.phone(5).inbox


def test_a_silence_that_begins_in_bad_air_makes_an_open_alert_severe(house: House) -> None:
    house.lives()
    house.waits(hours=11, minutes=59)
    house.hears("co-1", "co", {"alarm": True, "ppm": 60})
    assert not house.phone(5).inbox
    house.waits(minutes=2)
    (worse,) = house.said(facts.AlertSeverityRaised)
    assert (worse.severity, worse.all_at_once) == ("call_120", True)
    assert house.phone(5).inbox


def test_a_sensor_that_falls_silent_in_bad_air_is_an_alarm_within_ten_minutes(house: House) -> None:
    ppm(house, 60, minutes=3)
    house.waits(minutes=4, beating=False)
    assert "carbon_monoxide" not in [alert.danger for alert in house.alerts()]
    house.waits(minutes=6, beating=False)
    assert house.alert("carbon_monoxide").reason["by"] == "lost"


def test_while_we_are_deaf_no_sensor_is_lost(house: House) -> None:
    ppm(house, 60, minutes=3)
    house.waits(minutes=20, beating=False, hearing=False)
    assert house.alerts() == []


def test_the_flue_is_told_by_day_after_half_an_hour(house: House) -> None:
    for _ in range(14):
        house.hears("co-1", "co", {"alarm": False, "ppm": 35})
        house.waits(minutes=10)
    alert = house.alert("check_flue")
    assert alert.alert_class == 3
    assert alert.raised_at is not None
    assert not house.phone(3).inbox
    house.waits(minutes=30)
    assert "一氧化碳偏高" in house.phone(3).last
    assert not house.phone(1).inbox


def test_a_siren_sounds_only_where_it_was_asked_for(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 120})
    assert house.said(DeviceCommandIssued) == []
    house.set(co__siren_s=60)
    house.hears("co-2", "co", {"alarm": True, "ppm": 120})
    told = house.said(DeviceCommandIssued)
    assert {(each.device, each.do, each.for_s, each.why) for each in told} == {
        (f"dp03/{name}", "siren", 60.0, "carbon_monoxide") for name in ("co-1", "co-2", "smoke-1", "gas-1")
    }
    house.hears("co-2", "co", {"alarm": True, "ppm": 130})
    assert len(house.said(DeviceCommandIssued)) == 4, "not with each reading"


def test_nobody_can_make_life_safety_less_strict(house: House) -> None:
    for name, value in (
        ("co.call_120_ppm", 301),
        ("co.clears_ppm", 49),
        ("co.test_real_ppm", 60),
        ("air.pressure_kpa", 200),
    ):
        with pytest.raises(SettingRefused):
            change_settings(house.database, {name: value}, by="test", at=house.at)
    house.set(co__call_120_ppm=200, air__altitude_m=1500)


# -- water, temperature


def test_water_that_stays_is_told_after_half_an_hour_and_one_wiped_up_is_not(house: House) -> None:
    house.hears("leak-1", "water", {"alarm": True})
    assert house.alert("water").status == "raised"
    house.waits(minutes=29)
    house.hears("leak-1", "water", {"alarm": False})
    house.waits(hours=1)
    assert (house.alert("water").outcome, house.phone(3).inbox) == ("resolved_itself", [])
    house.hears("leak-1", "water", {"alarm": True})
    house.waits(minutes=30)
    assert "漏水" in house.phone(3).last
    assert not house.phone(1).inbox
    house.waits(hours=4)
    assert not any("漏水" in text for text in house.phone(4).inbox), "after 20:00 nobody is told"
    house.waits(hours=12)
    assert any("漏水" in text for text in house.phone(4).inbox)


def test_gas_is_told_at_once_by_its_own_words_and_is_not_over_because_it_has_cleared(house: House) -> None:
    house.hears("gas-1", "gas", {"alarm": True, "test": False})
    for number in (1, 3):
        assert "燃气报警" in house.phone(number).last
        assert "别开灯点火" in house.phone(number).last
    house.waits(minutes=4)
    assert "119" in house.phone(5).last, "the town too after four minutes"
    house.hears("gas-1", "gas", {"alarm": False, "test": False})
    assert house.alert("gas").open
    house.operator_closes("gas", "rescued")
    assert house.alert("gas").outcome == "rescued"


def test_who_asks_for_help_gets_the_watcher_once_and_the_village_only_when_nobody_answers(house: House) -> None:
    house.hears("sos-1", "button", {"action": "help"})  # four in the afternoon
    assert "按了求助" in house.phone(1).last
    house.waits(hours=3.9)
    assert [len(house.phone(n).inbox) for n in (1, 2, 3, 4)] == [1, 0, 0, 0]
    house.phone(1).replies("11")
    house.phone(1).replies("12")
    assert house.alert("help").outcome in {"request_done", "safe_at_home"}
    house.waits(hours=20)
    assert not any("求助" in text for text in house.phone(4).inbox)


@pytest.mark.parametrize(
    ("danger", "bad", "still", "good"), [("low_temperature", 6.0, 9.0, 10.5), ("high_temperature", 36.0, 34.0, 32.5)]
)
def test_a_room_too_cold_or_too_hot_is_told_once_and_is_over_when_it_is_well_away(
    house: House, danger: str, bad: float, still: float, good: float
) -> None:
    house.hears("air-1", "climate", {"celsius": bad})
    house.waits(minutes=31)
    assert house.alert(danger).reason["celsius"] == bad
    assert len(house.phone(3).inbox) == 1
    house.hears("air-1", "climate", {"celsius": still})
    assert house.alert(danger).open
    house.hears("air-1", "climate", {"celsius": good})
    assert house.alert(danger).outcome == "resolved_itself"


def test_a_home_has_its_own_limit_of_cold(house: House) -> None:
    change_settings(house.database, {"low_temperature.celsius": 3}, by="test", at=house.at, scope="dp03-12")
    house.settles()
    house.hears("air-1", "climate", {"celsius": 6})
    assert house.alerts() == []
    house.hears("air-1", "climate", {"celsius": 2.5})
    assert house.alert("low_temperature").reason["limit_c"] == 3


def test_a_figure_that_is_no_temperature_is_none(house: House) -> None:
    for celsius in (-127, 85, 999):
        house.hears("air-1", "climate", {"celsius": celsius})
    assert house.alerts() == []


# -- equipment: nobody is written to


def test_tampering_is_listed_until_it_is_over_and_a_second_device_joins(house: House) -> None:
    house.expects()
    house.hears("co-1", "device", {"tamper": True})
    house.hears("smoke-1", "device", {"tamper": True})
    assert house.alert("tamper").devices == ["dp03/co-1", "dp03/smoke-1"]
    house.hears("co-1", "device", {"tamper": False})
    assert house.alert("tamper").open
    house.hears("smoke-1", "device", {"tamper": False})
    assert house.alert("tamper").outcome == "resolved_itself"


def test_a_battery_is_said_again_each_week_is_overdue_after_two_and_ends_with_a_new_one(house: House) -> None:
    house.expects(3, contains="今日待办", times=(1, 20))
    house.hears("sos-1", "heartbeat", {"interval_s": 3600, "battery_pct": 9})
    assert house.alert("battery").alert_class == 4
    assert house.alert("battery").terms.arrive_within_s == 14 * 86400
    quiet = {"beating": False, "hearing": False}
    house.waits(hours=7 * 24, **quiet)
    assert [r.reason["overdue"] for r in house.said(facts.AlertRefired)] == [[]]
    house.waits(hours=7 * 24, **quiet)
    assert [r.reason["overdue"] for r in house.said(facts.AlertRefired)] == [[], ["dp03/sos-1"]]
    house.hears("sos-1", "heartbeat", {"interval_s": 3600, "battery_pct": 25})
    assert house.alert("battery").open, "an empty one recovers a little"
    house.hears("sos-1", "heartbeat", {"interval_s": 3600, "battery_pct": 98})
    assert house.alert("battery").outcome == "resolved_itself"


def test_a_device_that_comes_and_goes_is_told_once_and_listed_until_it_is_calm(house: House) -> None:
    house.expects(3, contains="今日待办", times=(1, 20))
    for n in range(20):
        state = {"state": "offline" if n % 2 == 0 else "online", "bootid": "b1"}
        house.arrives("shouwang/v1/dp03/hall-1/status", state)
        house.at += MINUTE
    assert len([a for a in house.alerts() if a.danger == "flapping"]) == 1
    assert house.alert("flapping").devices == ["dp03/hall-1"]
    house.waits(hours=23, beating=False, hearing=False)
    assert house.alert("flapping").open
    house.waits(hours=2, beating=False, hearing=False)
    assert house.alert("flapping").outcome == "resolved_itself"


def test_an_alarm_that_flickers_is_judged_each_time_and_listed_as_flapping(house: House) -> None:
    for n in range(6):
        house.hears("smoke-1", "smoke", {"alarm": n % 2 == 0})
        house.at += 10 * SECOND
    assert house.alert("smoke").alert_class == 1
    assert house.alert("flapping").reason["device"] == "dp03/smoke-1"


@pytest.mark.parametrize("trouble", ["end_of_life", True])
def test_a_detector_that_says_it_is_ill_is_work_and_its_flag_counts_all_the_same(house: House, trouble: object) -> None:
    house.hears("co-1", "device", {"trouble": trouble})
    assert house.alert("sensor_fault").alert_class == 4
    assert not house.phone(3).inbox
    house.hears("co-1", "co", {"alarm": True, "ppm": -3})
    assert house.alert("carbon_monoxide").alert_class == 1


def test_three_false_alarms_in_two_weeks_are_a_task_and_change_no_limit(house: House) -> None:
    for n in range(3):
        house.hears("smoke-1", "smoke", {"alarm": True})
        house.hears("smoke-1", "smoke", {"alarm": False})
        house.operator_closes("smoke", "device_false_alarm")
        assert bool([a for a in house.alerts() if a.danger == "tuning"]) == (n == 2)
        house.at += 60 * MINUTE
    task = house.alert("tuning")
    assert task.alert_class == 4
    assert task.reason["device"] == "dp03/smoke-1"
    assert not task.reason["numbers_may_change"]
    before = len(house.phone(1).inbox)
    house.hears("smoke-1", "smoke", {"alarm": True})
    assert len(house.phone(1).inbox) > before, "the fourth is told like the first"


def test_after_restarts_all_of_it_is_decided_the_same_again(house: House) -> None:
    house.set(co__siren_s=30)
    ppm(house, 160, minutes=6)
    house.hears("sos-1", "heartbeat", {"interval_s": 3600, "battery_pct": 9})
    house.hears("air-1", "climate", {"celsius": 5.5})
    house.restarts()
    ppm(house, 160, minutes=7)
    house.restarts()
    house.hears("co-1", "co", {"alarm": False, "ppm": 310})
    house.hears("leak-1", "water", {"alarm": True})
    house.waits(hours=1)
    house.restarts()
    house.waits(hours=1)
    assert {"carbon_monoxide", "battery", "low_temperature", "water"} <= {alert.danger for alert in house.alerts()}
    assert house.said(facts.AlertSeverityRaised)
    assert house.said(DeviceCommandIssued)
    house.engine.commit()
    house.planner.commit()
    assert verify(DatabaseLog(house.database)).differences == []
