"""The steward: looks at chains when something of them changes and each night, and begins and sums up the tests.

Each night it also closes a month that is over and that nobody closed. One reader of the whole log. What it finds it records as facts, as a person would who looked: they are taken as they are,
and not decided again when a log is verified. Whom they tell is the engine's to decide.
"""

import logging
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from alerts import drills
from alerts.commands.months import close_what_is_due
from alerts.core.calendar import next_day_at, next_month_day_at
from alerts.core.chain import same
from alerts.drills import EVERYBODY, TOWN
from alerts.registry import linting
from alerts.registry.homes import statuses
from alerts.registry.linting import Looked, lint, policy_of
from alerts.timers import Timer, set_timers
from events.database import Database
from events.follow import Follower, load_snapshots, pass_on, save_bookmark, save_snapshots
from events.serial import Recorded
from events.store import New, append
from events.types import home, roster, setting
from events.types.fact import Event
from events.types.life import ChainChecked, ChainsChecked, Hole
from events.types.system import DeadlinePassed

READER = "steward"
CHAINS, MONTHLY = "chains", "drill"
"""Timers of the town: look at all chains; begin the test of the month."""
log = logging.getLogger("shouwang.steward")

_OF_A_HOME = (home.HomeEnrolled, home.HomeResumed, home.HomePaused, home.HomeRetired, home.ChainSet)
_OF_ALL = (
    home.PhoneVerified, home.PhoneWithdrawn, roster.RotaSet, roster.RotaDropped, roster.LeaveSet, roster.LeaveCancelled,
    roster.HolidaysSet, roster.HolidayCoverSet,
)  # fmt: skip
HEARS = (*_OF_A_HOME, *_OF_ALL, setting.SettingChanged, DeadlinePassed)
_HEARS = frozenset[type[Event]](HEARS)
_SAVE_EVERY = 20_000
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Hole]).decode


class Steward:
    """Only one thread may call it, and only one process at a time may have one."""

    def __init__(
        self, database: Database, now: Callable[[], int], *, check: Callable[[Connection], None] = lambda _: None
    ) -> None:
        """`check` is asked in every transaction whether the work is still ours; it raises when it is not."""
        self._database, self._now, self._check = database, now, check
        self.follower = Follower(database, READER, hears=HEARS)
        self._saved = self.follower.position
        with database.read() as db:
            self._known = {owner: _unpack(state) for owner, state in load_snapshots(db, READER)}
        self._begun = False
        self._forget()

    def _forget(self) -> None:
        self._homes: set[str] = set()
        self._all = self._night = self._anew = False
        self._ended: list[str] = []
        self._month = False

    def step(self, timeout: float = 0.0, limit: int = 1000) -> int:
        """Read on once, and do what is to be done. Returns how many facts were read."""
        batch = self.follower.next(limit=limit, timeout=timeout)
        for recorded in batch:
            if type(recorded.event) in _HEARS:  # memory hands over everything, and most of it is not for us
                self._note(recorded)
        if not batch or len(batch) < limit:
            if self._wanted or not self._begun:
                self._work()
            elif self.follower.position - self._saved >= _SAVE_EVERY:
                pass_on(self._database, READER, self.follower.position, self._check)
                self._saved = self.follower.position
        return len(batch)

    @property
    def _wanted(self) -> bool:
        return bool(self._homes or self._all or self._night or self._ended or self._month or self._anew)

    @property
    def settled(self) -> bool:
        """Whether everything in the log was seen and nothing waits to be done."""
        return self._begun and not self._wanted and self.follower.behind() == 0

    def _note(self, recorded: Recorded) -> None:
        match recorded.event:
            case DeadlinePassed(owner=owner, timer=timer) if owner == TOWN:
                if timer == CHAINS:
                    self._night = True
                elif timer == MONTHLY:
                    self._month = True
                elif drill := drills.ended(timer):
                    self._ended.append(drill)
            case setting.SettingChanged(name=name):
                self._all = self._all or name.endswith(".steps") or name == "chain.checked_days"
                self._anew = self._anew or name.startswith(("drill.", "chain."))
            case event if isinstance(event, _OF_A_HOME):
                self._homes.add(event.home)
                if not isinstance(event, home.ChainSet):
                    self._known.pop(event.home, None)  # whatever was found before is said again
            case event if isinstance(event, _OF_ALL):
                self._all = True

    def _work(self) -> None:
        """Look without holding anybody up, then write what was found, the timers and the bookmark together."""
        at, position = self._now(), self.follower.position
        looked: list[Looked] = []
        if self._night or self._all or self._homes:
            with self._database.read() as db:
                looked = lint(db, at, None if self._night or self._all else self._homes)
        told = [each for each in looked if self._is_news(each)]
        states: dict[str, bytes | None] = {each.home: _pack(each.holes) for each in told}

        def work(db: Connection) -> None:
            self._check(db)
            policy = policy_of(db)
            news = [
                New(
                    f"home-{each.home}",
                    each.site,
                    ChainChecked(home=each.home, holes=each.holes),
                    at,
                    key=f"chain-{at}-{position}",
                )
                for each in told
            ]
            if self._night:
                holed = sum(bool(each.holes) for each in looked)
                news.append(
                    New("chains", EVERYBODY, ChainsChecked(homes=len(looked), with_holes=holed), at, key=f"chains-{at}")
                )
            if self._night or self._anew or not self._begun:
                hour = int(policy.value("chain.checked_at_hour"))
                set_timers(db, {(TOWN, CHAINS): Timer(EVERYBODY, next_day_at(at, hour), waits=False)})
            if self._month or self._anew or not self._begun:
                day, hour = int(policy.value("drill.day")), int(policy.value("drill.hour"))
                due = next_month_day_at(at, day, hour) if day else None
                set_timers(db, {(TOWN, MONTHLY): Timer(EVERYBODY, due, waits=False)})
            if self._month and int(policy.value("drill.day")):
                status = statuses(db)
                homes = [(id, site) for id, site in linting.sites_of_all(db) if status.get(id) == "enrolled"]
                drills.begin(db, homes, policy, by="system", at=at)
            for drill in self._ended:
                drills.sum_up(db, drill, at=at)
            save_snapshots(db, READER, states)
            save_bookmark(db, READER, position)
            append(db, news, recorded_at=at)

        self._database.write(work)
        if self._night:
            close_what_is_due(self._database, at, check=self._check)
        self._known |= {each.home: each.holes for each in told}
        self._begun, self._saved = True, position
        self._forget()

    def _is_news(self, looked: Looked) -> bool:
        """Another thing is wrong than before; or a night has passed and something still is."""
        known = self._known.get(looked.home)
        return known is None or not same(known, looked.holes) or (self._night and bool(looked.holes))
