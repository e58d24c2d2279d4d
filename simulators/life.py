"""A plausible life: what the sensors of a home see of one elder, the same each time for the same home and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from zlib import crc32

from simulators.devices import Message, messages
from simulators.recording import SHANGHAI
from simulators.town import TownDevice, TownHome

HOUR = 3600.0
DAY = 24 * HOUR
LIFE_SIGNS = frozenset({messages.MOTION, messages.CONTACT, messages.BUTTON, messages.USE})
TESTED = {"smoke-alarm": messages.SMOKE, "gas-alarm": messages.GAS, "water-leak": messages.WATER}
REPORTS_EVERY = {"co-alarm": 1800, "climate": 1800, "power-plug": 3600}


@dataclass(frozen=True)
class Happening:
    """Something a device notices; None is its heartbeat."""

    at: datetime
    device: str
    message: Message | None


def facts_between(home: TownHome, start: datetime, end: datetime) -> list[Happening]:
    """Everything in (start, end], in time order."""
    found = [each for each in _heartbeats(home, start, end) if start < each.at <= end]
    local = start.astimezone(SHANGHAI).date()
    while local <= end.astimezone(SHANGHAI).date():
        found += [each for each in day(home, local) if start < each.at <= end]
        local += timedelta(days=1)
    return sorted(found, key=lambda each: (each.at, each.device))


@lru_cache(maxsize=256)
def day(home: TownHome, on: date) -> tuple[Happening, ...]:
    """One local day without heartbeats; all of it lies within the day."""
    rng = Random(f"{home.id} {on.isoformat()}")
    elder = _Elder(home, rng)
    elder.lives_a_day(tests_alarms=(on.toordinal() - crc32(home.id.encode())) % 3 == 0)
    midnight = datetime(on.year, on.month, on.day, tzinfo=SHANGHAI).astimezone(UTC)
    happenings = [
        Happening(midnight + timedelta(seconds=round(at, 1)), device, message)
        for at, device, message in [*elder.seen, *_reports(home, rng)]
        if 0 <= at < DAY
    ]
    return tuple(sorted(happenings, key=lambda each: (each.at, each.device)))


def falls_quiet(home: TownHome, facts: list[Happening], last_sign: datetime) -> list[Happening]:
    """The same facts, but the last sign of life is exactly at `last_sign`; heartbeats and readings go on.

    Two rooms see the elder within the last minutes, so that the last edge is no stray trigger.
    """
    cut = last_sign - timedelta(minutes=8)
    kept = [f for f in facts if f.at <= cut or f.message is None or f.message.type not in LIFE_SIGNS]
    sensors = home.of("motion-pir")
    if not sensors:
        return sorted(kept, key=lambda each: (each.at, each.device))
    end = [Happening(cut, each.id, messages.motion(occupied=False)) for each in sensors]
    end += [Happening(cut, each.id, messages.contact(open=False)) for each in home.of("door-contact")]
    for minutes, sensor in ((-6, sensors[0]), (-4, sensors[-1]), (-2, sensors[0]), (0, sensors[-1])):
        at = last_sign + timedelta(minutes=minutes)
        end.append(Happening(at, sensor.id, messages.motion(occupied=True)))
        end.append(Happening(at + timedelta(seconds=38), sensor.id, messages.motion(occupied=False)))
    return sorted(kept + end, key=lambda each: (each.at, each.device))


def bout(home: TownHome, at: datetime, rng: Random) -> list[Happening]:
    """Somebody moves about for two minutes: enough for any filter to believe it."""
    elder = _Elder(home, rng)
    elder.moves(0, 3)
    return [
        Happening(at + timedelta(seconds=s), device, message) for s, device, message in sorted(elder.seen, key=_when)
    ]


def _when(seen: tuple[float, str, Message]) -> float:
    return seen[0]


def _heartbeats(home: TownHome, start: datetime, end: datetime) -> list[Happening]:
    """On a fixed beat of its own for each device, whatever happens."""
    found = []
    for each in home.devices:
        beat = start.timestamp() // each.interval_s * each.interval_s + crc32(each.id.encode()) % each.interval_s
        while beat <= end.timestamp():
            found.append(Happening(datetime.fromtimestamp(beat, UTC), each.id, None))
            beat += each.interval_s
    return found


def _reports(home: TownHome, rng: Random) -> list[tuple[float, str, Message]]:
    """Readings nobody moves for: ppm near nothing, temperature, the fridge's power."""
    found = []
    for each in home.devices:
        every = REPORTS_EVERY.get(each.model)
        for at in range(crc32(each.id.encode()) % every, int(DAY), every) if every else ():
            match each.model:
                case "co-alarm":
                    said = messages.co_reading(alarm=False, ppm=rng.choice((0, 0, 0, 1, 2, 4)))
                case "climate":
                    said = messages.climate(round(13 + rng.uniform(-1.5, 3), 1), round(rng.uniform(45, 70)))
                case _:
                    said = messages.use("power", round(rng.uniform(35, 60), 1))
            found.append((float(at), each.id, said))
    return found


class _Elder:
    """Walks through the rooms of one home; `seen` is (second of the day, device, message)."""

    def __init__(self, home: TownHome, rng: Random) -> None:
        self.seen: list[tuple[float, str, Message]] = []
        self._home, self._rng = home, rng
        self._sensors = home.of("motion-pir")
        self._busy: dict[str, float] = {}  # when a sensor is free to fire again

    def lives_a_day(self, *, tests_alarms: bool) -> None:
        """Night toilet, waking, meals, a nap, errands, bed."""
        rng = self._rng
        wakes, sleeps = 5.6 * HOUR + rng.gauss(0, 900), 20.8 * HOUR + rng.gauss(0, 1200)
        nap = (12.6 * HOUR + rng.uniform(0, 900), 13.8 * HOUR + rng.uniform(0, 1800))
        outings = [self._outing(9.0), *([self._outing(15.0)] if rng.random() < 0.4 else [])]
        bouts = [(rng.uniform(1.2, 2.2) * HOUR, 3), *[(end + 15, 3) for _, end in outings]]
        if rng.random() < 0.5:
            bouts.append((rng.uniform(3.6, 4.6) * HOUR, 3))
        at = wakes
        while at < sleeps:
            if not any(start - 400 <= at <= end for start, end in (nap, *outings)):
                meal = any(abs(at / HOUR - hour) < 0.4 for hour in (6.5, 11.5, 17.8))
                bouts.append((at, rng.randint(4, 6) if meal else rng.randint(2, 4)))
            at += rng.uniform(12, 40) * 60
        for start, firings in sorted(bouts):
            self.moves(start, firings)
        for start, end in outings:
            self._goes_out(start, end, tests_alarms)
        if tests_alarms:
            self._tests(9 * HOUR - rng.uniform(60, 1800))

    def moves(self, at: float, firings: int) -> None:
        """Through two rooms or more; with one sensor it fires three times."""
        if not self._sensors:
            return
        first = self._rng.randrange(len(self._sensors))
        for n in range(max(firings, 3 if len(self._sensors) == 1 else 2)):
            sensor = self._sensors[(first + n) % len(self._sensors)]
            at = max(at, self._busy.get(sensor.id, 0.0))
            lasts = self._rng.uniform(30, 60)
            self.seen.append((at, sensor.id, messages.motion(occupied=True)))
            self.seen.append((at + lasts, sensor.id, messages.motion(occupied=False)))
            self._busy[sensor.id] = at + lasts + 5
            at += self._rng.uniform(20, 90)

    def _outing(self, hour: float) -> tuple[float, float]:
        start = (hour + self._rng.uniform(0, 0.7)) * HOUR
        return start, start + self._rng.uniform(35, 110) * 60

    def _goes_out(self, start: float, end: float, says_home: bool) -> None:
        for at in (start, end):
            for door in self._front_doors():
                self.seen.append((at, door.id, messages.contact(open=True)))
                self.seen.append((at + self._rng.uniform(6, 20), door.id, messages.contact(open=False)))
        for button in self._home.of("sos-button") if says_home else ():
            self.seen.append((end + 40, button.id, messages.button("home")))

    def _front_doors(self) -> list[TownDevice]:
        return self._home.of("door-contact")[:1]

    def _tests(self, at: float) -> None:
        """Somebody presses the test button of each alarm, as the leaflet asks."""
        for n, each in enumerate(self._home.devices):
            for on in (True, False):
                when = at + n * 20 + (0 if on else 4)
                if each.model == "co-alarm":
                    self.seen.append((when, each.id, messages.co(alarm=on, ppm=0, test=True)))
                elif each.model in TESTED:
                    self.seen.append((when, each.id, messages.danger(TESTED[each.model], alarm=on, test=True)))
