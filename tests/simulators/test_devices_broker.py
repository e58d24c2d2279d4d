"""Devices against the real broker: what they promise holds when connections and brokers come and go."""

import json
from datetime import UTC, datetime

import pytest
from real_broker import broker, service  # noqa: F401 -- fixtures

from simulators.devices import Broker, BrokerRefused, Device, Gateway, Line, messages
from simulators.devices.line import wait_until

pytestmark = pytest.mark.broker
NOW = datetime(2026, 11, 21, 14, 41, 7, tzinfo=UTC)


@pytest.fixture
def gateway(broker, service):  # noqa: F811
    devices = [Device("dp03", id, model, bootid="b3f1") for id, model in (("hall-1", "motion-pir"), ("gw", "gateway"))]
    found = Gateway(Broker.of(broker.url), "dp03", devices)
    found.open()
    found.tick(NOW)
    yield found
    found.close()


def seqs(said, device="hall-1"):
    """Live and backfilled, in the order they came."""
    found = []
    for topic, body in said:
        if f"/{device}/" in topic and "data" in body:
            found += [item["seq"] for item in body["data"].get("items", [body])]
    return found


def test_devices_announce_themselves_and_speak(gateway, service):  # noqa: F811
    gateway.say("hall-1", messages.motion(occupied=True), NOW)
    online = ("shouwang/v1/dp03/hall-1/status", {"state": "online", "bootid": "b3f1"})
    service.waits_for(lambda said: seqs(said) == [1] and online in said)  # the two come in any order


def test_a_gateway_that_vanishes_is_reported_by_its_will_and_one_that_leaves_is_not(gateway, service, broker):  # noqa: F811
    leaves = Gateway(Broker.of(broker.url), "dp04", [Device("dp04", "gw", "gateway", bootid="b1")])
    leaves.open()
    leaves.tick(NOW)
    leaves.close()
    gateway.line.cut()
    said = service.waits_for(lambda said: any(body.get("state") == "offline" for _, body in said))
    assert [topic for topic, body in said if body.get("state") == "offline"] == ["shouwang/v1/dp03/gw/status"]


def test_a_broker_restart_loses_nothing_and_the_backfill_has_the_same_ids(gateway, service, broker):  # noqa: F811
    gateway.say("hall-1", messages.motion(occupied=True), NOW)
    service.waits_for(lambda said: seqs(said) == [1])
    broker.stop()
    assert wait_until(lambda: not gateway.line.up, 10)
    gateway.say("hall-1", messages.motion(occupied=False), NOW)
    gateway.say("hall-1", messages.motion(occupied=True), NOW)
    broker.start()
    assert wait_until(lambda: gateway.line.subscribed and service.line.subscribed, 20)
    gateway.tick(NOW)
    said = service.waits_for(lambda said: {1, 2, 3} <= set(seqs(said)))
    (back,) = [body for _, body in said if body.get("type") == "shouwang.backfill.v1" and "hall-1" in body["source"]]
    assert [item["id"] for item in back["data"]["items"]] == ["b3f1-1", "b3f1-2", "b3f1-3"]


def test_the_retained_ack_trims_what_a_device_keeps(gateway, service):  # noqa: F811
    for _ in range(3):
        gateway.say("hall-1", None, NOW)
    assert gateway.line.settle(10)
    assert len(gateway.devices["hall-1"].ring) == 3  # a PUBACK is not a promise of the service
    ack = json.dumps({"bootid": "b3f1", "seq": 2}).encode()
    service.line._client.publish("shouwang/v1/dp03/hall-1/ack", ack, qos=1, retain=True)
    assert wait_until(lambda: [i["seq"] for i in gateway.devices["hall-1"].ring.items] == [3], 10)


def test_a_commanded_self_test_is_heard_by_the_service(gateway, service):  # noqa: F811
    assert wait_until(lambda: gateway.line.subscribed, 10)
    service.line._client.publish("shouwang/v1/dp03/hall-1/cmd", b'{"id":"c1","do":"selftest"}', qos=1)
    assert wait_until(lambda: gateway._told, 10)
    gateway.tick(NOW)
    service.waits_for(lambda said: any(body.get("type") == "shouwang.heartbeat.v1" for _, body in said))
    assert [each.id for each in gateway.devices["hall-1"].commands] == ["c1"]


def test_before_the_connection_stands_devices_only_remember(broker, service):  # noqa: F811
    early = Gateway(Broker.of(broker.url), "dp05", [Device("dp05", "hall-1", bootid="b1")], window=1)
    for _ in range(3):  # more than the window holds: nobody waits for a connection that is not there
        early.say("hall-1", None, NOW)
    early.open()
    early.tick(NOW)
    early.close()
    said = service.waits_for(lambda said: seqs(said) == [1, 2, 3])
    assert {body["type"] for _, body in said if "data" in body} == {"shouwang.backfill.v1"}


def test_a_wrong_password_is_named_at_once(broker):  # noqa: F811
    line = Line(Broker("127.0.0.1", broker.port, "sim", "wrong"), "stranger")
    with pytest.raises(BrokerRefused, match=r"refused|uthori"):
        line.open(5)
