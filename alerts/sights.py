"""Watches what can be seen of each home, records when that changes, and counts the minutes in which nobody saw it."""

from itertools import takewhile

from alerts.areas import Areas
from alerts.books import Books, caused_by
from alerts.core import settling, sight
from alerts.core.blindness import count
from alerts.core.household import Dark, Hole, Household
from alerts.core.policy import PARTED
from events.serial import Recorded
from events.store import New
from events.types import device
from events.types.fact import MINUTE
from events.types.home import HomeSightChanged
from events.types.system import HomeUnseen

SINCE_GENERATION = 2
TIMER = "sight:look"
COUNT = "blind:minutes"
_GREATER = frozenset({"no_power", "gateway_cut", "site_cut_off"})
_TELLING = (device.DeviceStatusReported, device.DeviceConditionReported)


class Sights:
    """Works on the engine's books."""

    def __init__(self, books: Books, areas: Areas) -> None:
        self._books, self._areas = books, areas

    @property
    def active(self) -> bool:
        """Is this in force yet?"""
        return self._books.policy.generation >= SINCE_GENERATION

    def heard(self, home: Household, recorded: Recorded, event: device.DeviceFact) -> None:
        """A device said something: only where that may change what is seen it is looked at."""
        if not self.active:
            return
        known = home.sight is not None and home.sight.state == "seen"
        says_mains = isinstance(event, device.HeartbeatReceived) and event.mains is False
        if not known or says_mains or isinstance(event, _TELLING):
            self.look(home, recorded)

    def arm(self, home: Household, at: int) -> None:
        """When it may be dark at the earliest, somebody looks."""
        if self.active and home.sensors and home.watched:
            due = sight.next_look(home, at, self._books.policy)
            if due is not None:
                self._books.ask_to_wake(home, TIMER, due, waits=True)

    def look(self, home: Household, recorded: Recorded) -> None:
        """Look, record what is other than before, and let the site know."""
        if not self.active or not home.watched:
            return
        at, before = recorded.recorded_at, home.sight
        seen = sight.look(home, at, self._books.policy)
        if before is not None and before.dark and seen.dark and before.state != "never_seen":
            if self._only_sensors_left(before, seen):
                self._lit(home, before, recorded)
                seen.since = max(at, before.since)
            else:
                seen.since = before.since  # another reason for the same darkness
        self.arm(home, at)
        if before is not None and (before.state, before.dark) == (seen.state, seen.dark):
            return
        if before is None and seen.state == "never_seen":
            return
        home.sight = seen
        self._books.touch(home)
        self._books.unseen.add(home.home)  # a rule may have a deadline now
        told = HomeSightChanged(
            home=home.home, site=home.site, state=seen.state, since=seen.since, dark=seen.dark, by=seen.by
        )
        self._record(home, told, recorded, f"sight-{seen.state}-{int(seen.dark)}-{recorded.position}")
        if before is not None and before.dark and not seen.dark:
            self._lit(home, before, recorded)
        self._areas.changed(home, seen, recorded)

    def _only_sensors_left(self, before: Dark, seen: Dark) -> bool:
        """The greater trouble is over and its time is its own; what the sensors are still missing for counts from now."""
        over = before.state in _GREATER and seen.state == "sensor_dead"
        return over and self._books.policy.generation >= PARTED

    def _lit(self, home: Household, before: Dark, recorded: Recorded) -> None:
        at = recorded.recorded_at
        if before.state != "never_seen" and at - before.since >= MINUTE:
            hole = Hole(before.since, at, cause=before.state)
            home.holes = [*home.holes[1 - settling.HOLES_KEPT :], hole]
            self.ask_to_count(home, at)

    def ask_to_count(self, home: Household, at: int) -> None:
        """When what is on its way has arrived, the minutes that nobody saw are counted and recorded."""
        due = at + self._books.policy.span("backfill.settle_s", home.home)
        self._books.ask_to_wake(home, COUNT, due, waits=True)

    def count(self, home: Household, recorded: Recorded) -> None:
        """Count, unless some device may still hand over what it kept."""
        at = recorded.recorded_at
        if (until := settling.awaited_until(home)) > at:
            self._books.ask_to_wake(home, COUNT, until, waits=True)
            return
        changed = settling.counted(home, at)
        for hole, before in changed:
            told = HomeUnseen(
                home=home.home, site=home.site, since=hole.since, until=hole.until, blind=hole.blind, cause=hole.cause
            )
            own = "" if hole.cause == "we_were_down" else f"{hole.cause}-"
            self._record(home, told, recorded, f"unseen-{own}{hole.since}-{recorded.position}")
            if self.active:
                count(home, hole.cause, before, hole.blind)
        if changed:
            self._books.unseen.add(home.home)

    def _record(self, home: Household, event: HomeSightChanged | HomeUnseen, recorded: Recorded, key: str) -> None:
        meta, news = caused_by(recorded), self._books.made.news
        of_this = takewhile(lambda new: new.meta == meta, reversed(news))
        said = [new.key for new in of_this if type(new.event) is type(event) and new.stream == f"home-{home.home}"]
        if key in said:  # an incident that one word begins and ends: the home is twice what it was
            key = f"{key}-{len(said)}"
        news.append(New(f"home-{home.home}", home.site, event, recorded.recorded_at, key=key, digest=0, meta=meta))
