"""Day after day: what the sensors of a home see of the elder, of visitors, of nobody at all.

Seasons shift the hours of light and work, winter brings the stove, every few days there is a market, some days the elder
is ill or away, sensors fire by themselves, and for hours nothing is heard of the home.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from simulators.months.habits import Habits, habits_of

HOUR = 60.0
DAY = 24 * HOUR
ROOMS = ("hall", "bedroom", "kitchen")


class Row(NamedTuple):
    """Local time without a zone; `kind` motion, contact or status; `role` front_door or nothing."""

    at: datetime
    sensor: str
    kind: str
    role: str
    value: str


class Span(NamedTuple):
    """Minutes from the beginning of the whole life."""

    start: float
    end: float


@dataclass
class Life:
    """All that happened, and the truth that no sensor tells: when nobody was at home, when nothing was heard."""

    home: int
    seed: int
    begins: date
    habits: Habits
    rows: list[Row] = field(default_factory=list)
    away: list[Span] = field(default_factory=list)
    unheard: list[Span] = field(default_factory=list)


def live(days: int, *, seed: int, home: int, begins: date = date(2026, 9, 1)) -> Life:
    """So many days in the life of this home."""
    life = Life(home, seed, begins, habits_of(seed, home))
    elder = _Elder(life, Random(f"life {seed} {home}"))
    for number in range(days):
        elder.lives(number)
    elder.heard_only_when_power_is_on(days)
    midnight = datetime(begins.year, begins.month, begins.day)
    life.rows = [
        Row(midnight + timedelta(milliseconds=round(at * 60_000)), sensor, kind, role, value)
        for at, sensor, kind, role, value in sorted(elder.seen)
        if at < days * DAY
    ]
    return life


Seen = tuple[float, str, str, str, str]


class _Elder:
    """`seen` is in minutes from the beginning."""

    def __init__(self, life: Life, rng: Random) -> None:
        self.seen: list[Seen] = []
        self._life, self._h, self._rng = life, life.habits, rng
        self._back_at = 0.0
        self._quiet_until: dict[str, float] = {}
        self._wakes = self._h.wakes_h * HOUR + rng.gauss(0, 20)

    def lives(self, number: int) -> None:
        """One day, from midnight on; who is away over night comes back on another."""
        h, rng, begin = self._h, self._rng, number * DAY
        on = self._life.begins + timedelta(days=number)
        summer = math.cos(2 * math.pi * (on.timetuple().tm_yday - 196) / 365)  # 1 in mid July, -1 in mid January
        winter = max(0.0, -summer)
        ill = rng.random() < h.ill / 30
        wakes = begin + self._wakes
        sleeps = begin + h.sleeps_h * HOUR + 20 * summer + rng.gauss(0, h.keeps_hours * HOUR)
        if ill:
            wakes += rng.uniform(30, 180)
            sleeps -= rng.uniform(0, 120)
        self._night(begin, wakes)
        at = wakes
        plans = [] if ill else self._plans(on, begin, summer)
        for start, end in plans:
            self._at_home(at, start, winter, ill=ill)
            at = self._goes_out(max(at, start), end)
        self._at_home(at, sleeps, winter, ill=ill)
        self._wakes = h.wakes_h * HOUR - 25 * summer + rng.gauss(0, h.keeps_hours * HOUR)
        self._night(max(at, sleeps), begin + DAY)
        self._strays(begin)

    def _plans(self, on: date, begin: float, summer: float) -> list[Span]:
        h, rng, plans = self._h, self._rng, []

        def out(hour: float, minutes: float) -> None:
            start = begin + (hour + rng.gauss(0, 0.4)) * HOUR
            plans.append(Span(start, start + max(8.0, minutes)))

        chance = rng.random()
        if chance < h.nights_away / 30:
            start = begin + rng.uniform(8, 16) * HOUR
            return [Span(start, start + rng.uniform(0.8, 4) * DAY)]
        if chance < (h.nights_away + h.day_trips) / 30:
            out(rng.uniform(7, 9.5), rng.uniform(5, 10.5) * HOUR)
            return plans
        busy = 0.35 + 0.65 * max(0.0, math.sin(math.pi * (on.timetuple().tm_yday - 60) / 240))  # fields sleep in winter
        if on.day % h.market_every == h.market_day % h.market_every and rng.random() < 0.75:
            out(8.0 - 0.6 * summer, rng.lognormvariate(math.log(130), 0.35))
        elif rng.random() < h.field * busy:
            out(7.6 - 0.9 * summer, rng.lognormvariate(math.log(120), 0.4))
        if rng.random() < h.field * busy * 0.6:
            out(15.2 + 0.8 * summer, rng.lognormvariate(math.log(95), 0.4))
        for _ in range(2):
            if rng.random() < h.neighbours / 2:
                out(rng.choice((9.5, 13.8, 14.5, 18.6)), rng.lognormvariate(math.log(60), 0.6))
        apart: list[Span] = []
        for plan in sorted(plans):
            if not apart or plan.start > apart[-1].end + 20:
                apart.append(plan)
        return apart

    def _at_home(self, at: float, until: float, winter: float, *, ill: bool) -> None:
        """Bouts of movement, sitting, a nap, work in the courtyard."""
        h, rng = self._h, self._rng
        napped = False
        while at < until:
            hour = at % DAY / HOUR
            if ill or (not napped and 12.2 < hour < 14 and rng.random() < h.nap * 0.5):
                napped = True
                still = h.nap_min * rng.lognormvariate(0, 0.3) if not ill else rng.lognormvariate(math.log(90), 0.6)
                at = self._lies(at, min(until, at + still))
            elif rng.random() < h.courtyard_a_day * self._a_bout() / (13 * HOUR) and 7 < hour < 18.5:
                end = min(until, at + rng.lognormvariate(math.log(40), 0.6))
                self._yard(at)
                self._yard(end)
                at = end
            elif rng.random() < h.sits * self._a_bout() / h.sits_min * (1 + 0.5 * winter):
                at = min(until, at + h.sits_min * rng.lognormvariate(0, 0.5))
            if at >= until:
                break
            guests = 2 if rng.random() < h.visitors / 40 else 0
            self._moves(at, rng.randint(2, 5) + 4 * guests, before=until)
            at += rng.expovariate(1 / self._a_bout()) + 1
            if winter and rng.random() < 0.02 * winter:  # the stove wants coal
                self._moves(at, 3, before=until)

    def _a_bout(self) -> float:
        return self._h.bouts_every_min

    def _lies(self, at: float, until: float) -> float:
        """Asleep; where a sensor sees the bed, each turn is seen."""
        h, rng = self._h, self._rng
        while h.bed_seen and at < until:
            at += rng.lognormvariate(math.log(h.turns_every_min), 0.7)
            if at < until:
                self._fires(at, "bedroom")
                if rng.random() < 0.5:
                    self._fires(at + 1.2, "bedroom")
                    self._fires(at + 2.4, "bedroom")
        return until

    def _night(self, start: float, end: float) -> None:
        start = max(start, self._back_at)
        if end <= start:
            return
        self._lies(start, end)
        h, rng = self._h, self._rng
        share = (end - start) / (9 * HOUR)
        for _ in range(_poisson(rng, h.toilet_a_night * share)):
            at = rng.uniform(start, end)
            self._moves(at, 3)

    def _moves(self, at: float, firings: int, *, before: float = math.inf) -> None:
        """Through the rooms, a sensor every half minute or so; who leaves in the middle of it moves nothing any more."""
        if at < self._back_at:
            return
        room = self._rng.randrange(len(ROOMS))
        for _ in range(firings):
            if at >= before:
                return
            self._fires(at, ROOMS[room])
            room = (room + self._rng.choice((0, 1, 1, 2))) % len(ROOMS)
            at += self._rng.uniform(0.3, 1.6)

    def _fires(self, at: float, sensor: str) -> None:
        if at < max(self._back_at, self._quiet_until.get(sensor, 0.0)):
            return
        lasts = self._rng.uniform(0.2, 0.9)
        self._quiet_until[sensor] = at + lasts + 0.05
        self.seen += [(at, sensor, "motion", "", "ON"), (at + lasts, sensor, "motion", "", "OFF")]

    def _door(self, at: float, name: str, role: str) -> None:
        self.seen += [(at, name, "contact", role, "OPEN"), (at + 0.15, name, "contact", role, "CLOSED")]

    def _yard(self, at: float) -> None:
        if self._h.yard_door and at >= self._back_at:
            self._door(at, "yard", "")

    def _goes_out(self, start: float, end: float) -> float:
        if start < self._back_at:
            return start
        self._fires(start - 0.6, "hall")
        self._fires(start - 0.3, "kitchen")
        if self._h.front_door:
            self._door(start, "door", "front_door")
            self._door(end, "door", "front_door")
        self._life.away.append(Span(start, end))
        self._back_at = end
        self._quiet_until.clear()
        self._moves(end + 0.3, 4)
        return end

    def _strays(self, begin: float) -> None:
        for _ in range(_poisson(self._rng, self._h.stray_a_day)):
            at, sensor = begin + self._rng.uniform(0, DAY), self._rng.choice(ROOMS)
            self.seen += [(at, sensor, "motion", "", "ON"), (at + 0.4, sensor, "motion", "", "OFF")]

    def heard_only_when_power_is_on(self, days: int) -> None:
        """Hours in which the home is not heard: the gateway says so, and what happened then is lost."""
        unheard = self._life.unheard
        for _ in range(_poisson(self._rng, self._h.outages * days / 30)):
            start = self._rng.uniform(0, days * DAY)
            unheard.append(Span(start, start + self._rng.lognormvariate(math.log(180), 0.9)))
        unheard.sort()
        self.seen = [one for one in self.seen if not any(gap.start <= one[0] <= gap.end for gap in unheard)]
        for gap in unheard:
            self.seen += [(gap.start, "gateway", "status", "", "OFFLINE"), (gap.end, "gateway", "status", "", "ONLINE")]


def _poisson(rng: Random, mean: float) -> int:
    count, product, floor = 0, rng.random(), math.exp(-mean)
    while product > floor:
        count += 1
        product *= rng.random()
    return count


def lives(homes: int, days: int, *, seed: int) -> Iterator[Life]:
    """Several homes of one seed."""
    return (live(days, seed=seed, home=home) for home in range(homes))
