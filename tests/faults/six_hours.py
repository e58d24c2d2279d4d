"""What happened in a town in six hours in which nobody listened: by home, where it was kept, and what was truly to be seen."""

import json
import random
from dataclasses import dataclass, field
from typing import Any

from alerts.core.coverage import Spans
from events.types.fact import HOUR, MINUTE, SECOND
from tests.faults.crowd import Said, stamp
from tests.faults.town import Town

HOLE = 6 * HOUR
_SENSORS = ("hall", "bed", "door")
_BEAT = 30 * MINUTE

WAYS = ("broker", "devices", "one_way_out", "from_halfway_on", "power_cut")
"""Who kept what a home said: the broker; its devices; the hall's sensor has a way out and the others have not; the
broker at first and the devices later; and nobody, while the village had no power, which devices come out of anew.
"""


@dataclass
class Sensor:
    """One device's words in its own order: (moment, boot, number, type, data)."""

    device: str
    boot: str = "b1"
    seq: int = 0
    words: list[tuple[int, str, int, str, dict[str, Any]]] = field(default_factory=list)

    def says(self, at: int, kind: str, data: dict[str, Any]) -> None:
        self.seq += 1
        self.words.append((at, self.boot, self.seq, kind, data))

    def restarts(self) -> None:
        self.boot, self.seq = "b2", 0

    def live(self, word: tuple[int, str, int, str, dict[str, Any]]) -> Said:
        """As it is, or was, sent in the moment itself."""
        at, boot, seq, kind, data = word
        body = {
            "specversion": "1.0", "id": f"{boot}-{seq}", "source": f"shouwang/v1/{self.device}",
            "type": f"shouwang.{kind}.v1", "time": stamp(at), "clock": "ntp", "bootid": boot, "seq": seq, "data": data,
        }  # fmt: skip
        tail = "tele" if kind == "heartbeat" else "event"
        return Said(self.device, (f"{boot}-{seq}",), f"shouwang/v1/{self.device}/{tail}", json.dumps(body).encode())

    def kept(self, words: list[tuple[int, str, int, str, dict[str, Any]]], now: int) -> Said:
        """In one message, afterwards."""
        boot = words[0][1]
        items = [
            {"id": f"{boot}-{seq}", "seq": seq, "type": f"shouwang.{kind}.v1", "time": stamp(at), "data": data}
            for at, _, seq, kind, data in words
        ]
        body = {
            "specversion": "1.0", "id": f"{boot}-kept-{words[0][2]}", "source": f"shouwang/v1/{self.device}",
            "type": "shouwang.backfill.v1", "time": stamp(now), "clock": "ntp", "bootid": boot, "data": {"items": items},
        }  # fmt: skip
        ids = tuple(str(item["id"]) for item in items)
        return Said(self.device, ids, f"shouwang/v1/{self.device}/event", json.dumps(body).encode())


@dataclass
class Home:
    """One home. `last` is the true last sign of life."""

    number: int
    way: str
    quiet: bool
    sensors: dict[str, Sensor]
    last: int
    cut: tuple[int, int] = (0, 0)
    before: int = 0
    """How long ago, from the beginning of the hole, somebody was last there."""

    def covered(self) -> Spans:
        """The minutes that lie between two consecutive reports of a sensor, as nobody but the generator knows them all."""
        spans = Spans()
        for sensor in self.sensors.values():
            for one, next_ in zip(sensor.words, sensor.words[1:], strict=False):
                if next_[1] == one[1]:
                    spans.add(one[0], next_[0])
        return spans

    def silent(self, until: int) -> int:
        """For how long nobody moved in minutes that were seen."""
        return self.covered().within(self.last, until)


def homes_of(town: Town, since: int, chance: random.Random) -> list[Home]:
    """Every home as it was at the beginning of the hole: somebody was there six and a half hours before, or earlier."""
    cut_villages = {s for s in sorted({town.site(n) for n in range(1, town.homes + 1)}) if chance.random() < 0.1}
    homes = []
    for number in range(1, town.homes + 1):
        sensors = {what: Sensor(town.device(number, what)) for what in _SENSORS}
        before = 6 * HOUR + chance.randrange(30, 90) * MINUTE
        start = since - before - MINUTE
        for what in ("hall", "bed"):
            for nth, on in enumerate((False, True, False)):
                sensors[what].says(
                    start + nth * 10 * SECOND + (what == "bed") * 20 * SECOND, "motion", {"occupied": on}
                )
        last = start + 30 * SECOND
        for sensor in sensors.values():
            for at in range(start + MINUTE, since, HOUR):
                sensor.says(at, "heartbeat", {"interval_s": 1800})
            sensor.says(since, "heartbeat", {"interval_s": 1800})
        way = "power_cut" if town.site(number) in cut_villages else chance.choice(WAYS[:-1])
        homes.append(Home(number, way, chance.random() < 0.25, sensors, last, before=before))
    return homes


def lives_on(home: Home, since: int, until: int, chance: random.Random) -> None:
    """The six hours: a heartbeat each half hour; and where somebody is well, a walk or two through the bedroom."""
    if home.way == "power_cut":
        begins = since + chance.randrange(60, 180) * MINUTE
        home.cut = (begins, begins + chance.randrange(90, 150) * MINUTE)
    happens: list[tuple[int, str, str, dict[str, Any]]] = []
    for what in home.sensors:
        phase = chance.randrange(60, 1740) * SECOND
        happens += [(at, what, "heartbeat", {"interval_s": 1800}) for at in range(since + phase, until, _BEAT)]
    if not home.quiet:
        walk = chance.randrange(20, 330) * MINUTE + since
        if home.cut[0] - 5 * MINUTE < walk < home.cut[1]:  # nobody could have seen it
            walk = home.cut[1] + 3 * MINUTE
            happens = [each for each in happens if each[0] < home.cut[0] or each[0] > walk - MINUTE]
            happens += [(home.cut[1] + SECOND, what, "heartbeat", {"interval_s": 1800}) for what in home.sensors]
            happens.append((home.cut[1] + 2 * SECOND, "bed", "motion", {"occupied": False}))
        for nth in range(3):
            happens.append((walk + nth * 30 * SECOND, "bed", "motion", {"occupied": True}))
            happens.append((walk + nth * 30 * SECOND + 8 * SECOND, "bed", "motion", {"occupied": False}))
        home.last = walk + 60 * SECOND
    restarted: set[str] = set()
    for at, what, kind, data in sorted(happens, key=lambda each: each[0]):
        if home.cut[0] <= at < home.cut[1]:
            continue
        if home.cut[1] and at >= home.cut[1] and what not in restarted:
            restarted.add(what)
            home.sensors[what].restarts()
        home.sensors[what].says(at, kind, data)


def kept_by_devices(home: Home, what: str, at: int, since: int) -> bool:
    """Whether this word of this sensor waited in it; else the broker had it at once."""
    match home.way:
        case "devices":
            return True
        case "one_way_out":
            return what != "hall"
        case "from_halfway_on":
            return at > since + HOLE // 2
    return False
