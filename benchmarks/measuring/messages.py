"""What devices say, as bytes on the wire: motion and heartbeats, and the alarm of a CO detector."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from measuring.town import co_alarm, devices

_HEARTBEAT_EVERY = 5
"""Of a motion sensor's messages; a CO alarm at rest sends nothing else. So two thirds of all are motion."""

APART_US = 200_000
"""Each of 100 devices speaks every 20 s, so that 50,000 messages are less than three hours."""


class Message(NamedTuple):
    """Where to and what."""

    topic: str
    payload: bytes


class Voices:
    """All devices of so many homes, each counting its own messages."""

    def __init__(self, homes: int) -> None:
        self._said: Counter[str] = Counter()
        self._quiet = list(devices(homes))

    def past(self, count: int, *, until: int, apart_us: int = APART_US) -> Iterator[Message]:
        """So many messages, device after device, of the time before `until` (microseconds UTC)."""
        for n in range(count):
            yield self.next_of(n, until - (count - 1 - n) * apart_us)

    def next_of(self, turn: int, at: int) -> Message:
        """What the device whose turn it is says at `at`."""
        device = self._quiet[turn % len(self._quiet)]
        said = self._said[device] + 1
        if "/co-" in device or said % _HEARTBEAT_EVERY == 0:
            return self._message(device, "tele", "heartbeat", {"interval_s": 3600, "battery_pct": 90}, at)
        return self._message(device, "event", "motion", {"occupied": said % 2 == 0}, at)

    def carbon_monoxide(self, home: int, at: int) -> Message:
        """The detector of the home with this house number gives alarm."""
        return self._message(co_alarm(home), "event", "co", {"alarm": True, "ppm": 180}, at)

    def _message(self, device: str, tail: str, kind: str, about: dict[str, Any], at: int) -> Message:
        seq = self._said[device] = self._said[device] + 1
        body = {
            "specversion": "1.0", "id": f"b1-{seq}", "source": f"shouwang/v1/{device}", "type": f"shouwang.{kind}.v1",
            "time": datetime.fromtimestamp(at / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "clock": "ntp", "bootid": "b1", "seq": seq, "data": about,
        }  # fmt: skip
        return Message(f"shouwang/v1/{device}/{tail}", json.dumps(body, separators=(",", ":")).encode())
