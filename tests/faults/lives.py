"""Lives made up hour by hour: what the devices of a home noticed in the last four days, and when somebody was last there."""

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from alerts.core.household import Household
from alerts.seats import ENGINE, seats_of
from events.database import Database
from events.follow import load_snapshots
from events.types.fact import DAY, HOUR, SECOND
from tests.faults.crowd import stamp
from tests.faults.town import Town

LIFE_H = 100
"""Longer than 72 h: what is older is history."""
LATE = 71 * HOUR
_unpack = msgspec.msgpack.Decoder(Household).decode


class OldTown(Town):
    """Its homes have had their devices for a week, though they are registered only now."""

    def _home(self, number: int) -> dict[str, object]:
        since = datetime.now(tz=UTC) - timedelta(days=7)
        return super()._home(number) | {"since": since.strftime("%Y-%m-%d")}


@dataclass
class Diary:
    """What one device noticed, in its own order: (moment, type, data); its number is its place, from 1."""

    device: str
    lines: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)

    def notes(self, at: int, kind: str, data: dict[str, Any]) -> None:
        self.lines.append((at, kind, data))

    def items(self) -> list[dict[str, Any]]:
        """As items of a backfill, in order of time."""
        return [
            {"id": f"b1-{n}", "seq": n, "type": f"shouwang.{kind}.v1", "time": stamp(at), "data": data}
            for n, (at, kind, data) in enumerate(sorted(self.lines, key=lambda line: line[0]), 1)
        ]


@dataclass
class Life:
    """One home: its devices' diaries, and the true moment of the last sign of life."""

    home: int
    diaries: list[Diary]
    last: int
    quiet: bool


def lived(town: Town, home: int, now: int, chance: random.Random, *, until: int) -> Life:
    """Somebody walks through two rooms about every hour, up to `until`; the sensors report each hour up to now."""
    hall, bed, door = (Diary(town.device(home, what)) for what in ("hall", "bed", "door"))
    last = 0
    start = now - LIFE_H * HOUR
    for hour in range(LIFE_H):
        begin = start + hour * HOUR
        for diary in (hall, bed, door):
            diary.notes(begin + chance.randrange(60) * SECOND, "heartbeat", {"interval_s": 3600})
        at = begin + chance.randrange(120, 3400) * SECOND
        if at > until:
            continue
        for nth, diary in enumerate((hall, bed)):
            for on in (True, False):
                diary.notes(at + (nth * 20 + (not on) * 8) * SECOND, "motion", {"occupied": on})
        last = at + 20 * SECOND
    return Life(home, [hall, bed, door], last, now - last > 12 * HOUR)


def live(device: str, item: dict[str, Any]) -> dict[str, Any]:
    """The message the device sent, or would have sent, in the moment itself."""
    head = {"specversion": "1.0", "source": f"shouwang/v1/{device}", "clock": "ntp", "bootid": "b1"}
    return head | item


def backfill(device: str, items: list[dict[str, Any]], name: str, **data: Any) -> dict[str, Any]:
    """What it had kept, in the order given."""
    about = {
        "id": name,
        "seq": 0,
        "type": "shouwang.backfill.v1",
        "time": stamp(now_us()),
        "data": {"items": items} | data,
    }
    return live(device, about)


def households(database: Database) -> dict[str, Household]:
    """What the engine of its seat knows of each home."""
    engines = [seat.reader(ENGINE) for seat in seats_of(shared=database.shared)]
    with database.read() as db:
        kept = [pair for engine in engines for pair in load_snapshots(db, engine)]
    return {owner: _unpack(state) for owner, state in kept if owner.startswith("h")}


def last_seen(home: Household) -> int:
    """When somebody was last there, as far as the engine knows; 0: never."""
    return int(home.memory.get("no_activity", {}).get("last", 0))


def now_us() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1000


__all__ = ["DAY", "LATE", "Diary", "Life", "OldTown", "backfill", "households", "last_seen", "live", "lived", "now_us"]
