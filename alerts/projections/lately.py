"""The last day in a home as its sensors told it: when somebody moved, how much carbon monoxide, when a door opened."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from alerts.projections.devices import devices
from events.serial import load
from events.tables import events
from events.types.device import ButtonPressed, CarbonMonoxideReported, ContactReported, OccupancyReported
from events.types.fact import DAY, MINUTE

SLOT: Final = 15 * MINUTE
_SENSES: Final = ("motion", "contact", "button", "co")
_TYPES: Final = ("OccupancyReported", "ContactReported", "ButtonPressed", "CarbonMonoxideReported")
_ONLY_POSITIONS: Final = {"only_positions": True}
_MOST: Final = 20_000
"""Readings looked at for one picture: a sensor that says more is broken, and the picture says enough."""


@dataclass(frozen=True)
class Slot:
    """A quarter of an hour. `ppm`: the highest said, None when nobody measured."""

    at: int
    moved: int = 0
    ppm: float | None = None
    alarm: bool = False


@dataclass(frozen=True)
class Lately:
    """The slots of the last day, the oldest first; `measured`: is there a detector of carbon monoxide at all?"""

    since: int
    slots: tuple[Slot, ...]
    measured: bool

    @property
    def most_moved(self) -> int:
        """The busiest quarter of an hour."""
        return max((slot.moved for slot in self.slots), default=0)

    @property
    def most_ppm(self) -> float:
        """The highest reading."""
        return max((slot.ppm for slot in self.slots if slot.ppm is not None), default=0.0)


def lately(db: Connection, home: str, now: int) -> Lately:
    """From the log itself: facts of the last day by the sensors that hang in this home now."""
    rows = db.execute(
        select(devices.c.device, devices.c.kind).where(devices.c.home == home, devices.c.removed_at.is_(None))
    )
    sensors = {row.device: row.kind for row in rows if row.kind in _SENSES}
    since = (now - DAY) // SLOT * SLOT + SLOT
    found = {since + number * SLOT: Slot(since + number * SLOT) for number in range((now - since) // SLOT + 1)}
    if sensors:
        said = (
            select(events.c.type, events.c.data, events.c.at)
            .where(events.c.stream.in_([f"device-{device}" for device in sensors]), events.c.type.in_(_TYPES))
            .where(events.c.position > position_before(db, since))
            .order_by(events.c.position.desc()).limit(_MOST)
        )  # fmt: skip
        for row in db.execute(said):
            slot = row.at // SLOT * SLOT
            if slot in found:
                found[slot] = _told(found[slot], load(row.type, row.data))
    return Lately(since, tuple(found.values()), "co" in sensors.values())


def _told(slot: Slot, event: object) -> Slot:
    match event:
        case OccupancyReported(occupied=True, retained=False) | ContactReported(retained=False) | ButtonPressed():
            return Slot(slot.at, slot.moved + 1, slot.ppm, slot.alarm)
        case CarbonMonoxideReported(ppm=ppm, alarm=alarm):
            known = [each for each in (slot.ppm, ppm) if each is not None]
            return Slot(slot.at, slot.moved, max(known, default=None), slot.alarm or alarm)
    return slot


def position_before(db: Connection, at: int) -> int:
    """A position recorded before `at`: the order of positions is the order of recording, so it is found by halving."""
    low, high = 0, db.execute(select(func.max(events.c.position)), execution_options=_ONLY_POSITIONS).scalar() or 0
    while high - low > 256:
        middle = (low + high) // 2
        nearest = select(events.c.recorded_at).where(events.c.position >= middle).order_by(events.c.position).limit(1)
        recorded = db.execute(nearest, execution_options=_ONLY_POSITIONS).scalar()
        low, high = (middle, high) if recorded is not None and recorded < at else (low, middle)
    return low
