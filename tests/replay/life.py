"""What the devices of a generated town report over weeks: daily life, danger, deaths of batteries, cuts and restarts."""

import random
from collections.abc import Callable
from typing import Any

from events.store import New
from events.types import device as facts
from events.types.fact import HOUR, MINUTE, SECOND, Event
from tests.replay.town import KINDS, Place

Fact = Callable[..., Event]
_BEAT = {"co": HOUR // 4, "gas": HOUR // 4}


class Living:
    """One home: what its devices would say next, and how its elder is."""

    def __init__(self, place: Place, dice: random.Random, start: int) -> None:
        self.place, self._dice = place, dice
        self.boots = dict.fromkeys(KINDS, 1)
        self.seq = dict.fromkeys(KINDS, 0)
        self.dead: dict[str, int] = {}
        """Devices that say nothing until then."""
        self.next_beat = {kind: start + dice.randrange(_BEAT.get(kind, HOUR)) for kind in KINDS}
        self.still_until = 0
        self.alarmed: dict[str, int] = {}
        """Alarm -> when it clears."""
        self.first = True

    def says(self, kind: str, fact: Fact, at: int, **fields: Any) -> list[New]:
        """One report with the next number; nothing from a dead device; sometimes a number is missing before it."""
        if self.dead.get(kind, 0) > at:
            return []
        news: list[New] = []
        if self._dice.random() < 0.0005:
            lost = self.seq[kind] + 1
            self.seq[kind] = lost
            news += self._new(kind, facts.ReadingsGapOpened, at, key=f"gap-{lost}", seq=0, first=lost, last=lost)
        self.seq[kind] += 1
        return news + self._new(kind, fact, at, key=None, seq=self.seq[kind], **fields)

    def _new(self, kind: str, fact: Fact, at: int, *, key: str | None, seq: int, **fields: Any) -> list[New]:
        name, boot = self.place.device(kind), f"b{self.boots[kind]}"
        event = fact(device=name, bootid=boot, seq=seq, **fields)
        return [New(f"device-{name}", self.place.site, event, at, key=key or f"{boot}-{seq}", digest=0)]

    def passes(self, since: int, until: int) -> list[New]:
        """Everything that is said between two moments."""
        dice, news = self._dice, []
        if self.first:  # the first report of all is a baseline
            self.first = False
            for kind, fact, fields in (
                ("hall", facts.OccupancyReported, {"occupied": False}),
                ("bed", facts.OccupancyReported, {"occupied": False}), ("door", facts.ContactReported, {"open": False}),
                ("co", facts.CarbonMonoxideReported, {"alarm": False, "ppm": 2.0, "test": True}),
                ("smoke", facts.SmokeReported, {"alarm": False}), ("gas", facts.GasReported, {"alarm": False}),
            ):  # fmt: skip
                news += self.says(kind, fact, since + 1, **fields)
        for kind in KINDS:
            every = _BEAT.get(kind, HOUR)
            while self.next_beat[kind] <= until:
                news += self.says(kind, facts.HeartbeatReceived, self.next_beat[kind], interval_s=every / SECOND)
                self.next_beat[kind] += every
        hour = (until // HOUR + 8) % 24
        awake = 0.30 if 6 <= hour < 21 else 0.03
        if until >= self.still_until and dice.random() < awake * (until - since) / (15 * MINUTE):
            news += self._moves(since, until)
        for alarm, clears in list(self.alarmed.items()):
            if until >= clears:
                del self.alarmed[alarm]
                news += self._alarm(alarm, until - 2, on=False)
                if dice.random() < 0.4:  # and there it is again
                    news += self._alarm(alarm, until - 1, on=True)
                    self.alarmed[alarm] = until + dice.randrange(2 * MINUTE, HOUR)
        return news + self._misfortune(since, until)

    def _moves(self, since: int, until: int) -> list[New]:
        at = self._dice.randrange(since, until - 40 * SECOND)
        news: list[New] = []
        for n, kind in enumerate(self._dice.sample(["hall", "bed"], 2)):
            for on in (True, False):
                at += (5 + n) * SECOND
                news += self.says(kind, facts.OccupancyReported, at, occupied=on)
        if self._dice.random() < 0.2:
            news += self.says("door", facts.ContactReported, at + SECOND, open=True)
            news += self.says("door", facts.ContactReported, at + 9 * SECOND, open=False)
        return news

    def _alarm(self, kind: str, at: int, *, on: bool) -> list[New]:
        if kind == "co":
            return self.says(
                "co",
                facts.CarbonMonoxideReported,
                at,
                alarm=on,
                ppm=float(self._dice.randrange(60, 400)) if on else None,
            )
        return self.says(kind, facts.SmokeReported if kind == "smoke" else facts.GasReported, at, alarm=on)

    def _misfortune(self, since: int, until: int) -> list[New]:
        """Rates are of a hard winter: some of everything within weeks."""
        dice, days = self._dice, (until - since) / (24 * HOUR)
        news: list[New] = []
        for kind, a_day in (("co", 0.04), ("smoke", 0.03), ("gas", 0.03)):
            if dice.random() < a_day * days:
                news += self._alarm(kind, until - 2, on=True)
                self.alarmed[kind] = until + dice.randrange(2 * MINUTE, 3 * HOUR)
        if dice.random() < 0.2 * days:
            news += self.says("co", facts.CarbonMonoxideReported, until - 2, alarm=True, ppm=12.0, test=True)
            self.alarmed["co"] = until + dice.choice([MINUTE, 12 * MINUTE])
        for action, a_day in (("sos", 0.05), ("help", 0.03), ("cancel", 0.03), ("away", 0.02), ("home", 0.04)):
            if dice.random() < a_day * days:
                news += self.says("sos", facts.ButtonPressed, until - 3, action=action)
        if dice.random() < 0.02 * days:  # lies where nobody sees
            self.still_until = until + dice.randrange(6 * HOUR, 40 * HOUR)
        if dice.random() < 0.05 * days:
            gone = list(KINDS) if dice.random() < 0.4 else dice.sample(list(KINDS), 2)
            for kind in gone:
                self.dead[kind] = until + dice.randrange(2 * HOUR, 60 * HOUR)
        if dice.random() < 0.03 * days:
            kind = dice.choice(["hall", "bed", "door", "co"])
            news += self.says(kind, facts.DeviceStatusReported, until - 1, state="offline")
            self.boots[kind] += 1
            self.seq[kind] = 0
            news += self.says(kind, facts.DeviceStatusReported, until, state="online", retained=dice.random() < 0.5)
        return news


def late(news: list[New]) -> list[New]:
    """The same reports, handed over by a device that had buffered them."""
    return [New(n.stream, n.lane_key, _backfilled(n.event), n.at, key=n.key, digest=n.digest) for n in news]


def _backfilled(event: Any) -> Event:
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    made: Event = type(event)(**{**fields, "backfilled": True})
    return made
