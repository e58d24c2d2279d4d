"""What everybody has acknowledged leaves the broker's disk by the hundred; what anybody still waits for stays."""

import asyncio
import os
import signal
import threading
import time
from contextlib import ExitStack, contextmanager

import paho.mqtt.client as paho
import pytest
from door import until
from nats.js.errors import NotFoundError
from paho.mqtt.enums import CallbackAPIVersion

from ingest.nats_stream import NAME, Stream, opened
from ingest.sweeping import EVERYTHING, Listener, Sweeper, done_with
from simulators.devices import Broker as Wire
from simulators.devices import Line, Publication

SIREN = "shouwang/v1/dp03/siren-1/cmd"


def at(broker, what):
    """The server's own answer."""

    async def asked():
        async with opened(broker._folder, broker.pid, broker.credentials.service) as found:
            return await what(found)

    return asyncio.run(asked())


def stream(broker):
    return at(broker, lambda found: found._manager.stream_info(NAME))


def kept(broker):
    return stream(broker).state.messages


def sweepers():
    return [thread.name for thread in threading.enumerate()].count("broker-sweeper")


def killed(broker):
    os.kill(broker.pid, signal.SIGKILL)
    until(lambda: broker.pid is None, 10)


def settled(broker):
    """The sweeper has been there once: what is acknowledged from now on stays until it is swept."""

    def looked():
        try:
            return stream(broker).config.retention == "limits"
        except (OSError, ValueError, NotFoundError):  # no word of its port, or not made yet
            return False

    until(looked, 15)


class Listening:
    """A session that the broker remembers. `acks`: which payloads it acknowledges."""

    def __init__(self, broker, name, topic, *, acks=lambda _: True, account="service"):
        self.heard, self._acks = [], acks
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, manual_ack=True)
        self._client.username_pw_set(account, getattr(broker.credentials, account))
        self._client.on_message = self._came
        self._client.max_inflight_messages_set(0)
        self._port = broker.port
        granted = threading.Event()
        self._client.on_subscribe = lambda *_: granted.set()
        self.come()
        self._client.subscribe(topic, qos=1)
        assert granted.wait(10)

    def come(self):
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        until(self._client.is_connected, 10)

    def also(self, topic):
        self._client.subscribe(topic, qos=1)

    def go(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _came(self, client, _, message):
        said = message.payload.decode()
        self.heard.append(said)
        if self._acks(said):
            client.ack(message.mid, message.qos)


@contextmanager
def listening(*args, **how):
    found = Listening(*args, **how)
    try:
        yield found
    finally:
        found.go()


def say(broker, *payloads, topic="shouwang/v1/dp03/hall-1/event", account="devices"):
    line = Line(Wire.of(getattr(broker, f"{account}_url")), f"speaker-{account}", window=200)
    line.open()
    for payload in payloads:
        line.publish(Publication(topic, payload.encode()))
    assert line.settle(30)
    line.close()


def numbers(first, last):
    return [str(number) for number in range(first, last)]


@pytest.mark.broker
def test_what_is_acknowledged_stays_a_moment_and_leaves_by_the_hundred(broker):
    with listening(broker, "service", "shouwang/v1/+/+/+") as service:
        settled(broker)
        say(broker, *numbers(0, 400))
        until(lambda: len(service.heard) == 400, 20)
        time.sleep(1)  # three looks
        assert kept(broker) == 400, "nothing is written for each of them, and so few are not swept"
        say(broker, *numbers(400, 3000))
        until(lambda: len(service.heard) == 3000, 20)
        until(lambda: kept(broker) < 600, 20)


@pytest.mark.broker
def test_what_was_not_acknowledged_comes_again_after_the_broker_was_killed_and_nothing_else_does(broker):
    with listening(broker, "service", "shouwang/v1/+/+/+", acks=lambda said: int(said) < 2000) as service:
        settled(broker)
        say(broker, *numbers(0, 3000))
        until(lambda: len(service.heard) >= 3000, 20)
        until(lambda: kept(broker) < 1600, 20)
        service.go()
        killed(broker)
        broker.start()
        broker.wait_ready()
        service.heard.clear()
        service._acks = lambda _: True
        service.come()
        until(lambda: len(set(service.heard)) >= 1000, 30)
        assert set(service.heard) == set(numbers(2000, 3000))
        until(lambda: kept(broker) < 600, 30)


@pytest.mark.broker
def test_somebody_else_who_was_away_gets_all_of_theirs(broker):
    with (
        listening(broker, "service", "shouwang/v1/+/+/+") as service,
        listening(broker, "town", "shouwang/v1/dp03/+/event") as town,
    ):
        settled(broker)
        town.go()
        say(broker, *numbers(0, 700))
        say(broker, *numbers(700, 2400), topic="shouwang/v1/dp04/hall-1/event")
        until(lambda: len(service.heard) == 2400, 20)
        time.sleep(1.5)  # some looks
        assert kept(broker) >= 2400
        town.come()
        until(lambda: len(town.heard) >= 700, 20)
        assert sorted(set(town.heard), key=int) == numbers(0, 700)
        until(lambda: kept(broker) < 600, 20)  # though its last one is an old one


@pytest.mark.broker
def test_somebody_else_who_has_heard_and_not_yet_acknowledged_is_told_again(broker):
    with (
        listening(broker, "service", "shouwang/v1/+/+/+") as service,
        listening(broker, "town", "shouwang/v1/dp03/+/event", acks=lambda _: False) as town,
    ):
        settled(broker)
        say(broker, *numbers(0, 700))
        until(lambda: len(service.heard) == 700 and len(town.heard) >= 700, 20)
        time.sleep(1.5)  # some looks
        town.go()
        town.heard.clear()
        town._acks = lambda _: True
        town.come()
        until(lambda: len(set(town.heard)) == 700, 20)


@pytest.mark.broker
def test_a_command_waits_for_a_device_that_is_away(broker):
    with (
        listening(broker, "service", "shouwang/v1/+/+/+") as service,
        listening(broker, "siren", SIREN, account="devices") as siren,
    ):
        settled(broker)
        siren.go()
        say(broker, "sound", topic=SIREN, account="service")
        say(broker, *numbers(0, 2000))
        until(lambda: len(service.heard) == 2001, 20)
        time.sleep(1.5)
        siren.come()
        until(lambda: siren.heard == ["sound"], 20)
        until(lambda: kept(broker) < 600, 20)


@pytest.mark.broker
def test_but_not_for_ever_and_the_device_hears_the_next_one(broker):
    brisk = Sweeper(broker._folder, broker.credentials.service, every_s=0.1, kept_s=0.5)
    with (
        listening(broker, "service", "shouwang/v1/+/+/+") as service,
        listening(broker, "siren", SIREN, account="devices") as siren,
    ):
        settled(broker)
        siren.go()
        brisk.start(broker.pid)
        try:
            say(broker, *numbers(0, 1000))
            time.sleep(1)
            say(broker, "sound", topic=SIREN, account="service")
            say(broker, *numbers(1000, 3000))
            until(lambda: len(service.heard) == 3001, 20)
            until(lambda: kept(broker) < 600, 20)
        finally:
            brisk.stop()
        siren.come()
        say(broker, "be still", topic=SIREN, account="service")
        until(lambda: siren.heard, 20)
        assert siren.heard == ["be still"]


@pytest.mark.broker
def test_what_an_older_release_left_waiting_is_taken_over_whole(broker):
    with listening(broker, "service", "shouwang/v1/+/+/+") as service:
        settled(broker)
        broker._sweeper.stop()
        before = stream(broker).config
        at(broker, lambda found: found._manager.update_stream(before, retention="interest"))
        service.go()
        say(broker, *numbers(0, 1500))
        broker.stop()
        broker.start()
        broker.wait_ready()
        settled(broker)
        assert kept(broker) == 1500
        service.come()
        until(lambda: len(service.heard) >= 1500, 20)
        assert sorted(set(service.heard), key=int) == numbers(0, 1500)
        until(lambda: kept(broker) < 600, 20)


@pytest.mark.broker
def test_a_gateway_may_listen_for_each_of_its_devices(broker):
    with listening(broker, "gateway", SIREN, account="devices") as gateway:
        for number in range(30):
            gateway.also(f"shouwang/v1/dp03/lamp-{number}/cmd")
            gateway.also(f"shouwang/v1/dp03/lamp-{number}/ack")
        until(lambda: stream(broker).state.consumer_count == 61, 30)
        say(broker, "light", topic="shouwang/v1/dp03/lamp-29/cmd", account="service")
        until(lambda: gateway.heard == ["light"], 10)


@pytest.mark.broker
def test_each_of_hundreds_of_listeners_is_asked(broker):
    with ExitStack() as gateways:
        for gateway in range(20):
            found = gateways.enter_context(
                listening(broker, f"gateway-{gateway}", f"shouwang/v1/dp{gateway}/siren-0/cmd", account="devices")
            )
            for number in range(1, 15):
                found.also(f"shouwang/v1/dp{gateway}/siren-{number}/cmd")
        until(lambda: stream(broker).state.consumer_count == 300, 30)
        subjects = {listener.subject for listener in at(broker, Stream.listeners)}
    assert len(subjects) == 300


@pytest.mark.broker
def test_a_sweeper_that_cannot_sweep_says_so_once(broker):
    said = []
    shut_out = Sweeper(broker._folder, "not the password", every_s=0.05, say_after_s=0.3, on_trouble=said.append)
    shut_out.start(broker.pid)
    try:
        until(lambda: said, 15)
        time.sleep(0.5)
    finally:
        shut_out.stop()
    assert len(said) == 1
    assert "trouble sweeping out" in said[0]


@pytest.mark.broker
def test_a_broker_started_again_after_it_died_is_swept_by_one(broker):
    before = sweepers()
    killed(broker)
    broker.start()
    broker.wait_ready()
    assert sweepers() == before
    until(lambda: [said.stem for said in broker._folder.glob("*.ports")] == [f"nats-server_{broker.pid}"], 10)
    broker.stop()
    assert sweepers() == before - 1


class Pretended:
    """A stream of so many messages, acknowledged up to a number."""

    def __init__(self, newest, acknowledged):
        self._newest, self._acknowledged = newest, acknowledged
        self.dropped, self.asked = [], 0

    async def kept(self):
        return 1, self._newest

    async def listeners(self):
        self.asked += 1
        return [Listener(EVERYTHING, self._acknowledged, waits=True)]

    async def drop(self, before):
        self.dropped.append(before)


@pytest.mark.parametrize(
    ("newest", "acknowledged", "dropped", "asked"),
    [
        (3000, 2500, [2500], 1),
        (400, 400, [], 0),  # nobody is asked for so few
        (3000, 300, [], 1),
        (400_000, 390_000, [50_001], 1),  # what lay for hours goes by and by
    ],
)
def test_one_look(tmp_path, newest, acknowledged, dropped, asked):
    stream = Pretended(newest, acknowledged)
    asyncio.run(Sweeper(tmp_path, "", every_s=0)._once(stream))
    assert (stream.dropped, stream.asked) == (dropped, asked)


SERVICE = Listener(EVERYTHING, 900, waits=True)
AWAY = Listener("$MQTT.msgs.shouwang.v1.dp03.siren-1.cmd", 10, waits=True)


@pytest.mark.parametrize(
    ("upto", "listeners", "stale"),
    [
        (1000, [], 0),
        (900, [SERVICE], 0),
        # whoever hears everything is at the end when it has nothing to do: its own word is taken, not our conclusion
        (900, [SERVICE._replace(waits=False)], 0),
        (700, [SERVICE, Listener("$MQTT.msgs.shouwang.v1.dp03.*.event", 700, waits=True)], 950),
        (900, [SERVICE, Listener("$MQTT.msgs.shouwang.v1.dp03.*.event", 700, waits=False)], 0),
        (10, [SERVICE, AWAY], 0),
        (500, [SERVICE, AWAY], 500),
        (900, [SERVICE, AWAY], 950),
        (900, [SERVICE, AWAY._replace(waits=False)], 0),
        (10, [SERVICE, AWAY._replace(subject="$MQTT.msgs.shouwang.v1.dp03.*.ack")], 0),
        (5, [SERVICE, Listener("", 5, waits=True)], 950),
    ],
)
def test_up_to_where_nobody_needs_a_message_any_more(upto, listeners, stale):
    assert done_with(1000, listeners, stale=stale) == upto
