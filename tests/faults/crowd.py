"""All devices of a town at the broker: they speak at a steady rate, say again what was not acknowledged, and keep book of both."""

import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from tests.faults.mqtt import Line, LineBroken
from tests.faults.town import Town

_WINDOW = 200
"""Messages under way on a connection: a gateway's buffer is not larger."""
_LINES = 4
_AGAIN_S = 0.2
_MORE_AT_ONCE = 50


class Said(NamedTuple):
    """One message of a device, as it goes out however often. `ids`: the readings in it that must be in the log."""

    device: str
    ids: tuple[str, ...]
    topic: str
    payload: bytes
    retain: bool = False


class Alarm(NamedTuple):
    """A message that somebody must be told of. `at`: when it was handed to the line, microseconds UTC."""

    home: int
    danger: str
    said: Said
    at: int


class Crowd:
    """`acknowledged` and `said` are the truth that a log is audited against, by (device, id). One thread owns the lines."""

    def __init__(
        self, town: Town, url: str, seed: int, *, boot: str = "b1", now: Callable[[], int] | None = None
    ) -> None:
        self.town, self.boot = town, boot
        self.rate = 0.0
        """Messages of daily life a second, of all homes together. May be changed at any time."""
        self.homes: range = range(1, town.homes + 1)
        """Whose daily life it is."""
        self.said: set[tuple[str, str]] = set()
        self.acknowledged: set[tuple[str, str]] = set()
        self.alarms: list[Alarm] = []
        self.broken = 0
        """How often a line broke."""
        self._url, self._now = url, now or (lambda: time.time_ns() // 1000)
        self._chance = random.Random(f"crowd-{seed}")
        self._seqs: dict[str, int] = {}
        self._states: dict[str, bool] = {}
        self._orders: deque[Said] = deque()
        self._ends = [_End(url, f"crowd-{seed}-{n}", self.acknowledged) for n in range(_LINES)]
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._guarded, name="crowd", daemon=True)

    def __enter__(self) -> Self:
        """Connected, silent until there is a rate."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(10)
        for end in self._ends:
            end.leave()

    # -- what devices say

    def says(self, device: str, kind: str, about: dict[str, Any], **over: Any) -> Said:
        """The next message of this device, now; `over` changes the envelope. It goes out as soon as the line takes it."""
        with self._lock:
            said = self._worded(device, kind, about, over)
            self._orders.append(said)
        return said

    def sends(self, said: Said) -> None:
        """A message of the caller's making; its `ids` are counted like any other's."""
        with self._lock:
            self.said.update((said.device, each) for each in said.ids)
            self._orders.append(said)

    def backfills(self, device: str, kind: str, said: list[tuple[int, dict[str, Any]]]) -> Said:
        """What the device had kept: (moment, data) of each reading, at most 200, in one message."""
        with self._lock:
            items = [self._item(device, kind, at, about) for at, about in said]
            body = {
                "specversion": "1.0", "id": f"{self.boot}-kept-{items[0]['seq']}", "source": f"shouwang/v1/{device}",
                "type": "shouwang.backfill.v1", "time": stamp(self._now()), "clock": "ntp", "bootid": self.boot,
                "seq": 0, "data": {"items": items},
            }  # fmt: skip
            ids = tuple(str(item["id"]) for item in items)
            self.said.update((device, each) for each in ids)
            kept = Said(device, ids, f"shouwang/v1/{device}/event", json.dumps(body).encode())
            self._orders.append(kept)
        return kept

    def alarm(self, home: int, danger: str = "carbon_monoxide") -> Alarm:
        """The CO detector of this home gives alarm, or (`sos`) its button is pressed."""
        at = self._now()
        if danger == "sos":
            said = self.says(self.town.device(home, "sos"), "button", {"action": "sos"})
        else:
            said = self.says(self.town.device(home, "co"), "co", {"alarm": True, "ppm": 180, "test": False})
        alarm = Alarm(home, danger, said, at)
        self.alarms.append(alarm)
        return alarm

    # -- how it goes

    def has(self, alarm: Alarm) -> bool:
        """Whether the broker has acknowledged it."""
        return (alarm.said.device, alarm.said.ids[0]) in self.acknowledged

    @property
    def waiting(self) -> int:
        """Said, and not acknowledged yet."""
        return len(self._orders) + sum(len(end.waiting) + len(end.flying) for end in self._ends)

    def falls_silent(self, within_s: float = 60.0) -> bool:
        """No more daily life; whether everything said was acknowledged in time."""
        self.rate = 0.0
        until = time.monotonic() + within_s
        while self.waiting and time.monotonic() < until and self._failure is None:
            time.sleep(0.02)
        if self._failure is not None:
            raise self._failure
        return not self.waiting

    # -- its thread

    def _guarded(self) -> None:
        try:
            self._run()
        except BaseException as failure:
            self._failure = failure

    def _run(self) -> None:
        owed, before = 0.0, time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            owed, before = min(owed + (now - before) * self.rate, max(self.rate, 1.0)), now
            with self._lock:
                for _ in range(min(int(owed), _MORE_AT_ONCE)):
                    self._orders.append(self._daily())
                    owed -= 1
                orders, self._orders = self._orders, deque()
                for said in orders:  # a device always speaks by the same line, so that its words keep their order
                    self._ends[hash_of(said.device) % _LINES].waiting.append(said)
            for end in self._ends:
                self.broken += end.work()
            busy = any(end.waiting and len(end.flying) < _WINDOW for end in self._ends) or owed >= 1
            time.sleep(0 if busy else 0.004)

    def _daily(self) -> Said:
        """Two thirds movement, the rest heartbeats; the homes in no order."""
        home = self._chance.choice(self.homes)
        what = self._chance.choice(("hall", "bed", "door"))
        device = self.town.device(home, what)
        if self._chance.random() < 1 / 3:
            return self._worded(device, "heartbeat", {"interval_s": 3600, "battery_pct": 90}, {})
        state = self._states[device] = not self._states.get(device, False)
        if what == "door":
            return self._worded(device, "contact", {"open": state}, {})
        return self._worded(device, "motion", {"occupied": state}, {})

    def _worded(self, device: str, kind: str, about: dict[str, Any], over: dict[str, Any]) -> Said:
        seq = self._next(device)
        body = {
            "specversion": "1.0", "id": f"{self.boot}-{seq}", "source": f"shouwang/v1/{device}",
            "type": f"shouwang.{kind}.v1", "time": stamp(self._now()), "clock": "ntp", "bootid": self.boot,
            "seq": seq, "data": about, **over,
        }  # fmt: skip
        tail = "tele" if kind in {"heartbeat", "climate", "use"} else "event"
        said = Said(device, (str(body["id"]),), f"shouwang/v1/{device}/{tail}", json.dumps(body).encode())
        self.said.add((device, said.ids[0]))
        return said

    def _item(self, device: str, kind: str, at: int, about: dict[str, Any]) -> dict[str, Any]:
        seq = self._next(device)
        return {"id": f"{self.boot}-{seq}", "seq": seq, "type": f"shouwang.{kind}.v1", "time": stamp(at), "data": about}

    def _next(self, device: str) -> int:
        seq = self._seqs[device] = self._seqs.get(device, 0) + 1
        return seq


class _End:
    """One connection and what is to go over it: `flying` is on its way, in order, `waiting` comes behind it."""

    def __init__(self, url: str, client: str, acknowledged: set[tuple[str, str]]) -> None:
        self._url, self._client, self._acknowledged = url, client, acknowledged
        self.waiting: deque[Said] = deque()
        self.flying: dict[int, Said] = {}
        self._line: Line | None = None
        self._mid = 0
        self._connect_at = 0.0

    def work(self) -> bool:
        """Hear, then speak; True when the line broke meanwhile. What was on its way is then said again, in order."""
        try:
            if self._line is None:
                if time.monotonic() < self._connect_at:
                    return False
                self._connect_at = time.monotonic() + _AGAIN_S
                self._line = Line(self._url, self._client)
            self._hear(self._line)
            self._speak(self._line)
        except LineBroken:
            had = self._line is not None
            self.leave()
            self.waiting.extendleft(reversed(self.flying.values()))
            self.flying.clear()
            return had
        return False

    def _hear(self, line: Line) -> None:
        for mid in line.acknowledged():
            said = self.flying.pop(mid, None)
            if said is not None:
                self._acknowledged.update((said.device, each) for each in said.ids)

    def _speak(self, line: Line) -> None:
        while self.waiting and len(self.flying) < _WINDOW and not line.stuffed:
            said = self.waiting.popleft()
            self._mid = self._mid % 65_535 + 1
            self.flying[self._mid] = said
            line.publish(self._mid, said.topic, said.payload, retain=said.retain)
        line.flush()

    def leave(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None


def hash_of(device: str) -> int:
    """The same in every process."""
    return sum(device.encode())


def stamp(at: int) -> str:
    """RFC 3339, UTC, to the microsecond."""
    return datetime.fromtimestamp(at / 1_000_000, tz=UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
