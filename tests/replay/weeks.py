"""Weeks of a whole town in minutes: the real log, engine, planner and timers under a clock that is pushed.

Facts of all homes land in batches of three minutes; steps of alerts ring at their moment; the provider is a few lines.
Engine and planner are started anew now and then, and people act between what the engine reads and what it writes.
"""

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, select

from alerts.commands.adopting import adopt
from alerts.engine import Engine
from alerts.planner import Planner
from alerts.registry.importing import apply, check
from alerts.timers import ring, timers
from events.database import Database
from events.keepers import make_database
from events.serial import Recorded
from events.store import New, append, head, version_of
from events.types import setting, system
from events.types.alert import AlertCancelled, AlertClosed, AlertRaised, AlertReopened, AlertSuspected
from events.types.channel import ChannelsDeclared, DeclaredChannel
from events.types.fact import HOUR, MINUTE, Event
from ingest.caught_up import move_mark
from ingest.models import load_models
from tests.house import START
from tests.replay.life import Living, late
from tests.replay.people import Act, People
from tests.replay.provider import Provider
from tests.replay.town import generated, places

_TICK = 3 * MINUTE
_TEXTS = DeclaredChannel(name="twilio_sms", two_way=True, receipts=True, daily_budget=10, identical_a_day=2)
_MODEM = DeclaredChannel(name="modem_sms", two_way=True)
_CALLS = DeclaredChannel(name="twilio_voice", medium="voice", receipts=True, keypad=True, daily_budget=6)
_HOUSES = ([_TEXTS], [_TEXTS, _MODEM, _CALLS], [_MODEM, _TEXTS, _CALLS], [_CALLS, _TEXTS])
"""What the house may say that it has; until it says anything, it is a house of an older release."""


class Interrupted(Engine):
    """People act just before it writes what it has decided."""

    meanwhile: list[Callable[[], object]]

    def commit(self, *, resting: bool = True, whole: bool = True) -> None:
        """Their acts first."""
        acts, self.meanwhile = getattr(self, "meanwhile", []), []
        for act in acts:
            act()
        super().commit(resting=resting, whole=whole)


class Weeks:
    """`run(facts)` goes on until the log holds so many."""

    def __init__(self, address: str | Path, *, seed: int, homes: int = 60, channel: str = "twilio_sms") -> None:
        self.at = START
        self.channel = channel
        self.database: Database = make_database(address)
        self.database.create()
        self._dice = random.Random(f"weeks {seed}")
        self._trade = random.Random(f"channels {seed}")
        self._places = places(homes)
        self._people = People(self._places, random.Random(f"people {seed}"))
        self._living = [Living(place, random.Random(f"{place.home} {seed}"), START) for place in self._places]
        models = {name: msgspec.to_builtins(model) for name, model in load_models().items()}
        apply(self.database, check(generated(homes), models), self.at - HOUR)
        adopt(self.database, self.at - HOUR)
        self.restarts = self.interruptions = 0
        self._deaf_since: int | None = None
        self._waiting: list[New] = []
        self._cut: dict[str, int] = {}
        self._kept: dict[str, list[New]] = {}
        self._provider = Provider(random.Random(f"provider {seed}"))
        self._ended: dict[str, int | None] = {}
        """Alert -> when it ended; those that ended an hour ago are forgotten."""
        self.database.on_landed(self._hear)
        self._open()
        self._records(system.IngestCaughtUp(since=self.at), "ingest", "all")

    def _open(self) -> None:
        self.engine = Interrupted(self.database, lambda: self.at)
        self.planner = Planner(self.database, lambda: self.at, channel=self.channel)

    def close(self) -> None:
        """Whatever is in hand is committed, as at an orderly stop."""
        self.engine.commit()
        self._settle()
        self.engine.commit()
        self.planner.commit()
        self.database.close()

    def run(self, facts: int, say: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Returns the last position."""
        ticks = 0
        while True:
            for _ in range(20):
                self._tick()
            ticks += 20
            with self.database.read() as db:
                done = head(db)
            say(min(done, facts), facts)
            if done >= facts:
                return done

    def _tick(self) -> None:
        until = self.at + _TICK
        news = sorted((new for home in self._living for new in home.passes(self.at, until)), key=lambda new: new.at)
        while (due := self._alert_due()) is not None and due <= until:
            self.at = max(self.at, due)
            self._ring()
        self.at = until
        self._append(self._arrives(news))
        self._ring()
        self._troubles()
        for act in self._acts():
            act(self.database, self.at)
        self._settle()

    def _arrives(self, news: list[New]) -> list[New]:
        """What reaches us: nothing while we are deaf, nothing from a village that is cut off; later all of it."""
        through: list[New] = []
        for new in news:
            if self._cut.get(new.lane_key, 0) > self.at:
                self._kept.setdefault(new.lane_key, []).append(new)
            else:
                through.append(new)
        for site, ends in list(self._cut.items()):
            if ends <= self.at:
                del self._cut[site]
                through = late(self._kept.pop(site, [])) + through
        if self._deaf_since is not None:
            self._waiting += through
            return []
        through, self._waiting = self._waiting + through, []
        return through

    def _troubles(self) -> None:
        dice = self._dice
        if self._deaf_since is None and dice.random() < 0.001:
            self._deaf_since = self.at
            self._records(system.IngestDisconnected(why="lost"), "ingest", "all")
        elif self._deaf_since is not None and dice.random() < 0.08:
            since, self._deaf_since = self._deaf_since, None
            self._append(self._arrives([]))
            self._records(system.IngestCaughtUp(since=since), "ingest", "all")
        if dice.random() < 0.004:
            self._cut[dice.choice(self._places).site] = self.at + dice.randrange(20 * MINUTE, 20 * HOUR)
        if dice.random() < 0.002:
            place = dice.choice(self._places)
            strange = system.ReadingQuarantined(
                quarantine=self.at % 10**9,
                reason="unknown_device",
                site=place.site,
                device="nobody",
                danger="carbon_monoxide",
            )
            self._records(strange, "quarantine", "all")
        if dice.random() < 0.008:  # a number that is none got into a home's settings; a test alarm meets it
            wrong = dice.choice(['"much"', '"much"', "50"])
            for home in [place.home for place in dice.sample(self._places, 5)]:
                self._decides(setting.SettingChanged(name="co.test_real_ppm", value=wrong, scope=home, by="nobody"))
        if self._trade.random() < 0.01:
            self._decides(ChannelsDeclared(channels=self._trade.choice(_HOUSES)))
        if dice.random() < 0.01:
            self.restarts += 1
            self._open()

    def _acts(self) -> list[Act]:
        dice = self._dice
        acts: list[Act] = [self._people.daily()] if dice.random() < 0.03 else []
        self._ended = {alert: at for alert, at in self._ended.items() if at is None or at > self.at - HOUR}
        known = list(self._ended)
        acts += [self._people.about(alert) for alert in known if dice.random() < 0.05]
        if known and dice.random() < 0.15:
            chosen = [self._people.about(dice.choice(known)) for _ in range(dice.choice([1, 1, 2, 3]))]
            self.engine.meanwhile = [lambda act=act: act(self.database, self.at) for act in chosen]  # type: ignore[misc]
            self.interruptions += len(chosen)
        return acts

    def _hear(self, landed: list[Recorded]) -> None:
        for recorded in landed:
            if isinstance(recorded.event, AlertSuspected | AlertRaised | AlertReopened):
                self._ended[recorded.event.alert] = None
            elif isinstance(recorded.event, AlertClosed | AlertCancelled):
                self._ended[recorded.event.alert] = recorded.at

    # -- what ingest, timers and the provider do

    def _append(self, news: list[New]) -> None:
        if news:
            self.database.write(lambda db: append(db, news, recorded_at=self.at))
            self._settle()

    def _records(self, event: Event, stream: str, lane: str) -> None:
        self._append([New(stream, lane, event, self.at, key=f"{type(event).__name__}-{self.at}", digest=0)])

    def _decides(self, event: Event) -> None:
        def work(db: Connection) -> None:
            after = {"settings": version_of(db, "settings")}
            append(db, [New("settings", "all", event, self.at)], recorded_at=self.at, after=after)

        self.database.write(work)

    def _alert_due(self) -> int | None:
        with self.database.read() as db:
            found = db.execute(select(func.min(timers.c.due)).where(timers.c.waits == 0)).scalar()
        return None if found is None else int(found)

    def _ring(self) -> None:
        def work(db: Connection) -> int:
            if self._deaf_since is None:
                move_mark(db, self.at)
            return ring(db, self.at)

        while self.database.write(work):
            self._settle()

    def _settle(self) -> None:
        while self.engine.step(0) + self.planner.step(0) + self._provider.sends(self.database, self.at):
            pass
