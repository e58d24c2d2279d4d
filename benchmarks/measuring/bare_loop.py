"""The yardstick of what a machine allows: a client that takes everything and, for an alarm, asks the provider at once.

It keeps nothing but the number of messages it has taken.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_longlong
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawValue
from multiprocessing.synchronize import Event
from typing import Any
from urllib.parse import urlencode

import paho.mqtt.client as paho

from measuring.lines import BrokerStalled, client_to

_PATIENCE_S = 20.0


_spawn = get_context("spawn")


def counter() -> c_longlong:
    """For `taken` of a bare loop: one writes it, so that it needs no lock."""
    return RawValue(c_longlong, 0)


@contextmanager
def bare_loop(mqtt_url: str, provider_port: int, taken: c_longlong | None = None) -> Iterator[int]:
    """PUBLISH, paho's callback, HTTP request: in a process of its own, as the service is. Gives its id.

    `taken` counts the messages of devices, from 0.
    """
    taken = counter() if taken is None else taken
    taken.value = 0
    ready, stop = _spawn.Event(), _spawn.Event()
    process = _spawn.Process(target=_serve, args=(mqtt_url, provider_port, taken, ready, stop), daemon=True)
    process.start()
    try:
        if not ready.wait(_PATIENCE_S):
            raise BrokerStalled("the bare loop did not come up")
        yield process.pid or 0
    finally:
        stop.set()
        process.join(_PATIENCE_S)


def _serve(mqtt_url: str, provider_port: int, taken: c_longlong, ready: Event, stop: Event) -> None:
    provider = http.client.HTTPConnection("127.0.0.1", provider_port, timeout=8)

    def take(_: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        taken.value += 1
        if b'"alarm":true' in message.payload:
            home = json.loads(message.payload)["source"].rpartition("-")[2]
            body = urlencode({"To": "+8612000000001", "From": "+15005550006", "Body": f"{home}号家一氧化碳超标"})
            provider.request("POST", "/2010-04-01/Accounts/AC0/Messages.json", body)
            provider.getresponse().read()

    client = client_to(mqtt_url, "shouwang-bare-loop")
    client.on_message = take
    client.on_subscribe = lambda *_: ready.set()
    client.subscribe("shouwang/v1/#", qos=1)
    client.loop_start()
    stop.wait()
    client.disconnect()
    client.loop_stop()
