"""Poison by the real broker, on both databases: what the broker takes is acknowledged and kept, what it cuts harms nobody."""

import itertools
import json
import struct
import time

import pytest
from door import enrol, said, until

from events.store import read
from events.types.device import ContactReported
from ingest import quarantine
from ingest.addressing import Patience
from ingest.service import Ingest
from tests.faults.mqtt import Line, LineBroken
from tests.faults.poisons import POISONS, good

pytestmark = pytest.mark.broker
QUICK = Patience(ack_wait_s=1.0, ping_every_s=0.5, pong_within_s=3.0, keepalive_s=5)
_numbers = itertools.count(1)
GOOD = json.dumps(good("dp03/hall-1", "n")).encode()

KEPT = {
    "a dot": b"shouwang/v1/dp03/a.b/event",
    "a wildcard of another language": b"shouwang/v1/dp03/*/event",
    "no device": b"shouwang/v1/dp03//event",
    "a device of 60,000 letters": b"shouwang/v1/dp03/" + b"x" * 60_000 + b"/event",
}
DENIED = {
    "a word to another device": b"shouwang/v1/dp03/hall-1/cmd",
    "another family": b"zigbee2mqtt/hall",
    "one level more": b"shouwang/v1/dp03/hall-1/extra/event",
}
"""Acknowledged and dropped by the broker, as MQTT 3.1.1 wants it."""
CUT = {
    "invalid UTF-8": b"shouwang/v1/dp03/\xff\xfe/event",
    "a surrogate": b"shouwang/v1/dp03/\xed\xa0\x80/event",
    "NUL": b"shouwang/v1/dp03/a\0b/event",
    "a space": b"shouwang/v1/dp03/a b/event",
    "a wildcard": b"shouwang/v1/dp03/+/event",
    "nothing": b"",
}


@pytest.fixture
def ingest(any_database, broker):
    enrol(any_database, at=now())
    found = Ingest(any_database, mqtt_url=broker.service_url, now=now, patience=QUICK, on_fatal=pytest.fail)
    found.start()
    until(lambda: found.stats().connected)
    yield found
    found.stop()


def now():
    return time.time_ns() // 1000


def answered(broker, topic, payload):
    """Publish on a connection of its own; whether the broker acknowledged it, or cut us off."""
    line = Line(
        broker.devices_url, f"poisoner-{next(_numbers)}"
    )  # the broker may not have parted with the last one yet
    rest = struct.pack("!H", len(topic)) + topic + struct.pack("!H", 7) + payload
    size = bytearray()
    left = len(rest)
    while left or not size:
        left, digit = divmod(left, 128)
        size.append(digit | (0x80 if left else 0))
    line._unsent += b"\x32" + size + rest
    end = time.monotonic() + 10
    try:
        while time.monotonic() < end:
            line.flush()
            if line.acknowledged():
                return True
            time.sleep(0.002)
    except LineBroken:
        return False
    finally:
        line.close()
    raise AssertionError("the broker said nothing")


def settled(ingest, database, count):
    """A good message by the same door lands behind all that came before it."""
    until(lambda: ingest.stats().messages >= count and not ingest.stats().queued, 20)
    with database.read() as db:
        return [r.event.seq for r in read(db, 0, limit=10_000) if isinstance(r.event, ContactReported)]


def test_every_kind_by_the_real_broker_is_acknowledged_and_kept_and_the_good_between_land(any_database, broker, ingest):
    line = Line(broker.devices_url, "gateway", patience_s=10)
    sent, acked = [], []
    for n, poison in enumerate(POISONS, 1):
        payload = poison.payload("dp03/hall-1", f"{n + 10}")
        line.publish(2 * n, poison.topic.format(device="dp03/hall-1"), payload)
        line.publish(2 * n + 1, "shouwang/v1/dp03/door-1/event",
                     said("door-1", n, "shouwang.contact.v1", {"open": n % 2 == 0}, at=now()))  # fmt: skip
        sent.append((poison, payload))
        while line.wants_to_write:
            line.flush()
            acked += line.acknowledged()
    until(lambda: acked.extend(line.acknowledged()) or len(acked) == 2 * len(POISONS), 20)
    line.close()
    assert settled(ingest, any_database, 2 * len(POISONS)) == list(range(1, len(POISONS) + 1))
    with any_database.read() as db:
        rows = quarantine.newest(db, limit=1000)
    assert sorted(row.reason for row in rows) == sorted(poison.reason for poison in POISONS)  # alarms go first
    whole = [(p, payload) for p, payload in sent if not p.name.startswith("a backfill")]  # of those each item is kept
    there = sorted((row.reason, row.payload, row.size) for row in rows)
    for poison, payload in whole:
        there.remove((poison.reason, payload[:65_536], len(payload)))
    assert len(there) == len(POISONS) - len(whole)


def test_strange_topics_are_kept_or_cut_and_the_service_hears_on(any_database, broker, ingest):
    assert {name for name, topic in KEPT.items() if answered(broker, topic, GOOD)} == set(KEPT)
    assert {name for name, topic in DENIED.items() if answered(broker, topic, GOOD)} == set(DENIED)
    assert {name for name, topic in CUT.items() if answered(broker, topic, GOOD)} == set()
    assert not answered(broker, b"shouwang/v1/dp03/hall-1/event", b"x" * 2_000_000), "more than a broker carries"
    word = said("door-1", 1, "shouwang.contact.v1", {"open": True}, at=now())
    assert answered(broker, b"shouwang/v1/dp03/door-1/event", word)
    assert settled(ingest, any_database, len(KEPT) + 1) == [1]
    with any_database.read() as db:
        rows = quarantine.newest(db, limit=100)
    assert {row.topic.encode() for row in rows} == set(KEPT.values())
    assert {row.reason for row in rows} == {"wrong_topic"}
    assert ingest.stats().connected
