"""Thirty days of a home, hour by hour: when somebody moved, the air, how warm it was, and when nobody could or should look."""

from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, and_, func, or_, select

from alerts.core.calendar import LOCAL_OFFSET
from alerts.projections import blindness
from alerts.projections.devices import devices
from alerts.projections.lately import position_before
from events.serial import Recorded
from events.store import read_stream
from events.tables import events
from events.types import home as facts
from events.types.fact import DAY, HOUR

DAYS: Final = 30
_MOVES: Final = ("motion", "contact", "button")
_AIR: Final = ("co", "climate")
_MOST: Final = 60_000
"""Readings of air looked at: a detector that speaks each minute fits; what says more is broken."""
_SPELLS: Final = ("AwaySet", "AwayEnded", "HomePaused", "HomeResumed", "HomeRetired", "HomeEnrolled")

What = Literal["blind", "away", "paused", "before"]


@dataclass(frozen=True)
class Spell:
    """From `since` to `until` (microseconds): nobody could see (`cause`), the elder was away, or the home was not watched."""

    since: int
    until: int
    what: What
    cause: str = ""
    by: str = ""
    open: bool = False


@dataclass
class Hour:
    """`ppm`: the highest said; `celsius`: the lowest and the highest; None where nobody measured."""

    moved: int = 0
    ppm: float | None = None
    alarm: bool = False
    coldest: float | None = None
    warmest: float | None = None


@dataclass(frozen=True)
class Day:
    """A local day; `since` is its midnight."""

    since: int
    hours: tuple[Hour, ...]


@dataclass(frozen=True)
class Month:
    """The days, the newest first. `measured`, `warmed`: is there a detector of carbon monoxide, a thermometer?"""

    now: int
    days: tuple[Day, ...]
    spells: tuple[Spell, ...]
    measured: bool
    warmed: bool
    truncated: bool = False

    def of_day(self, day: Day) -> list[Spell]:
        """The spells that reach into this day, cut to it, blind time last: it is drawn on top."""
        end = min(day.since + DAY, self.now)
        cut = [
            Spell(max(s.since, day.since), min(s.until, end), s.what, s.cause)
            for s in self.spells
            if s.since < end and s.until > day.since
        ]
        return sorted(cut, key=lambda spell: (spell.what == "blind", spell.since))

    @property
    def busiest(self) -> int:
        """The busiest hour."""
        return max((hour.moved for day in self.days for hour in day.hours), default=0)

    @property
    def most_ppm(self) -> float:
        """The highest reading."""
        return max((h.ppm for day in self.days for h in day.hours if h.ppm is not None), default=0.0)

    @property
    def temperatures(self) -> tuple[float, float] | None:
        """The lowest and the highest; None: nobody measured."""
        low = [h.coldest for day in self.days for h in day.hours if h.coldest is not None]
        high = [h.warmest for day in self.days for h in day.hours if h.warmest is not None]
        return (min(low), max(high)) if low and high else None

    @property
    def stirring_days(self) -> int:
        """On how many of the days somebody moved."""
        return sum(any(hour.moved for hour in day.hours) for day in self.days)


class _Air(msgspec.Struct):
    ppm: float | None = None
    alarm: bool = False
    celsius: float | None = None


_air: Final = msgspec.json.Decoder(_Air).decode


def month(db: Connection, home: str, now: int, days: int = DAYS) -> Month:
    """From the log itself: facts by the sensors that hang in this home now, and what was said of it."""
    rows = db.execute(
        select(devices.c.device, devices.c.kind, devices.c.since).where(
            devices.c.home == home, devices.c.removed_at.is_(None)
        )
    ).all()
    last = (now + LOCAL_OFFSET) // DAY * DAY - LOCAL_OFFSET
    first = last - (days - 1) * DAY
    found = [[Hour() for _ in range(24)] for _ in range(days)]
    behind = position_before(db, first)
    for at, moved in _moves(db, [f"device-{r.device}" for r in rows if r.kind in _MOVES], behind):
        if 0 <= (at - first) < days * DAY:
            found[(at - first) // DAY][(at - first) % DAY // HOUR].moved += moved
    read = _breathed(db, [f"device-{r.device}" for r in rows if r.kind in _AIR], behind, first, found)
    kinds = {row.kind for row in rows}
    return Month(
        now, tuple(Day(first + number * DAY, tuple(found[number])) for number in reversed(range(days))),
        tuple(spells(db, home, first, now)), "co" in kinds, "climate" in kinds, read == _MOST,
    )  # fmt: skip


def _moves(db: Connection, streams: list[str], behind: int) -> list[tuple[int, int]]:
    """(hour, how many signs of somebody), counted by the database: a month of a lively home is ten thousands of facts."""
    if not streams:
        return []
    said = or_(
        and_(events.c.type == "OccupancyReported", events.c.data.contains('"occupied":true')),
        events.c.type.in_(["ContactReported", "ButtonPressed"]),
    )
    hour = (events.c.at // HOUR).label("hour")
    query = (
        select(hour, func.count().label("moved"))
        .where(events.c.stream.in_(streams), events.c.position > behind, said)
        .where(events.c.data.not_like('%"retained":true%'))
        .group_by(hour)
    )
    return [(row.hour * HOUR, row.moved) for row in db.execute(query)]


def _breathed(db: Connection, streams: list[str], behind: int, first: int, found: list[list[Hour]]) -> int:
    if not streams:
        return 0
    query = (
        select(events.c.at, events.c.data)
        .where(events.c.stream.in_(streams), events.c.position > behind)
        .where(events.c.type.in_(["CarbonMonoxideReported", "ClimateReported"]))
        .order_by(events.c.position.desc()).limit(_MOST)
    )  # fmt: skip
    rows = db.execute(query).all()
    for at, data in rows:
        if 0 <= at - first < len(found) * DAY:
            _lay(found[(at - first) // DAY][(at - first) % DAY // HOUR], _air(data))
    return len(rows)


def _lay(hour: Hour, air: _Air) -> None:
    if air.ppm is not None:
        hour.ppm = air.ppm if hour.ppm is None else max(hour.ppm, air.ppm)
    hour.alarm = hour.alarm or air.alarm
    if air.celsius is not None:
        hour.coldest = air.celsius if hour.coldest is None else min(hour.coldest, air.celsius)
        hour.warmest = air.celsius if hour.warmest is None else max(hour.warmest, air.celsius)


def spells(db: Connection, home: str, since: int, now: int) -> list[Spell]:
    """Away, paused and blind time that reach into [since, now]."""
    (ledger,) = blindness.ledgers(db, since, now, now, home=home)
    found = [Spell(each.since, each.until, "blind", each.cause) for each in ledger.spans]
    walked = _Walk()
    for recorded in read_stream(db, f"home-{home}", types=_SPELLS):
        walked.take(recorded)
    found += walked.until(now)
    return sorted((s for s in found if s.until > since and s.since < now), key=lambda s: s.since)


@dataclass
class _Walk:
    """Follows one home's being away and paused through its stream."""

    done: list[Spell] = field(default_factory=list)
    away: tuple[int, int | None, str] | None = None
    paused: tuple[int, str] | None = None
    enrolled: bool = False

    def take(self, recorded: Recorded) -> None:
        at = recorded.at
        match recorded.event:
            case facts.HomeEnrolled():
                if not self.enrolled:
                    self.done.append(Spell(0, at, "before"))
                self.enrolled = True
                self._resumed(at)
                self._back(at)
            case facts.AwaySet(until=until, by=by):
                self._back(at)
                self.away = (at, until, by)
            case facts.AwayEnded():
                self._back(at)
            case facts.HomePaused(by=by) | facts.HomeRetired(by=by):
                self.paused = self.paused or (at, by)
            case facts.HomeResumed():
                self._resumed(at)

    def _back(self, at: int) -> None:
        if self.away is not None:
            since, until, by = self.away
            self.done.append(Spell(since, at if until is None else min(at, until), "away", by=by))
        self.away = None

    def _resumed(self, at: int) -> None:
        if self.paused is not None:
            self.done.append(Spell(self.paused[0], at, "paused", by=self.paused[1]))
        self.paused = None

    def until(self, now: int) -> list[Spell]:
        """All of them; what still goes on ends for the picture now."""
        found = list(self.done)
        if self.away is not None:
            since, until, by = self.away
            over = until is not None and until <= now
            found.append(Spell(since, until if over and until else now, "away", by=by, open=not over))
        if self.paused is not None:
            found.append(Spell(self.paused[0], now, "paused", by=self.paused[1], open=True))
        return found
