"""All devices of one site behind one connection, as in a village with one uplink.

MQTT allows one will a connection. A device with a connection of its own has its own will; here the will is that of
the site's gateway (its first, if there are several), and the statuses of the others are published by the gateway itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

from simulators.devices.device import Device, Publication
from simulators.devices.line import Broker, Line, NotAcknowledged
from simulators.devices.messages import Message


class Gateway:
    """All publishing happens in the owner's thread; what arrives is only noted."""

    def __init__(
        self, broker: Broker, site: str, devices: Iterable[Device], *, window: int = 50, name: str = "sim"
    ) -> None:
        self.site = site
        self.devices = {each.id: each for each in devices}
        self._lock = threading.RLock()
        self._told: deque[tuple[str, bytes]] = deque()
        self._waiting: set[str] = set()  # they have a way out again and have not used it yet
        self._cut: set[str] = set()  # somebody made them dark on purpose
        first = next((each for each in self.devices.values() if each.model == "gateway"), None)
        self.line = Line(
            broker,
            f"{name}-{site}",
            window=window,
            will=first.status("offline") if first else None,
            listens_to=(f"shouwang/v1/{site}/+/ack", f"shouwang/v1/{site}/+/cmd"),
            on_message=self._heard,
            on_change=self._changed,
        )
        self._everybody_waits()

    def open(self) -> None:
        """Connect; each device speaks once `catch_up`, or the first `tick`, has sent what it remembers."""
        self.line.open()

    def say(self, device: str, message: Message | None, at: datetime) -> None:
        """A device says something (None: its heartbeat)."""
        with self._lock:
            found = self.devices[device]
            out = found.heartbeat(at) if message is None else found.say(message, at)
        self._send(out)

    def dark(self, device: str) -> None:
        """One device loses its way out; the gateway reports it offline."""
        with self._lock:
            self._cut.add(device)
            self.devices[device].goes_dark()
        self._send([self.devices[device].status("offline")])

    def catch_up(self, device: str, at: datetime, sent: Callable[[int], None] | None = None) -> None:
        """One device has its way out again: status, then everything unconfirmed."""
        with self._lock:
            self._cut.discard(device)
            self._waiting.discard(device)
            found = self.devices[device]
            waiting = len(found.ring)
            out = [found.status(), *found.comes_back(at)]
        self._send(out)
        if sent:
            sent(waiting)

    def tick(self, at: datetime) -> None:
        """Do what was commanded since the last tick; after a lost connection bring everybody back."""
        while self._told:
            device, payload = self._told.popleft()
            with self._lock:
                out = self.devices[device].hears_command(payload, at)
            self._send(out)
        if self.line.up:
            for device in sorted(self._waiting):
                self.catch_up(device, at)

    def close(self) -> None:
        """Leave without a word: no status, no will. The devices live on, only this story of them stops."""
        self.line.settle(5.0)
        self.line.close()

    def send(self, publication: Publication) -> None:
        """Anything a behaviour made by hand."""
        self._send([publication])

    def _send(self, out: list[Publication]) -> None:
        try:
            for each in out:
                self.line.publish(each)
        except NotAcknowledged:
            self._everybody_waits()  # it is all in their memories, and goes out again when the broker is well

    def _changed(self, up: bool) -> None:
        if not up:
            self._everybody_waits()

    def _everybody_waits(self) -> None:
        with self._lock:
            self._waiting = set(self.devices) - self._cut
            for each in self.devices.values():
                each.goes_dark()

    def _heard(self, topic: str, payload: bytes) -> None:
        device, tail = topic.split("/")[-2:]
        if device not in self.devices:
            return
        if tail == "ack":
            with self._lock:
                self.devices[device].hears_ack(payload)
        else:
            self._told.append((device, payload))
