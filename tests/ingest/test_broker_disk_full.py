"""A broker whose disk was full: by itself it takes nothing more, also when there is room again."""

import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker import Broker
from tests.faults.crowd import Crowd
from tests.faults.small_disk import NoSmallDisk, SmallDisk, small_disk
from tests.faults.town import Town
from tests.ports import free_port
from tests.shouwang.running import until


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        with small_disk(tmp_path / "disk", 16) as made:
            yield made
    except NoSmallDisk as why:
        pytest.skip(str(why))


def somebody_to_keep_for(broker: Broker) -> None:
    """Without a session that lasts the broker acknowledges and keeps nothing."""
    client, subscribed = mqtt.Client(CallbackAPIVersion.VERSION2, "kept", clean_session=False), threading.Event()
    client.username_pw_set("service", broker.credentials.service)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    until(client.is_connected, "somebody is there")
    client.subscribe("shouwang/v1/+/+/event", 1)
    assert subscribed.wait(20)
    client.disconnect()
    client.loop_stop()


def test_a_broker_whose_disk_was_full_is_started_anew_when_there_is_room(disk: SmallDisk) -> None:
    broker, told_to_stop = Broker(disk.folder / "broker", port=free_port()), threading.Event()
    broker.start()
    broker.wait_ready()
    keeper = threading.Thread(target=broker.look_after, args=(told_to_stop,))
    keeper.start()
    somebody_to_keep_for(broker)
    try:
        with Crowd(Town(1), broker.devices_url, 1) as crowd:
            said = crowd.alarm(1)
            until(lambda: crowd.has(said), "the broker acknowledges")
            disk.fill()
            crowd.rate = 200.0
            until(lambda: broker.stuck, "it meets the end of its disk")
            crowd.rate, first = 0.0, broker.pid
            on_the_full_disk = crowd.alarm(1)
            until(lambda: crowd.broken, "it cuts the devices off")
            assert not crowd.has(on_the_full_disk)
            disk.empty()
            until(lambda: crowd.has(on_the_full_disk), "the device that sent again is answered")
            assert broker.pid != first
            assert not broker.stuck
    finally:
        told_to_stop.set()
        keeper.join(20)
        broker.stop()
