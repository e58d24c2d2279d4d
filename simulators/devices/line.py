"""One MQTT connection that sends in order, keeps a window of unacknowledged messages, and survives the broker's restarts."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulators.devices.device import Publication


class BrokerRefused(Exception):
    """The broker is not there, or does not want us; the message says which address."""


class NotAcknowledged(Exception):
    """The broker stopped acknowledging what we sent."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None

    @classmethod
    def of(cls, url: str | None = None) -> Broker:
        """From `mqtt://user:password@host:port`, or from MQTT_URL."""
        url = url or os.environ.get("MQTT_URL") or "mqtt://127.0.0.1:1883"
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError(f"not an mqtt:// address: {parts.scheme}://{parts.hostname or ''}")
        user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
        return cls(parts.hostname, parts.port or 1883, user, password)


class Line:
    """Callbacks come from paho's thread and must not publish: a full window would wait for itself."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        window: int = 50,
        will: Publication | None = None,
        listens_to: tuple[str, ...] = (),
        on_message: Callable[[str, bytes], None] | None = None,
        on_change: Callable[[bool], None] | None = None,
    ) -> None:
        self._broker, self._window, self._topics = broker, window, listens_to
        self._on_message, self._on_change = on_message, on_change
        self._moved = threading.Condition()
        self._sent = self._acked = 0
        self._up = False
        self._unanswered: set[int] = set()  # subscriptions without a SUBACK
        self._refused: str | None = None
        # A clean session on purpose: a siren command that waited hours in a queue must not sound then.
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        self._client.max_inflight_messages_set(window)
        self._client.reconnect_delay_set(min_delay=1, max_delay=10)
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        if will:
            self._client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        self._client.on_connect, self._client.on_disconnect = self._connected, self._disconnected
        self._client.on_publish, self._client.on_message = self._published, self._heard
        self._client.on_subscribe = self._granted

    @property
    def up(self) -> bool:
        """Connected at this moment."""
        return self._up

    @property
    def subscribed(self) -> bool:
        """Connected, and the broker has granted every subscription."""
        return self._up and not self._unanswered

    @property
    def in_flight(self) -> int:
        """Sent and not yet acknowledged."""
        return self._sent - self._acked

    def open(self, wait_s: float = 6.0) -> None:
        """Connect and stay connected; raises BrokerRefused when the first try does not succeed in time."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=20)
        self._client.loop_start()
        with self._moved:
            self._moved.wait_for(lambda: self._up or self._refused, timeout=wait_s)
        if not self._up:
            self.close()
            why = self._refused or f"nothing answered in {wait_s:g} s"
            raise BrokerRefused(f"{self._broker.host}:{self._broker.port}: {why}")

    def publish(self, publication: Publication, wait_s: float = 60.0) -> None:
        """Send at QoS 1; waits while the window is full."""
        with self._moved:
            if not self._moved.wait_for(lambda: self.in_flight < self._window, timeout=wait_s):
                raise NotAcknowledged(f"{self.in_flight} messages unacknowledged for {wait_s:g} s")
            self._sent += 1
        self._client.publish(publication.topic, publication.payload, qos=1, retain=publication.retain)

    def settle(self, wait_s: float = 60.0) -> bool:
        """Everything sent has been acknowledged by the broker."""
        with self._moved:
            return self._moved.wait_for(lambda: self.in_flight == 0, timeout=wait_s)

    def close(self) -> None:
        """Say goodbye, so that no will is published."""
        self._client.disconnect()
        self._client.loop_stop()

    def cut(self) -> None:
        """Drop the connection without a goodbye: the broker publishes the will. For tests and power cuts."""
        self._client.loop_stop()
        socket = self._client.socket()
        if socket:
            socket.close()

    def _connected(self, client: mqtt.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if not reason.is_failure:
            self._unanswered = {client.subscribe(topic, qos=1)[1] or 0 for topic in self._topics}
        with self._moved:
            self._refused = str(reason) if reason.is_failure else None
            self._up = not reason.is_failure
            self._moved.notify_all()
        if self._up:
            self._tell()

    def _granted(self, _: Any, __: Any, mid: int, ___: Any, ____: Any) -> None:
        self._unanswered.discard(mid)

    def _disconnected(self, _: Any, __: Any, ___: Any, ____: Any, _____: Any) -> None:
        with self._moved:
            self._up = False
            self._moved.notify_all()
        self._tell()

    def _published(self, _: Any, __: Any, ___: Any, ____: Any, _____: Any) -> None:
        with self._moved:
            self._acked += 1
            self._moved.notify_all()

    def _heard(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        if self._on_message:
            self._on_message(message.topic, bytes(message.payload))

    def _tell(self) -> None:
        if self._on_change:
            self._on_change(self._up)


def wait_until(true: Callable[[], bool], wait_s: float, every_s: float = 0.05) -> bool:
    """Watch a condition that nobody announces."""
    end = time.monotonic() + wait_s
    while not true():
        if time.monotonic() >= end:
            return False
        time.sleep(every_s)
    return True
