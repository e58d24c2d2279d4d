"""The list of all homes remembers, and says at each look what reading every home anew would say."""

import random

import pytest
from test_projections_homes import CO, HALL, enrolled, moves

from alerts.projections import standings as room
from alerts.projections.standings import by_health, quietest, standings
from events.types import home as facts
from events.types import life
from events.types.device import DeviceConditionReported, DeviceStatusReported, HeartbeatReceived, SmokeReported
from events.types.fact import DAY, HOUR, MINUTE
from events.types.system import RuleFailed

pytestmark = pytest.mark.both


def look(log):
    """What is remembered, after it was held against everything read anew."""
    remembered = log.ask(log.standings.at, log.now)
    assert remembered == log.ask(standings, log.now)
    return remembered


def test_a_device_falls_silent_though_nobody_says_anything(log):
    enrolled(log)
    moves(log)
    assert look(log)["h1"].status == "partly"
    log.now += 46 * MINUTE
    found = look(log)["h1"]
    assert ("silent", CO) in found.devices and found.changes_at > log.now
    log.now -= HOUR
    look(log)


def test_a_sensor_that_moves_to_another_home_is_missed_in_the_first(log):
    enrolled(log)
    log.happens("home-h2", facts.HomeEnrolled(home="h2", site="dp03", no_activity_s=3600))
    look(log)
    there = facts.DeviceAssigned(device=HALL, home="h2", since=log.now, model="m", kind="motion", room="东屋")
    log.happens(f"device-{HALL}", there)
    found = look(log)
    assert [device for _, device in found["h1"].devices] == [CO]
    assert [device for _, device in found["h2"].devices] == [HALL]


def test_the_quietest_are_those_nearest_to_their_own_limit_and_nobody_who_is_away(log):
    for name, limit in (("h1", 10 * HOUR), ("h2", HOUR), ("h3", HOUR)):
        log.happens(f"home-{name}", facts.HomeEnrolled(home=name, site="dp03", no_activity_s=limit // 1_000_000))
        log.happens(f"home-{name}", life.ConsentRecorded(home=name, by="user:a", given="signed"))
        hall = facts.DeviceAssigned(device=f"dp03/{name}", home=name, since=log.now, model="m", kind="motion", room="")
        log.happens(f"device-dp03/{name}", hall)
        moves(log, f"dp03/{name}")
    log.happens("home-h3", facts.AwaySet(home="h3", by="user:a", until=log.now + DAY))
    log.now += 30 * MINUTE
    assert [home.id for home in quietest(look(log).values(), log.now, 5)] == ["h2", "h1"]


@pytest.mark.parametrize("seed", [1, 2])
def test_after_whatever_happens_it_is_what_reading_anew_would_say(log, monkeypatch, seed):
    chance = random.Random(seed)
    enrolled(log, (HALL, "motion"), (CO, "co"), ("dp03/smoke-1", "smoke"))
    log.happens("home-h2", facts.HomeEnrolled(home="h2", site="dp03", no_activity_s=3600))
    ways = [
        lambda: moves(log),
        lambda: log.reports(HeartbeatReceived(device=CO, interval_s=900, battery_pct=50)),
        lambda: log.reports(DeviceConditionReported(device=CO, battery_low=chance.random() < 0.5)),
        lambda: log.reports(DeviceConditionReported(device=HALL, tamper=chance.random() < 0.3)),
        lambda: log.reports(DeviceStatusReported(device=HALL, state=chance.choice(["online", "offline"]))),
        lambda: log.reports(SmokeReported(device="dp03/smoke-1", alarm=False, test=True)),
        lambda: log.happens("home-h1", facts.AwaySet(home="h1", by="user:a", until=log.now + HOUR)),
        lambda: log.happens("home-h1", facts.AwayEnded(home="h1", by="user:a")),
        lambda: log.happens("home-h2", facts.HomePaused(home="h2", reason="", by="user:a")),
        lambda: log.happens("home-h2", facts.HomeResumed(home="h2", by="user:a")),
        lambda: log.happens("home-h2", life.ConsentRecorded(home="h2", by="user:a", given="signed")),
        lambda: log.told("engine", RuleFailed(home="h1", site="dp03", rule="smoke", position=1, error="x")),
        lambda: log.told("home-h1", facts.SensorTakenOutOfService(device=CO, home="h1", alert="a")),
        lambda: log.told("home-h1", facts.SensorBackInService(device=CO, home="h1")),
        lambda: log.happens(f"device-{CO}", facts.DeviceRemoved(device=CO, home="h1")),
    ]  # fmt: skip
    for turn in range(40):
        chance.choice(ways)()
        log.now += chance.choice([MINUTE, 20 * MINUTE, 2 * HOUR])
        if turn == 30:
            monkeypatch.setattr(room, "_READ_ANEW", 0)
        if chance.random() < 0.7:
            look(log)
    found = by_health(look(log).values())
    assert sum(map(len, found.values())) >= 2
