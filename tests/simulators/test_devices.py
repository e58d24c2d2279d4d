"""A device on its own: what it says, what it remembers, what it does when told."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices import Battery, Broker, Clock, Device, Ring, messages

NOW = datetime(2026, 11, 21, 14, 41, 7, tzinfo=UTC)


def device(model="co-alarm", **how):
    return Device("dp03", "co-7f2a", model, bootid="b3f1", **how)


def payloads(out):
    return [json.loads(each.payload) for each in out]


def test_an_alarm_reads_exactly_as_on_the_wire_page():
    (out,) = device(seq=481).say(messages.co(alarm=True, ppm=210), NOW)
    assert out.topic == "shouwang/v1/dp03/co-7f2a/event"
    assert not out.retain
    assert json.loads(out.payload) == {
        "specversion": "1.0",
        "id": "b3f1-482",
        "source": "shouwang/v1/dp03/co-7f2a",
        "type": "shouwang.co.v1",
        "time": "2026-11-21T14:41:07Z",
        "clock": "ntp",
        "bootid": "b3f1",
        "seq": 482,
        "data": {"alarm": True, "ppm": 210, "test": False},
    }


@pytest.mark.parametrize(
    ("message", "tail"),
    [
        (messages.motion(occupied=True), "event"),
        (messages.contact(open=True), "event"),
        (messages.button("sos"), "event"),
        (messages.co(alarm=True, ppm=90), "event"),
        (messages.co_reading(alarm=True, ppm=90), "tele"),
        (messages.danger(messages.SMOKE, alarm=True), "event"),
        (messages.climate(18.5, 60), "tele"),
        (messages.use("power", 12), "tele"),
        (messages.about_itself(battery_low=True), "event"),
    ],
)
def test_alarms_and_signs_of_life_are_events_and_readings_are_telemetry(message, tail):
    (out,) = device().say(message, NOW)
    assert out.topic.endswith(f"/{tail}")


def test_seq_counts_events_and_telemetry_together_but_not_statuses():
    hall = device("motion-pir")
    out = [*hall.say(messages.motion(occupied=True), NOW), hall.status(), *hall.heartbeat(NOW)]
    assert [each.get("seq") for each in payloads(out)] == [1, None, 2]
    assert out[1].retain
    assert payloads(out)[1] == {"state": "online", "bootid": "b3f1"}


def test_a_battery_falls_and_never_claims_to_be_on_mains():
    hall = device("motion-pir", battery=Battery(50, per_day_pct=2, since=NOW))
    first, later, last = (payloads(hall.heartbeat(NOW + timedelta(days=n)))[0]["data"] for n in (0, 10, 99))
    assert (first["battery_pct"], later["battery_pct"], last["battery_pct"]) == (50, 30, 0)
    assert "mains" not in first


def test_a_mains_device_says_so_and_has_no_battery():
    said = payloads(device("gateway").heartbeat(NOW))[0]["data"]
    assert said["mains"] is True
    assert "battery_pct" not in said


def test_a_drifting_clock_is_off_by_more_each_day():
    clock = Clock("rtc", offset_s=2, drift_ppm=50, set_at=NOW)
    assert clock.reads(NOW) - NOW == timedelta(seconds=2)
    later = NOW + timedelta(days=10)
    assert clock.reads(later) - later == timedelta(seconds=2 + 43.2)


def test_a_device_without_a_clock_counts_from_its_boot():
    hall = device("motion-pir", clock=Clock("none", set_at=NOW))
    said = payloads(hall.say(messages.motion(occupied=True), NOW + timedelta(seconds=90)))[0]
    assert (said["clock"], said["time"]) == ("none", "1970-01-01T00:01:30Z")


def test_a_resend_is_the_same_message_byte_for_byte():
    hall = device("motion-pir")
    first = hall.say(messages.motion(occupied=True), NOW)
    assert hall.resend() == first
    assert hall.seq == 1


def test_two_messages_can_arrive_in_the_wrong_order():
    hall = device("motion-pir")
    hall.swap_next()
    out = [*hall.say(messages.motion(occupied=True), NOW), *hall.say(messages.motion(occupied=False), NOW)]
    assert [each["seq"] for each in payloads(out)] == [2, 1]


def test_what_happened_in_an_outage_comes_afterwards_oldest_first_under_the_ids_it_would_have_had():
    live, cut = device("motion-pir"), device("motion-pir")
    live_ids = []
    cut.goes_dark()
    for n in range(450):
        said = messages.motion(occupied=n % 2 == 0)
        live_ids += [each["id"] for each in payloads(live.say(said, NOW + timedelta(seconds=n)))]
        assert cut.say(said, NOW + timedelta(seconds=n)) == []
    envelopes = payloads(cut.comes_back(NOW + timedelta(hours=1)))
    assert [len(each["data"]["items"]) for each in envelopes] == [200, 200, 50]
    assert [item["id"] for each in envelopes for item in each["data"]["items"]] == live_ids
    assert set(envelopes[0]["data"]["items"][0]) == {"id", "seq", "type", "time", "data"}
    assert [each["id"] for each in envelopes] == ["b3f1-b1", "b3f1-b2", "b3f1-b3"]
    assert all("seq" not in each and each["type"] == "shouwang.backfill.v1" for each in envelopes)
    assert payloads(cut.heartbeat(NOW))[0]["seq"] == 451


def test_only_the_services_ack_trims_the_memory():
    hall = device("motion-pir")
    for _ in range(5):
        hall.heartbeat(NOW)
    hall.hears_ack(b'{"bootid":"another","seq":5}')
    hall.hears_ack(b"not json")
    assert len(hall.ring) == 5
    hall.hears_ack(b'{"bootid":"b3f1","seq":3}')
    assert [item["seq"] for item in hall.ring.items] == [4, 5]
    assert hall.acked == 3


def test_a_device_says_what_it_can_never_refill():
    hall = device("motion-pir", ring=Ring(3))
    hall.goes_dark()
    for _ in range(8):
        hall.heartbeat(NOW)
    (back,) = payloads(hall.comes_back(NOW))
    assert back["data"]["lost"] == [1, 5]
    assert [item["seq"] for item in back["data"]["items"]] == [6, 7, 8]
    hall.hears_ack(b'{"bootid":"b3f1","seq":8}')
    assert hall.comes_back(NOW) == []


@given(
    capacity=st.integers(1, 20),
    steps=st.lists(st.one_of(st.just("say"), st.integers(0, 60)), max_size=60),
)
def test_every_seq_is_confirmed_kept_or_known_to_be_lost(capacity, steps):
    hall = device("motion-pir", ring=Ring(capacity), reachable=False)
    for step in steps:
        if step == "say":
            hall.heartbeat(NOW)
        else:
            hall.hears_ack(json.dumps({"bootid": "b3f1", "seq": min(step, hall.seq)}).encode())
    kept = {item["seq"] for item in hall.ring.items}
    lost = set(range(hall.ring.lost[0], hall.ring.lost[1] + 1)) if hall.ring.lost else set()
    assert not kept & lost
    assert set(range(hall.acked + 1, hall.seq + 1)) <= kept | lost
    assert len(kept) <= capacity


def test_after_a_power_cut_it_counts_from_one_under_a_new_boot():
    hall = device("motion-pir")
    hall.heartbeat(NOW)
    hall.restarts("c001")
    assert [(each["id"], each["seq"]) for each in payloads(hall.heartbeat(NOW))] == [("c001-1", 1)]
    assert json.loads(hall.status().payload)["bootid"] == "c001"


@pytest.mark.parametrize("model", ["co-alarm", "smoke-alarm", "gas-alarm", "water-leak"])
def test_a_self_test_is_a_test_alarm_that_ends(model):
    out = payloads(device(model).hears_command(b'{"id":"c-9","do":"selftest"}', NOW))
    assert [(each["data"]["alarm"], each["data"]["test"]) for each in out] == [(True, True), (False, True)]


def test_a_siren_is_remembered_with_its_duration_and_nonsense_is_not():
    alarm = device()
    assert alarm.hears_command(b'{"id":"c-1","do":"siren","for_s":30}', NOW) == []
    for nonsense in (b"[]", b"\xff", b'{"id":"c-2"}'):
        assert alarm.hears_command(nonsense, NOW) == []
    assert [(each.id, each.do, each.for_s) for each in alarm.commands] == [("c-1", "siren", 30.0)]


def test_the_brokers_address_carries_the_credentials_and_may_come_from_the_environment(monkeypatch):
    assert Broker.of("mqtt://us%40er:p%3Aw@10.0.0.1:1884") == Broker("10.0.0.1", 1884, "us@er", "p:w")
    monkeypatch.setenv("MQTT_URL", "mqtt://broker.local")
    assert Broker.of() == Broker("broker.local", 1883)
    with pytest.raises(ValueError, match="mqtt://"):
        Broker.of("http://broker.local")
