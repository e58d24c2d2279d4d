"""The bounded queue between the socket and the log: whoever fills it waits, so that a full one stops the reading."""

import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from events.right_of_way import WAY


class Raw(msgspec.Struct, gc=False):
    """A message as it came. `generation` is the connection it came on: an ack may go to no other."""

    generation: int
    mid: int
    qos: int
    topic: str
    payload: bytes
    retained: bool
    received_at: int


class Connected(msgspec.Struct):
    """All subscriptions are granted. `resumed`: the broker had kept our session."""

    generation: int
    resumed: bool
    at: int


class Disconnected(msgspec.Struct):
    """The connection is gone."""

    at: int
    why: str


class Marker(msgspec.Struct):
    """Our own message came back through a subscription: all before it on that subscription has been handed to us.

    `published_at`: all that the broker had by then is here. `settled`: it left later than `ack_wait` after the
    subscription, so unacknowledged messages of an earlier connection have come again too.
    """

    generation: int
    mid: int
    qos: int
    round: int
    tail: str
    published_at: int
    settled: bool


Arrival = Raw | Connected | Disconnected | Marker

_ALARMING = (b'"alarm":true', b'"alarm": true', b'"sos"')
"""As devices write it. Only a matter of milliseconds: what an alarm is, the codec says."""


def looks_like_an_alarm(said: bytes) -> bool:
    """Of one payload, or of many in one piece."""
    return any(word in said for word in _ALARMING)


class Inbox:
    """First in, first out. `put` waits while it is full; `take` hands over everything at once."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._items: deque[Arrival] = deque()
        self._moved = threading.Condition()
        self.pressing = threading.Event()
        """Something that looks like an alarm has come in: whoever gathers more need not."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Arrival, *, give_up: Callable[[], bool] = lambda: False) -> bool:
        """True when it is in; False when `give_up` said so while waiting for room."""
        with self._moved:
            while len(self._items) >= self._capacity:
                if give_up():
                    return False
                self._moved.wait(0.2)
            self._items.append(item)
            if len(self._items) == 1:
                self._moved.notify_all()
        if isinstance(item, Raw) and looks_like_an_alarm(item.payload):
            self.pressing.set()
            WAY.begins()
        return True

    def take(self, limit: int, timeout: float) -> list[Arrival]:
        """At most `limit`, at once when anything is there; otherwise waits up to `timeout` seconds."""
        until = time.monotonic() + timeout
        with self._moved:
            while not self._items:
                left = until - time.monotonic()
                if left <= 0:
                    return []
                self._moved.wait(left)
            full = len(self._items) >= self._capacity
            taken = [self._items.popleft() for _ in range(min(limit, len(self._items)))]
            if full:
                self._moved.notify_all()
        return taken
