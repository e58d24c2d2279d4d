"""What devices say becomes facts, and nothing they can send gets past the codec."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from door import NOON, backfill, item, said, stamp
from hypothesis import example, given
from hypothesis import strategies as st

from events.types import device as facts
from events.types.fact import HOUR, MINUTE, SECOND
from ingest.codec import Refused, alarm_in, decode
from ingest.codecs import rfc3339
from ingest.codecs.rfc3339 import micros
from ingest.codecs.strict_json import quickly, read_object, strictly

TOPIC = "shouwang/v1/dp03/hall-1/event"


def heard(payload, topic=TOPIC, retained=False, received_at=NOON):
    return decode(topic, payload, retained=retained, received_at=received_at)


def only(payload, **how):
    (reading,) = heard(payload, **how).readings
    return reading


@pytest.mark.parametrize(
    ("type", "data", "fact"),
    [
        ("motion", {"occupied": True}, facts.OccupancyReported(device="", occupied=True)),
        ("contact", {"open": False}, facts.ContactReported(device="", open=False)),
        ("button", {"action": "help"}, facts.ButtonPressed(device="", action="help")),
        (
            "co",
            {"alarm": True, "ppm": 210, "test": False},
            facts.CarbonMonoxideReported(device="", alarm=True, ppm=210),
        ),
        ("co", {"alarm": True, "ppm": None}, facts.CarbonMonoxideReported(device="", alarm=True)),
        ("co", {"alarm": True, "mg_m3": 100}, facts.CarbonMonoxideReported(device="", alarm=True, ppm=87.3, mg_m3=100)),
        ("co", {"alarm": True, "ppm": -1}, facts.CarbonMonoxideReported(device="", alarm=True, fault="negative")),
        ("co", {"alarm": True, "ppm": 65535}, facts.CarbonMonoxideReported(device="", alarm=True, fault="above_range")),
        (
            "co",
            {"alarm": False, "value": 100, "unit": "mg/m3"},
            facts.CarbonMonoxideReported(device="", alarm=False, ppm=87.3, mg_m3=100),
        ),
        (
            "co",
            {"alarm": False, "value": 12, "unit": "PPM"},
            facts.CarbonMonoxideReported(device="", alarm=False, ppm=12),
        ),
        (
            "co",
            {"alarm": True, "value": 12, "unit": "percent"},
            facts.CarbonMonoxideReported(device="", alarm=True, fault="unknown_unit"),
        ),
        ("co", {"alarm": True, "ppm": "high"}, facts.CarbonMonoxideReported(device="", alarm=True)),
        ("smoke", {"alarm": True, "test": True}, facts.SmokeReported(device="", alarm=True, test=True)),
        ("gas", {"alarm": False, "test": False}, facts.GasReported(device="", alarm=False)),
        ("water", {"alarm": True, "test": False}, facts.WaterReported(device="", alarm=True)),
        (
            "climate",
            {"celsius": 11.5, "humidity_pct": 60},
            facts.ClimateReported(device="", celsius=11.5, humidity_pct=60),
        ),
        ("use", {"kind": "power", "amount": 12}, facts.UseReported(device="", kind="power", amount=12)),
        (
            "heartbeat",
            {"interval_s": 900, "mains": False},
            facts.HeartbeatReceived(device="", interval_s=900, mains=False),
        ),
        ("device", {"battery_low": True}, facts.DeviceConditionReported(device="", battery_low=True)),
        ("device", {"trouble": True}, facts.DeviceConditionReported(device="", trouble="trouble")),
    ],
)
def test_every_type_of_the_wire_becomes_its_fact(type, data, fact):
    event = only(said(type=f"shouwang.{type}.v1", data=data, seq=7)).event
    assert (event.device, event.bootid, event.seq) == ("dp03/hall-1", "b1", 7)
    ours = {"device", "bootid", "seq"}
    assert {f: getattr(event, f) for f in event.__struct_fields__ if f not in ours} == {
        f: getattr(fact, f) for f in fact.__struct_fields__ if f not in ours
    }


def test_unknown_keys_are_ignored_and_cannot_pass_for_our_own():
    event = only(said(data={"occupied": True, "device": "x/y", "redecoded": True, "colour": "red"}, rssi=-60)).event
    assert (event.device, event.redecoded) == ("dp03/hall-1", False)


GOOD = said()
BAD = {
    "empty": (b"", "not_json"),
    "not JSON": (b"{occupied}", "not_json"),
    "two documents": (GOOD + GOOD, "not_json"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "not_json"),
    "a raw NUL": (GOOD.replace(b"b1-1", b"b1\x001"), "not_json"),
    "a list": (b"[1]", "not_an_object"),
    "a number": (b"7", "not_an_object"),
    "NaN": (said(type="shouwang.climate.v1", data={"celsius": float("nan")}), "nan"),
    "Infinity": (said(type="shouwang.climate.v1", data={"celsius": float("-inf")}), "nan"),
    "NaN where nobody looks": (said(extra=float("nan")), "nan"),
    "1e400": (said(type="shouwang.co.v1", data={"alarm": True}, x=1).replace(b'"x": 1', b'"x": 1e400'), "number_out_of_range"),
    "5,000 digits": (said(x=1).replace(b'"x": 1', b'"x": ' + b"9" * 5000), "number_out_of_range"),
    "too large": (said(x="y" * 65_536), "too_large"),
    "nested 30,000 deep": (said(x=0).replace(b'"x": 0', b'"x": ' + b"[" * 30_000 + b"]" * 30_000), "too_deep"),
    "nested 100,000 deep": (b"[" * 100_000, "too_large"),
    "invalid UTF-8": (said(x="q").replace(b'"q"', b'"\xff"'), "bad_utf8"),
    "a surrogate in UTF-8": (said(x="q").replace(b'"q"', b'"\xed\xa0\x80"'), "bad_utf8"),
    "a lone surrogate": (said(x="\ud800"), "bad_text"),
    "a lone surrogate as a key": (said(data={"occupied": True, "\udfff": 1}), "bad_text"),
    "NUL in a string": (said(id="b1\0"), "bad_text"),
    "repeated keys": (GOOD.replace(b'"seq": 1', b'"seq": 1, "seq": 2'), "duplicate_keys"),
    "repeated keys within": (GOOD.replace(b'"occupied": true', b'"occupied": true, "occupied": false'), "duplicate_keys"),
    "a key repeated by an escape": (GOOD.replace(b'"seq": 1', b'"seq": 1, "s\\u0065q": 2'), "duplicate_keys"),
    "unknown type": (said(type="shouwang.radar.v1"), "unknown_type"),
    "no type": (said(type=None), "bad_field"),
    "no id": (said(id=None), "bad_field"),
    "an empty id": (said(id=""), "bad_field"),
    "an endless id": (said(id="x" * 129), "bad_field"),
    "another version": (said(specversion="2.0"), "bad_field"),
    "another's source": (said(source="shouwang/v1/dp03/hall-2"), "wrong_source"),
    "a number for a flag": (said(data={"occupied": 1}), "bad_field"),
    "a flag for a number": (said(type="shouwang.climate.v1", data={"celsius": True}), "bad_field"),
    "no data": (said(data=[]), "bad_field"),
    "the field missing": (said(data={"open": True}), "bad_field"),
    "an unknown action": (said(type="shouwang.button.v1", data={"action": "dance"}), "bad_field"),
    "a negative seq": (said(seq=-1), "bad_field"),
    "a huge seq": (said(seq=2**63), "bad_field"),
    "a fraction for seq": (said(seq=1.5), "bad_field"),
    "an interval of nothing": (said(type="shouwang.heartbeat.v1", data={"interval_s": 0}), "bad_field"),
    "a time without zone": (said(time="2026-11-21T12:00:00"), "bad_time"),
    "a day that never was": (said(time="2026-02-29T12:00:00Z"), "bad_time"),
    "a time in words": (said(time="noon"), "bad_time"),
    "201 items": (backfill([item(n, NOON) for n in range(1, 202)]), "too_many_items"),
    "items no list": (said(type="shouwang.backfill.v1", data={"items": {}}), "bad_field"),
    "lost backwards": (backfill([], lost=[9, 3]), "bad_field"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_a_stable_word(name):
    payload, reason = BAD[name]
    with pytest.raises(Refused) as refused:
        heard(payload)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "topic",
    ["shouwang/v1/dp03/hall-1/cmd", "shouwang/v1/dp03/hall-1", "shouwang/v1/DP03/hall-1/event", "zigbee2mqtt/hall",
     "shouwang/v1/d/hall-1/event", "shouwang/v1/dp03/hall-1/event\n", "shouwang/v1/dp03/hall 1/event",
     "shouwang/v1/dp03/-hall/event", "shouwang/v1/东坪/hall-1/event"],
)  # fmt: skip
def test_a_wrong_topic_is_refused(topic):
    with pytest.raises(Refused, match="wrong_topic"):
        heard(GOOD, topic)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TYPES = [
    "motion",
    "contact",
    "button",
    "co",
    "smoke",
    "gas",
    "water",
    "climate",
    "use",
    "heartbeat",
    "device",
    "backfill",
]


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(payload):
    for tail in ("event", "status"):
        try:
            heard(payload, f"shouwang/v1/dp03/hall-1/{tail}")
        except Refused as why:
            assert why.reason
    alarm_in(payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(':,{"a\x00\x7f床', max_size=3), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def as_read_by(how, payload):
    try:
        return repr(how(payload))
    except Refused as why:
        return why.reason


@given(
    st.dictionaries(st.text(max_size=4), JSON, max_size=4), st.booleans(),
    st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=3)), max_size=2),
)  # fmt: skip
def test_what_is_read_quickly_is_what_is_read_strictly(tree, escaped, changes):
    """Also where bytes of it were changed, left out or put in."""
    payload = json.dumps(tree, ensure_ascii=escaped, separators=(",", ":")).encode("utf-8", "surrogatepass")
    for at, new in changes:
        payload = payload[:at] + new + payload[at + len(new) // 2 :]
    quick = quickly(payload)
    if quick is not None:
        assert repr(quick) == as_read_by(strictly, payload)
    assert as_read_by(read_object, payload) == as_read_by(strictly, payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b'{"a":[{"b":1,"b":2}]}', b'{"a":1,"b":":x"}', b'{"a":1e400}',
        b'{"a":-0,"b":-0.0,"c":1E5}', b'{"a":' + b"9" * 4000 + b"}", b'{"a":' + b"9" * 5000 + b"}", b'{"a":"\x01"}',
        b'{"a":"\xed\xa0\x80"}', b'{"a" :1}', b'{"":{"":0}}', b"[]", b'"a":', b"", b'{"a":NaN}', b"\xef\xbb\xbf{}",
        b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    ],
)  # fmt: skip
def test_odd_ones_are_read_the_same_both_ways(payload):
    assert as_read_by(read_object, payload) == as_read_by(strictly, payload)


def test_what_a_device_says_is_read_quickly():
    for payload in (said(), said(type="shouwang.co.v1", data={"alarm": True, "ppm": 210.5, "place": "bed"})):
        assert quickly(payload) == strictly(payload)


@given(
    st.sampled_from(TYPES),
    json_values,
    st.dictionaries(st.sampled_from(["time", "clock", "seq", "id", "bootid"]), json_values),
)
def test_no_json_raises_anything_but_a_refusal_and_what_decodes_can_be_stored(type, data, more):
    payload = json.dumps(json.loads(said(type=f"shouwang.{type}.v1")) | {"data": data} | more).encode()
    alarm_in(payload)
    try:
        decoded = heard(payload)
    except Refused:
        return
    for reading in decoded.readings:
        assert -(2**62) < reading.at < 2**62
        assert 0 <= reading.digest < 2**63
        assert json.loads(json.dumps(str(reading.event)))
        reading.key.encode()


@pytest.mark.parametrize("clock", ["ntp", "rtc"])
def test_a_live_message_counts_at_its_own_time_when_that_can_be_believed(clock):
    for off in (-72 * HOUR, -MINUTE, 0, 2 * MINUTE):
        reading = only(said(at=NOON + off, clock=clock))
        assert (reading.at, reading.trusted, reading.event.clock_suspect) == (NOON + off, True, False)


def test_a_wild_clock_counts_at_receipt_and_is_marked():
    for off in (-72 * HOUR - SECOND, 2 * MINUTE + SECOND):
        reading = only(said(at=NOON + off))
        assert (reading.at, reading.trusted, reading.event.clock_suspect) == (NOON, False, True)
    assert only(said(time=None)).event.clock_suspect


def test_a_device_without_a_clock_claims_nothing_and_is_not_blamed():
    reading = only(said(at=NOON - HOUR, clock="none"))
    assert (reading.at, reading.trusted, reading.event.clock_suspect) == (NOON, False, False)


def test_buffered_readings_keep_their_own_time_and_old_ones_are_history():
    decoded = heard(backfill([item(1, NOON - 72 * HOUR - SECOND), item(2, NOON - HOUR)]))
    assert [(r.at, r.event.history, r.event.backfilled) for r in decoded.readings] == [
        (NOON - 72 * HOUR - SECOND, True, True),
        (NOON - HOUR, False, True),
    ]
    assert decoded.backfill


def test_a_buffered_reading_from_the_future_is_neither_there_nor_a_sign_of_life():
    (reading,) = heard(backfill([item(1, NOON + HOUR)])).readings
    assert (reading.at, reading.event.history, reading.event.clock_suspect) == (NOON, True, True)


@given(
    st.integers(1, 2**40),
    st.integers(NOON - 72 * HOUR, NOON),
    st.sampled_from([{"alarm": True, "ppm": 55}, {"alarm": False}]),
)
def test_the_same_reading_live_and_buffered_has_the_same_key_and_digest(seq, at, data):
    live = only(said(seq=seq, at=at, type="shouwang.co.v1", data=data))
    (late,) = heard(backfill([item(seq, at, "shouwang.co.v1", data)])).readings
    assert (live.key, live.digest) == (late.key, late.digest)
    other = only(said(seq=seq, at=at, type="shouwang.co.v1", data={"alarm": not data["alarm"]}))
    assert other.digest != live.digest


def test_good_items_of_a_backfill_are_taken_and_each_bad_one_can_be_decoded_again_alone():
    decoded = heard(backfill([item(1, NOON), item(2, NOON, "shouwang.radar.v1"), {"seq": 3}, item(4, NOON)]))
    assert [r.event.seq for r in decoded.readings] == [1, 4]
    assert [(i.why.reason, i.why.seq, i.why.bootid) for i in decoded.refused] == [
        ("unknown_type", 2, "b1"),
        ("bad_field", 3, "b1"),
    ]
    again = heard(decoded.refused[0].payload.replace(b"radar", b"motion"))
    assert [r.event.seq for r in again.readings] == [2]


def test_what_a_device_says_it_lost_is_a_fact():
    (lost,) = heard(backfill([], lost=[3, 9])).readings
    assert (lost.event.first, lost.event.last) == (3, 9)


def test_a_status_is_no_cloud_event_and_its_boot_is_optional():
    topic = "shouwang/v1/dp03/gw/status"
    live = only(b'{"state":"offline"}', topic=topic)
    assert live.event == facts.DeviceStatusReported(device="dp03/gw", state="offline")
    kept = only(b'{"state":"online","bootid":"b9"}', topic=topic, retained=True)
    assert kept.event == facts.DeviceStatusReported(device="dp03/gw", state="online", bootid="b9", retained=True)
    with pytest.raises(Refused, match="bad_field"):
        heard(b'{"state":"sleeping"}', topic)


def test_even_a_strangers_alarm_is_recognised():
    assert alarm_in(said("x", type="shouwang.co.v1", data={"alarm": True}, source="nobody")) == "carbon_monoxide"
    assert alarm_in(b'{"type":"shouwang.button.v1","data":{"action":"sos"}}') == "sos"
    assert alarm_in(said(type="shouwang.smoke.v1", data={"alarm": True, "future": []})) == "smoke"
    assert alarm_in(backfill([item(1, NOON), item(2, NOON, "shouwang.gas.v1", {"alarm": True})])) == "gas"
    assert alarm_in(said(type="shouwang.co.v1", data={"alarm": True, "test": True, "ppm": 50})) == "carbon_monoxide"


CO = said("co-1", type="shouwang.co.v1", data={"alarm": True}, x=0)
SPOILT = {
    "cut off": CO[:-2],
    "followed by something": CO + b"\0\0",
    "behind a byte order mark": b"\xef\xbb\xbf" + CO,
    "nested 100,000 deep": CO.replace(b'"x": 0', b'"x": ' + b"[" * 100_000 + b"]" * 100_000),
    "a number of 5,000 digits": CO.replace(b'"x": 0', b'"x": ' + b"9" * 5000),
    "a ppm of 5,000 digits": CO.replace(b'"alarm": true', b'"alarm": true, "ppm": ' + b"9" * 5000),
    "1e400": CO.replace(b'"x": 0', b'"x": 1e400'),
    "a lone surrogate": CO.replace(b'"x": 0', b'"x": "\\ud800"'),
    "a raw NUL": CO.replace(b'"x": 0', b'"x": "\0"'),
    "bad UTF-8": CO.replace(b'"x": 0', b'"x": "\xff"'),
    "two minds": CO.replace(b'"alarm": true', b'"alarm": true, "alarm": false'),
    "a backfill in a backfill": backfill([item(1, NOON, "shouwang.backfill.v1", {"items": [json.loads(CO)]})]),
    "one of 201": backfill([item(n, NOON) for n in range(1, 201)] + [item(201, NOON, "shouwang.co.v1", {"alarm": True})]),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_an_alarm_in_a_message_that_cannot_be_taken_is_still_seen(name):
    payload = SPOILT[name]
    assert alarm_in(payload) == "carbon_monoxide"
    try:
        decoded = heard(payload, "shouwang/v1/dp03/co-1/event")
    except Refused:
        return
    assert decoded.refused, "else it was no spoilt message"


def test_how_deep_a_message_may_be_does_not_depend_on_who_asks():
    def deep(levels):
        return said(x=0).replace(b'"x": 0', b'"x": ' + b"[" * levels + b"]" * levels)

    def asked(levels, calls):
        return asked(levels, calls - 1) if calls else heard(deep(levels))

    for calls in (0, 500):
        assert asked(31, calls).readings
        with pytest.raises(Refused, match="too_deep"):
            asked(32, calls)


def test_what_is_no_danger_is_not_called_one():
    assert alarm_in(said()) == ""
    assert alarm_in(said(type="shouwang.co.v1", data={"alarm": True, "test": True, "ppm": 3})) == ""
    assert alarm_in(said(type="shouwang.co.v1", data={"alarm": False, "ppm": 900})) == ""
    assert alarm_in(said(type="shouwang.water.v1", data={"alarm": True})) == ""
    assert alarm_in(b"[" * 5000) == ""
    assert alarm_in(b'{"type":"shouwang.smoke.v1","data":{"alarm":true,"test":true,"x":' + b"[" * 5000) == ""


@given(st.datetimes(timezones=st.timezones()))
def test_every_rfc_3339_stamp_means_what_the_standard_library_says(moment):
    offset = moment.utcoffset()
    if offset.total_seconds() % 60:
        return  # RFC 3339 has no seconds in a zone
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert micros(moment.isoformat()) == expected


@given(st.text("0123456789:.TZz-+ \u0661", min_size=24, max_size=24))
@example("2026-11-21T12:00:60.000Z")
@example("2026-11-21T12:00:61.000Z")
@example("2026-11-21T12:00:59.999Z")
@example("2026-11-21T24:00:00.000Z")
@example("2026-02-30T12:00:00.000Z")
@example("2026-11-21T12:00:5\u0661.000Z")
@example("2026-11-21t12:00:00.1 0Z")
def test_a_stamp_as_devices_write_it_is_read_as_any_other(stamp):
    def read(how):
        try:
            return how(stamp)
        except Refused as why:
            return why.reason

    assert read(micros) == read(lambda stamp: rfc3339._micros(stamp, None))


def test_stamps_of_foreign_families_without_a_zone_can_be_read_as_shanghai():
    assert micros("2026-11-21 20:00:00", zoneless=8 * HOUR) == NOON
    assert stamp(micros("2026-11-21T12:00:00.123456789Z")) == "2026-11-21T12:00:00.123456Z"
    assert micros("2016-12-31T23:59:60Z") == micros("2017-01-01T00:00:00Z")


@pytest.mark.parametrize("bad", ["", "2026", "2026-11-21T24:00:00Z", "2026-11-21T12:60:00Z", "2026-11-21T12:00:00.Z",
                                 "2026-11-21T12:00:00+0800", "2026-13-01T00:00:00Z", "２026-11-21T12:00:00Z",
                                 "2026-11-21T1 :00:00Z", "2026-11-21T12:00:00+99:00"])  # fmt: skip
def test_other_stamps_are_refused(bad):
    with pytest.raises(Refused, match="bad_time"):
        micros(bad)


def test_a_unit_nobody_knows_is_kept_for_somebody_to_look_at():
    with pytest.raises(Refused) as refused:
        heard(said(type="shouwang.co.v1", data={"alarm": False, "value": 12, "unit": "percent"}))
    assert refused.value.reason == "unknown_unit"


def test_what_came_to_be_said_later_does_not_make_an_old_report_another():
    plain = {"alarm": False, "ppm": 12.0, "test": False}
    without, with_more = (
        only(said(type="shouwang.co.v1", data=plain)),
        only(said(type="shouwang.co.v1", data=plain | {"mg_m3": 3})),
    )
    assert without.digest == with_more.digest, "where ppm is said, mass says nothing"
