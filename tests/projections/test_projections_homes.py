"""Is this home protected? Silence of devices, failed rules and absence are said, with the reason."""

import pytest

from alerts.projections import devices, homes
from alerts.projections.standings import standings, worst_first
from events.types import home as facts
from events.types import life
from events.types.device import (
    CarbonMonoxideReported,
    ClimateReported,
    ContactReported,
    DeviceConditionReported,
    DeviceStatusReported,
    HeartbeatReceived,
    OccupancyReported,
    ReadingsGapClosed,
    ReadingsGapOpened,
    WaterReported,
)
from events.types.fact import DAY, HOUR, MINUTE
from events.types.system import RuleFailed

pytestmark = pytest.mark.both

HALL, CO = "dp03/hall-1", "dp03/co-1"


def enrolled(log, *kinds):
    log.happens("home-h1", facts.HomeEnrolled(home="h1", site="dp03", no_activity_s=43_200))
    log.happens("home-h1", life.ConsentRecorded(home="h1", by="user:a", given="signed"))
    for device, kind in kinds or ((HALL, "motion"), (CO, "co")):
        assigned = facts.DeviceAssigned(
            device=device, home="h1", since=log.now, model="m", kind=kind, room="堂屋", interval_s=900
        )
        log.happens(f"device-{device}", assigned)


def moves(log, device=HALL, **more):
    log.reports(
        OccupancyReported(device=device, occupied=False, **more),
        OccupancyReported(device=device, occupied=True, **more),
    )


def word(log, home="h1"):
    """As its page has it; the list of all homes, which remembers, must say the same each time."""
    found = log.ask(homes.one, home, log.now)
    listed = log.ask(log.standings.at, log.now)[home]
    assert (listed.status, listed.reasons, listed.moved_at) == (found.status, found.reasons, found.moved_at)
    assert {device for _, device in listed.devices} == {device["device"] for device in found.devices}
    return found.status, [reason["what"] for reason in found.reasons]


def test_a_home_whose_sensors_all_work_and_are_proven_is_protected(log):
    enrolled(log)
    moves(log)
    log.reports(CarbonMonoxideReported(device=CO, alarm=False, test=True))
    assert word(log) == ("protected", [])


def test_a_sensor_that_showed_no_edge_yet_leaves_the_home_never_proven(log):
    enrolled(log)
    moves(log)
    log.reports(CarbonMonoxideReported(device=CO, alarm=False))
    assert word(log) == ("never_proven", ["never_proven"])


def test_the_first_report_after_a_restart_of_the_device_proves_nothing(log):
    enrolled(log, (HALL, "motion"))
    log.reports(
        OccupancyReported(device=HALL, occupied=False, bootid="a"),
        OccupancyReported(device=HALL, occupied=True, bootid="b"),
    )
    assert word(log)[0] == "never_proven"
    log.reports(
        OccupancyReported(device=HALL, occupied=False, bootid="b"),
        OccupancyReported(device=HALL, occupied=True, bootid="b"),
    )
    assert word(log)[0] == "protected"


def test_a_home_where_nobody_can_be_seen_is_not_protected_though_its_co_alarm_works(log):
    enrolled(log)
    moves(log)
    log.reports(CarbonMonoxideReported(device=CO, alarm=False, test=True))
    log.now += 26 * HOUR
    log.reports(HeartbeatReceived(device=CO))
    status, reasons = word(log)
    assert status == "not_protected"
    assert "cannot_see" in reasons


def test_a_co_alarm_is_missed_after_three_intervals_and_a_battery_sensor_after_25_hours(log):
    enrolled(log)
    moves(log)
    log.reports(CarbonMonoxideReported(device=CO, alarm=False, test=True))
    log.now += 46 * MINUTE
    status, reasons = word(log)
    assert (status, reasons) == ("partly", ["silent"])


def test_a_last_will_counts_at_once_and_a_word_from_the_device_ends_it(log):
    enrolled(log, (HALL, "motion"))
    moves(log)
    log.reports(DeviceStatusReported(device=HALL, state="offline"))
    assert word(log)[0] == "not_protected"
    log.reports(HeartbeatReceived(device=HALL))
    assert word(log)[0] == "protected"


def test_a_retained_message_is_no_word_from_the_device(log):
    enrolled(log, (HALL, "motion"))
    log.reports(OccupancyReported(device=HALL, occupied=True, retained=True))
    (device,) = log.ask(devices.of_homes, ["h1"])
    assert device["last_heard"] is None


def test_a_rule_that_failed_leaves_the_home_not_protected_until_it_is_watched_anew(log):
    enrolled(log, (HALL, "motion"))
    moves(log)
    log.told("home-h1", RuleFailed(home="h1", site="dp03", rule="no_activity", position=7, error="ValueError"))
    assert word(log) == ("not_protected", ["rule_failed"])
    log.happens("home-h1", facts.HomeResumed(home="h1", by="user:a"))
    assert word(log)[0] == "protected"


def test_a_sensor_out_of_service_is_no_protection_until_it_showed_clear(log):
    enrolled(log)
    moves(log)
    log.reports(CarbonMonoxideReported(device=CO, alarm=True))
    log.told("home-h1", facts.SensorTakenOutOfService(device=CO, home="h1", alert="co-1"))
    assert word(log)[0] == "not_protected"
    log.told("home-h1", facts.SensorBackInService(device=CO, home="h1"))
    assert word(log)[0] == "protected"


def test_away_paused_and_retired_are_said_and_away_ends_by_itself(log):
    enrolled(log, (HALL, "motion"))
    moves(log)
    log.happens("home-h1", facts.AwaySet(home="h1", by="p-1", until=log.now + DAY))
    assert word(log)[0] == "away"
    log.now += DAY
    assert word(log)[0] == "protected"
    log.happens("home-h1", facts.HomePaused(home="h1", by="user:a", reason="装修"))
    assert word(log)[0] == "paused"
    log.happens("home-h1", facts.HomeRetired(home="h1", by="user:a"))
    assert word(log)[0] == "retired"


def test_water_and_climate_are_watched_and_prove_themselves_like_the_others(log):
    enrolled(log, (HALL, "motion"), ("dp03/cl-1", "climate"), ("dp03/leak-1", "water"))
    moves(log)
    log.reports(ClimateReported(device="dp03/cl-1", celsius=11.5), WaterReported(device="dp03/leak-1", alarm=False))
    assert word(log) == ("never_proven", ["never_proven"])
    log.reports(WaterReported(device="dp03/leak-1", alarm=True, test=True))
    assert word(log) == ("protected", [])


def test_the_least_protected_home_comes_first(log):
    enrolled(log, (HALL, "motion"))
    log.happens("home-h2", facts.HomeEnrolled(home="h2", site="dp03", no_activity_s=43_200))
    moves(log)
    assert [(home.id, home.status) for home in worst_first(log.ask(standings, log.now).values())] == [
        ("h2", "not_protected"), ("h1", "protected"),
    ]  # fmt: skip


def test_a_device_keeps_what_it_said_and_forgets_it_in_another_home(log):
    enrolled(log, (HALL, "motion"))
    log.reports(
        HeartbeatReceived(device=HALL, battery_pct=55, rssi_dbm=-70),
        DeviceConditionReported(device=HALL, battery_low=True, tamper=True),
        ReadingsGapOpened(device=HALL, first=3, last=4), ReadingsGapClosed(device=HALL, first=3, last=4),
    )  # fmt: skip
    log.reports(HeartbeatReceived(device=HALL))
    moves(log)
    (device,) = log.ask(devices.of_homes, ["h1"])
    assert (device["battery_pct"], device["battery_low"], device["tamper"], device["gaps"]) == (55, True, True, 0)
    assert device["last_reading"]["occupied"] is True
    again = facts.DeviceAssigned(device=HALL, home="h1", since=log.now, model="m", kind="motion", room="卧室")
    log.happens(f"device-{HALL}", again)
    assert log.ask(devices.one, HALL)["proven_at"] == log.now
    elsewhere = facts.DeviceAssigned(device=HALL, home="h2", since=log.now, model="m", kind="motion")
    log.happens(f"device-{HALL}", elsewhere)
    moved = log.ask(devices.one, HALL)
    assert (moved["home"], moved["proven_at"], moved["battery_pct"]) == ("h2", None, None)


def test_a_late_reading_does_not_replace_a_newer_one(log):
    enrolled(log, ("dp03/door-1", "contact"))
    log.reports(ContactReported(device="dp03/door-1", open=True))
    log.reports(ContactReported(device="dp03/door-1", open=False, backfilled=True), at=log.now - HOUR)
    assert log.ask(devices.one, "dp03/door-1")["last_reading"]["open"] is True


def test_a_removed_device_is_listed_no_more(log):
    enrolled(log, (HALL, "motion"))
    log.happens(f"device-{HALL}", facts.DeviceRemoved(device=HALL, home="h1"))
    assert log.ask(devices.in_use, after="", limit=9) == []


def test_a_home_without_consent_is_not_protected_and_says_so(log):
    enrolled(log, (HALL, "motion"))
    moves(log)
    log.happens("home-h1", life.ConsentWithdrawn(home="h1", by="user:a"))
    assert word(log) == ("not_protected", ["no_consent"])
    log.happens("home-h1", life.ConsentRecorded(home="h1", by="user:a", given="guardian"))
    assert word(log) == ("protected", [])


def test_a_hole_in_the_chain_leaves_it_partly_protected_and_one_that_reaches_nobody_not_at_all(log):
    enrolled(log, (HALL, "motion"))
    moves(log)
    log.told("home-h1", life.ChainChecked(home="h1", holes=[life.Hole("one_phone")]))
    assert word(log) == ("partly", ["chain_one_phone"])
    log.told("home-h1", life.ChainChecked(home="h1", holes=[life.Hole("uncovered")]))
    assert word(log) == ("not_protected", ["chain_uncovered"])
    log.told("home-h1", life.ChainChecked(home="h1", holes=[]))
    assert word(log) == ("protected", [])


def test_the_life_of_a_home_says_who_and_when(log):
    enrolled(log, (HALL, "motion"))
    begun = log.now
    log.now += HOUR
    log.happens("home-h1", life.HomeProven(home="h1", by="user:b"))
    log.happens("home-h1", facts.HomePaused(home="h1", by="user:c", reason="住院"))
    seen = log.ask(homes.one, "h1", log.now).life
    assert (seen.consent.by, seen.consent.at, seen.consent.said) == ("user:a", begun, "signed")
    assert (seen.proven.by, seen.proven.at) == ("user:b", begun + HOUR)
    assert (seen.paused.by, seen.paused.said, seen.stage) == ("user:c", "住院", "paused")
    log.happens("home-h1", facts.HomeRetired(home="h1", by="user:d"))
    assert log.ask(homes.one, "h1", log.now).life.stage == "retired"
    log.happens("home-h1", facts.HomeResumed(home="h1", by="user:e"))
    log.happens("home-h1", life.VisitRecorded(home="h1", who="w1", by="user:e", visited_at=log.now, note="t1"))
    seen = log.ask(homes.one, "h1", log.now).life
    assert (seen.stage, seen.visited.by) == ("proven", "w1")
