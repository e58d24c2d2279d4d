"""Raw MQTT clients: the load that devices would make, and the yardstick that only takes and acknowledges."""

import socket
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from measuring.messages import APART_US, Voices
from shouwang.moment import now

_WINDOW = 500
_PATIENCE_S = 60.0


class BrokerStalled(Exception):
    """It did not do its part within a minute; the figures of this run mean nothing."""


def free_port() -> int:
    """A port of this machine that nobody has right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client_to(url: str, client_id: str, *, clean: bool = True, manual_ack: bool = False) -> paho.Client:
    """A client with the credentials of `url`, connected but not yet looping."""
    to = urlsplit(url)
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean, protocol=paho.MQTTv311,
        manual_ack=manual_ack,
    )  # fmt: skip
    client.username_pw_set(to.username or "", to.password)
    client.max_inflight_messages_set(_WINDOW)
    client.connect(to.hostname or "", to.port or 1883)
    return client


def publish_past(
    url: str,
    *,
    homes: int,
    count: int,
    clients: int = 4,
    until: int | None = None,
    apart_us: int = APART_US,
    per_s: float = 0.0,
) -> float:
    """Publish what the devices say at QoS 1, each device always by the same client; `per_s` 0: as fast as it goes.

    Returns the seconds until all were acknowledged.
    """
    began = time.monotonic()
    room = threading.Semaphore(_WINDOW)
    senders = [client_to(url, f"measuring-{n}") for n in range(clients)]
    for sender in senders:
        sender.on_publish = lambda *_: room.release()
        sender.loop_start()
    by_device: dict[str, paho.Client] = {}
    for number, message in enumerate(Voices(homes).past(count, until=until or now(), apart_us=apart_us)):
        if per_s and (early := began + number / per_s - time.monotonic()) > 0:
            time.sleep(early)
        device = message.topic.rpartition("/")[0]
        sender = by_device.setdefault(device, senders[len(by_device) % clients])
        if not room.acquire(timeout=_PATIENCE_S):
            raise BrokerStalled("no acknowledgement while publishing")
        sender.publish(message.topic, message.payload, qos=1)
    for _ in range(_WINDOW):  # all room is there again when nothing is under way
        if not room.acquire(timeout=_PATIENCE_S):
            raise BrokerStalled("not everything was acknowledged")
    for sender in senders:
        sender.disconnect()
        sender.loop_stop()
    return time.monotonic() - began


def take_and_acknowledge(url: str, client_id: str, count: int) -> float:
    """Drain what is held for this session, doing nothing but the acknowledgement. Seconds from the first to the last."""
    client = client_to(url, client_id, clean=False, manual_ack=True)
    taken = 0
    first = last = 0.0

    def take(_: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        nonlocal taken, first, last
        client.ack(message.mid, message.qos)
        if message.topic.endswith(("/event", "/tele")) and "/_self/" not in message.topic:
            taken += 1
            if taken == 1:
                first = time.monotonic()
            if taken == count:
                last = time.monotonic()
                client.disconnect()

    client.on_message = take
    give_up = time.monotonic() + _PATIENCE_S
    while not last:
        before = taken
        client.loop(0.25)
        while not last and taken > before:  # packet after packet: asking for readiness each time would be slower
            seen = taken
            client.loop_read()
            if taken == seen:
                break
        if taken > before:
            give_up = time.monotonic() + _PATIENCE_S
        elif time.monotonic() > give_up:
            raise BrokerStalled(f"{taken} of {count} came")
    while client.want_write():
        client.loop_write()
    return last - first
