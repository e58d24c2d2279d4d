"""Our own messages to ourselves, one through each subscription: they prove that the line is alive and what it has brought."""

import time
from collections.abc import Iterator

import msgspec

from ingest.addressing import Patience
from ingest.inbox import Marker

TAILS = ("event", "tele", "status")
SELF = "shouwang/v1/_self/"
"""No site can be named so, and our subscription matches it."""

_BRISK_S, _BRISK_FOR_S = 5.0, 180.0
"""After a connection the mark moves faster for a while: silence that was buffered waits for it to be judged."""

_LEEWAY = 1.2
"""The broker's clock for redelivery starts when it sent, ours when it granted."""


class _Ping(msgspec.Struct):
    generation: int
    round: int
    at: int
    settled: bool


_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(_Ping).decode


class Markers:
    """The rounds of one connection. They travel at QoS 1, or the broker would let them overtake what is stored."""

    def __init__(self, generation: int, client_id: str, patience: Patience) -> None:
        self._generation, self._patience = generation, patience
        self._prefix = f"{SELF}{client_id}/"
        self._round = 0
        self._awaited: tuple[int, float] | None = None
        self._settled_at = self._next_at = 0.0
        self.answered = False

    def begin(self) -> None:
        """All subscriptions are granted; what an earlier connection left unacknowledged comes within `ack_wait`."""
        self._settled_at = time.monotonic() + self._patience.ack_wait_s * _LEEWAY

    def due(self, at: int) -> Iterator[tuple[str, bytes]]:
        """Topics and payloads to publish now, if any: at once, when redeliveries have settled, and then regularly."""
        clock = time.monotonic()
        if clock < self._next_at:
            return
        settled = clock >= self._settled_at
        self._round += 1
        every = self._patience.ping_every_s
        if clock < self._settled_at + _BRISK_FOR_S:
            every = min(every, _BRISK_S)
        self._next_at = clock + every if settled else self._settled_at
        self._awaited = self._awaited or (self._round, clock + self._patience.pong_within_s)
        body = _encode(_Ping(self._generation, self._round, at, settled))
        for tail in TAILS:
            yield self._prefix + tail, body

    def overdue(self) -> bool:
        """The oldest round that is out has not come back in time."""
        return self._awaited is not None and time.monotonic() > self._awaited[1]

    def came(self, topic: str, payload: bytes, mid: int, qos: int) -> Marker:
        """One came back. Of an earlier connection or another client it has round 0 and proves nothing."""
        tail = topic.rpartition("/")[2]
        try:
            ping = _read(payload)
        except msgspec.DecodeError:
            ping = None
        if ping is None or ping.generation != self._generation or topic != self._prefix + tail:
            return Marker(self._generation, mid, qos, 0, tail, 0, settled=False)
        if self._awaited and ping.round >= self._awaited[0]:
            self._awaited = None
            self.answered = True
        return Marker(self._generation, mid, qos, ping.round, tail, ping.at, ping.settled)
