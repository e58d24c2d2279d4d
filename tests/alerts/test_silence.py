"""No activity: found in time, and never because we, the sensors or a stray trigger misled us."""

from events.types import alert as facts
from events.types.fact import HOUR, MINUTE, SECOND
from events.types.system import IngestCaughtUp
from tests.house import House


def quiet(house: House) -> list[object]:
    return [a for a in house.alerts() if a.danger == "no_activity"]


def test_twelve_quiet_hours_are_suspected_and_ten_minutes_later_raised(house: House) -> None:
    house.expects(1, contains="12号家老人已12小时没动静")
    house.lives()
    last = house.at
    house.waits(hours=12, seconds=-1)
    assert quiet(house) == []
    house.waits(seconds=1)
    alert = house.alert("no_activity")
    assert (alert.status, alert.suspected_at) == ("suspected", last + 12 * HOUR)
    assert not house.phone(1).inbox, "nobody is told while the elder can cancel"
    house.waits(minutes=10)
    assert house.alert("no_activity").status == "raised"
    assert "12号家老人已12小时没动静(最后16:00在卧室),请上门看看" in house.phone(1).last


def test_the_reason_says_since_when_where_and_which_limit(house: House) -> None:
    house.lives()
    last = house.at
    house.waits(hours=12)
    reason = house.alert("no_activity").reason
    assert reason["last_seen"] == last
    assert reason["where"] == "dp03/bed-1"
    assert reason["limit_s"] == 12 * 3600


def test_movement_puts_the_deadline_off(house: House) -> None:
    house.lives()
    house.waits(hours=11)
    house.lives()
    house.waits(hours=11)
    assert quiet(house) == []


def test_class_2_steps_follow_the_table(house: House) -> None:
    house.expects(1, 2, 3, 4, 5, contains="没动静")
    house.expects(1, contains="第2次叫")
    house.lives()
    house.waits(hours=12, minutes=10)
    for minutes, number in ((5, 2), (5, 3), (10, 4), (10, 5)):
        assert not house.phone(number).inbox
        house.waits(minutes=minutes)
        assert "12号家" in house.phone(number).last
    house.waits(minutes=30)
    assert house.alert("no_activity").round == 2


def test_heartbeats_are_never_a_sign_of_life(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=30)
    assert house.alert("no_activity").status == "raised"


def test_the_elders_button_cancels_the_prealarm_and_nobody_hears_of_it(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=5)
    house.hears("sos-1", "button", {"action": "cancel"})
    assert house.alert("no_activity").status == "cancelled"
    house.waits(hours=1)
    assert not house.phone(1).inbox


def test_a_person_moving_in_the_prealarm_cancels_it(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=5)
    house.lives()
    assert house.said(facts.AlertCancelled)[0].why == "sign_of_life"
    house.waits(hours=11, minutes=50)
    assert len(quiet(house)) == 1
    house.waits(minutes=10)
    assert len(quiet(house)) == 2, "the clock has started anew"


def test_a_lone_stray_trigger_neither_delays_nor_cancels(house: House) -> None:
    house.lives()
    last = house.at
    house.waits(hours=6)
    house.moves("hall-1")
    house.waits(hours=6)
    assert house.alert("no_activity").suspected_at == last + 12 * HOUR
    house.waits(minutes=4)
    house.moves("bed-1")
    house.waits(minutes=6)
    assert house.alert("no_activity").status == "raised"


def test_three_triggers_of_one_sensor_within_ten_minutes_are_a_person(house: House) -> None:
    house.lives()
    house.waits(hours=6)
    for _ in range(3):
        house.moves("hall-1")
        house.waits(minutes=4)
    house.waits(hours=11)
    assert quiet(house) == []


def test_a_door_makes_a_lone_trigger_a_person(house: House) -> None:
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.waits(hours=6)
    house.moves("hall-1")
    house.waits(minutes=9)
    house.hears("door-1", "contact", {"open": True})
    house.waits(hours=11)
    assert quiet(house) == []


def test_the_first_report_after_a_device_restarts_is_a_baseline(house: House) -> None:
    house.lives()
    last = house.at
    house.waits(hours=6)
    for device in ("hall-1", "bed-1"):
        house.boots(device, "b2")
        house.hears(device, "motion", {"occupied": True})
    house.waits(hours=6)
    assert house.alert("no_activity").suspected_at == last + 12 * HOUR


def test_our_own_restart_makes_no_baseline(house: House) -> None:
    house.lives()
    house.waits(hours=6)
    house.restarts()
    house.lives()
    house.waits(hours=11)
    assert quiet(house) == []


def test_retained_and_cached_states_are_no_signs_of_life(house: House) -> None:
    house.lives()
    last = house.at
    house.waits(hours=6)
    for device in ("hall-1", "bed-1"):
        house.hears(device, "motion", {"occupied": True}, retained=True)
    house.waits(hours=6)
    assert house.alert("no_activity").suspected_at == last + 12 * HOUR


def test_motion_after_the_first_message_may_be_the_helper(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=10)
    house.moves("hall-1")
    alert = house.alert("no_activity")
    assert alert.status == "raised"
    assert house.said(facts.ActivityNoticed)
    assert alert.active, "one lone trigger does not clear it"


def test_reply_two_closes_only_when_somebody_was_seen(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=10)
    house.phone(1).replies("12")
    assert house.alert("no_activity").status == "raised"
    house.lives()
    house.phone(1).replies("12")
    alert = house.alert("no_activity")
    assert (alert.status, alert.outcome, alert.closed_by) == ("closed", "safe_at_home", "w1")


def test_closing_starts_the_silence_clock_at_the_closing(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=10)
    house.operator_closes("no_activity", "safe_at_home")
    closed = house.at
    house.waits(hours=12)
    assert house.alert("no_activity").suspected_at == closed + 12 * HOUR


def test_the_rule_is_suspended_while_its_alert_is_open(house: House) -> None:
    house.lives()
    house.waits(hours=40)
    assert len(quiet(house)) == 1


def test_hospital_sets_away_and_nobody_is_sent(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=10)
    house.operator_closes("no_activity", "hospital")
    house.waits(hours=48)
    assert len(quiet(house)) == 1


def test_away_by_sms_stops_the_clock_and_ends_by_itself(house: House) -> None:
    house.lives()
    assert house.phone(1).replies("外出12 1") == "away"
    assert "外出1天" in house.phone(1).last
    house.waits(hours=24 + 11, minutes=59)
    assert quiet(house) == []
    house.waits(minutes=2)
    assert quiet(house)


def test_blind_minutes_stop_the_clock_and_do_not_reset_it(house: House) -> None:
    house.lives()
    last = house.at
    house.waits(hours=6)
    deaf_since = house.at
    house.waits(hours=20, beating=False, hearing=False)
    for device in ("hall-1", "bed-1", "door-1"):
        house.says(device, "heartbeat", {"interval_s": 3600})  # said to nobody: lost on the way
    house.records(IngestCaughtUp(since=deaf_since), "ingest", "all")
    back = house.at
    house.beats()
    assert quiet(house) == []
    house.waits(hours=6, seconds=-60)
    assert quiet(house) == []
    house.waits(minutes=3)
    alert = house.alert("no_activity")
    assert alert.reason["last_seen"] == last
    assert abs(alert.reason["judged_at"] - (back + 6 * HOUR)) <= 2 * MINUTE
    assert alert.reason["blind_s"] >= 19 * 3600


def test_a_backfill_that_covers_blind_minutes_rings_a_past_deadline_at_once(house: House) -> None:
    house.lives()
    house.waits(hours=6)
    deaf_since = house.at
    kept = []
    for _ in range(20):
        house.at += HOUR
        beat = house.says("hall-1", "heartbeat", {"interval_s": 3600})
        kept.append({k: beat[k] for k in ("id", "seq", "type", "time", "data")})
    house.records(IngestCaughtUp(since=deaf_since), "ingest", "all")
    assert quiet(house) == []
    envelope = house.says("hall-1", "backfill", {"items": kept})
    del envelope["seq"]
    envelope["id"] = "b1-b1"
    house.arrives("shouwang/v1/dp03/hall-1/event", envelope)
    house.rings()
    house.waits(seconds=34, beating=False)
    assert quiet(house) == [], "the other sensors may have kept something too"
    house.waits(seconds=1, beating=False)
    assert house.alert("no_activity").suspected_at == house.at


def test_dead_sensors_are_a_visit_by_day_not_an_alarm_at_night(house: House) -> None:
    house.lives()
    house.waits(hours=24, beating=False)
    assert quiet(house) == [], "silence is judged only over minutes in which we could see"
    visit = house.alert("dark_and_quiet")
    assert visit.alert_class == 3
    house.waits(hours=10, beating=False)
    assert "看不到情况" in house.phone(1).last


def test_a_home_whose_sensors_never_showed_an_edge_sends_nobody_for_being_dark(house: House) -> None:
    house.waits(hours=60, beating=False)
    assert [a for a in house.alerts() if a.alert_class < 4] == []


def test_a_wake_up_after_our_standstill_takes_class_2_step_by_step(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=10)
    house.at += 40 * MINUTE
    house.rings()
    assert house.phone(2).inbox
    assert not house.phone(3).inbox
    house.waits(minutes=5, seconds=1)
    assert house.phone(3).inbox


def test_class_1_after_our_standstill_tells_all_at_once(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 99, "test": False})
    house.at += 600 * SECOND
    house.rings()
    assert house.phone(4).inbox
    assert house.phone(5).inbox


def test_a_home_that_brings_its_history_is_judged_by_it(house: House) -> None:
    start = house.at - 71 * HOUR
    kept = []
    for hour in range(72):
        for device, seen in (("hall-1", hour < 60), ("bed-1", hour < 60)):
            at = start + hour * HOUR
            for kind, data in (("motion", {"occupied": seen}), ("motion", {"occupied": False}),
                               ("heartbeat", {"interval_s": 3600})):  # fmt: skip
                said = house.says(device, kind, data, at=at)
                kept.append((device, {k: said[k] for k in ("id", "seq", "type", "time", "data")}))
    last = start + 59 * HOUR
    house.at += 30 * MINUTE
    for device in ("hall-1", "bed-1"):
        items = [item for name, item in kept if name == device]
        for number in range(0, len(items), 200):
            envelope = house.says(device, "backfill", {"items": items[number : number + 200]})
            house._seq[device] -= 1
            del envelope["seq"]
            envelope["id"] = f"b1-b{number}"
            house.arrives(f"shouwang/v1/dp03/{device}/event", envelope)
    house.rings()
    house.beats()
    house.waits(hours=1)
    alert = house.alert("no_activity")
    assert alert.reason["last_seen"] == last
    assert alert.reason["judged_at"] == last + 12 * HOUR


def test_a_heartbeat_that_proves_the_past_minutes_brings_the_deadline_nearer(house: House) -> None:
    house.lives()
    last = house.at
    house.waits(hours=11, minutes=30)
    house.beats()
    deaf_since = house.at
    house.waits(minutes=40, beating=False, hearing=False)
    house.records(IngestCaughtUp(since=deaf_since), "ingest", "all")
    house.waits(minutes=1, beating=False)
    assert quiet(house) == [], "the last forty minutes were blind"
    house.beats()  # the next number in turn: these devices were there all the time
    house.rings()
    assert house.alert("no_activity").reason["judged_at"] == last + 12 * HOUR


def test_nobody_is_suspected_in_the_middle_of_a_buffer_that_ends_with_life(house: House) -> None:
    house.lives()
    house.waits(hours=1)
    start = house.at
    beats = [house.says("hall-1", "heartbeat", {"interval_s": 3600}, at=start + hour * HOUR) for hour in range(1, 15)]
    alive = [house.says("hall-1", "motion", {"occupied": on}, at=start + 14 * HOUR + MINUTE * n)
             for n, on in enumerate((True, False, True, False, True, False))]  # fmt: skip
    house.at = start + 15 * HOUR
    house.records(IngestCaughtUp(since=start), "ingest", "all")
    for number, part in enumerate((beats, alive)):
        items = [{k: said[k] for k in ("id", "seq", "type", "time", "data")} for said in part]
        envelope = house.says("hall-1", "backfill", {"items": items})
        house._seq["hall-1"] -= 1
        del envelope["seq"]
        envelope["id"] = f"b1-b{number}"
        house.arrives("shouwang/v1/dp03/hall-1/event", envelope)
        house.rings()
        house.at += SECOND
    house.waits(minutes=1, beating=False)
    assert quiet(house) == []
