"""The engine on trial: the service's own rules, alerts and learner over facts in memory, with a clock that facts drive.

What people did about an alert is not played again: an alert ends with the next sign of life, as one for nothing does.
"""

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Self

import msgspec

from alerts.backtest.results import Alarm
from alerts.books import Books
from alerts.core.alert import stream_of
from alerts.core.household import Household
from alerts.core.policy import GENERATION, GENERATION_NAME, Policy
from alerts.core.setting_forms import check
from alerts.decisions import Decisions
from alerts.judging import Judging
from alerts.learning import learned_from
from alerts.taking import Taking
from events.serial import Recorded
from events.types import alert as alert_facts
from events.types.fact import DAY, Event
from events.types.home import HomeEnrolled
from events.types.message import TellRequested
from events.types.routine import DayLived
from events.types.setting import SettingChanged
from events.types.system import DeadlinePassed, IngestCaughtUp, IngestDisconnected

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Household).decode
_FIXED = "no_activity_s"


class Trial(Taking):
    """`settings` stand above what the facts set, for all homes. `alarms` are those of one danger, in order."""

    def __init__(self, danger: str, settings: Mapping[str, Any] | None = None) -> None:
        """Raises SettingRefused."""
        for name, value in (settings or {}).items():
            check(name, value)
        self.danger, self._settings = danger, dict(settings or {})
        set_ = {f"all/{name}": value for name, value in self._settings.items()}
        self.stand(Books({}, Policy({f"all/{GENERATION_NAME}": GENERATION, **set_})))
        self.timers: dict[tuple[str, str], tuple[int, str, bool]] = {}
        self.pages: dict[str, deque[DayLived]] = {}
        self.due: list[tuple[int, str, str]] = []
        self.count, self._deaf = 0, False
        self.now = 0
        self.alarms: list[Alarm] = []
        self.on_page: Callable[[DayLived], None] = lambda _page: None

    def stand(self, books: Books) -> None:
        """On these books."""
        self.books, self._judging = books, Judging(books)

    def fork(self, home: str) -> Self:
        """This home as it stands now, to be led another way."""
        other = type(self)(self.danger, self._settings)
        other.stand(Books({home: _unpack(_pack(self.books.homes[home]))}, self.books.policy))
        other.timers = {key: value for key, value in self.timers.items() if key[0] == home}
        other.due = [(due, *key) for key, (due, _, _) in other.timers.items()]
        heapq.heapify(other.due)
        other.pages = {home: deque(self.pages.get(home, ()))}
        other.count, other.now = self.count, self.now
        return other

    def say(self, event: Event, stream: str, at: int, recorded_at: int | None = None) -> None:
        """A fact of ours, at a moment not before the last one."""
        self.count += 1
        when = at if recorded_at is None else recorded_at
        self.hear(Recorded(self.count, 0, stream, None, f"{self.count}", at, when, event, {}))

    def hear(self, recorded: Recorded) -> None:
        """One fact, after everything that was due before it."""
        event = recorded.event
        if isinstance(event, SettingChanged) and event.name in self._settings:
            return
        self.lead_to(recorded.recorded_at)
        self._deaf = isinstance(event, IngestDisconnected) or (self._deaf and not isinstance(event, IngestCaughtUp))
        if isinstance(event, HomeEnrolled) and _FIXED in self._settings:
            event = msgspec.structs.replace(event, no_activity_s=self._settings[_FIXED])
            recorded = msgspec.structs.replace(recorded, event=event)
        self.count += 1
        self._take(msgspec.structs.replace(recorded, position=self.count))

    def lead_to(self, until: int) -> None:
        """Ring what is due by then. What judges silence waits while we are deaf."""
        held: list[tuple[int, str, str]] = []
        while self.due and self.due[0][0] <= until:
            due, owner, name = heapq.heappop(self.due)
            known = self.timers.get((owner, name))
            if known is None or known[0] != due:
                continue
            if known[2] and self._deaf:
                held.append((due, owner, name))
                continue
            del self.timers[owner, name]
            self.now = max(self.now, due)
            self.count += 1
            rang = DeadlinePassed(owner=owner, site=known[1], timer=name, due=due)
            self._take(Recorded(self.count, 0, f"timer-{owner}", None, name, self.now, self.now, rang, {}))
        for one in held:
            heapq.heappush(self.due, one)
        self.now = max(self.now, until)

    def _take(self, recorded: Recorded) -> None:
        self.now = max(self.now, recorded.recorded_at)
        self.take(recorded)
        if self.books.unseen:
            self._judging.look_again(recorded.recorded_at)
        made, self.books.made = self.books.made, Decisions()
        for (owner, name), timer in made.timers.items():
            if timer.due is None:
                self.timers.pop((owner, name), None)
            else:
                self.timers[owner, name] = (timer.due, timer.site, timer.waits)
                heapq.heappush(self.due, (timer.due, owner, name))
        for new in made.news:
            self._follow(new.event, new.at, new.stream, recorded)

    def _follow(self, event: Event, at: int, stream: str, cause: Recorded) -> None:
        match event:
            case DayLived(home=home):
                pages = self.pages.setdefault(home, deque())
                pages.append(event)
                while len(pages) > event.terms.days:
                    pages.popleft()
                self.on_page(event)
                self.count += 1
                page = Recorded(self.count, 0, stream, None, f"{self.count}", at, at, event, {})
                if (learned := learned_from(page, list(pages))) is not None:
                    self._take(Recorded(self.count, 0, stream, None, f"l{self.count}", at, at, learned.event, {}))
            case alert_facts.AlertSuspected(danger=danger) | alert_facts.AlertRaised(danger=danger):
                if danger == self.danger:
                    self._alarm(event, at)
            case TellRequested(danger=self.danger):
                self._of(event.alert).told_at = self._of(event.alert).told_at or at
            case alert_facts.AlertCancelled():
                self._end(event.alert, at, cancelled=True)
            case alert_facts.ConditionCleared() if event.alert in {a.alert for a in self.alarms[-50:]}:
                self._end(event.alert, at, cancelled=False)
                self._close(event.alert, at, cause)

    def _alarm(self, event: alert_facts.AlertSuspected | alert_facts.AlertRaised, at: int) -> None:
        known = next((a for a in reversed(self.alarms) if a.alert == event.alert), None)
        if known is None:
            self.alarms.append(Alarm(event.alert, event.home, event.danger, at, dict(event.reason)))

    def _of(self, alert: str) -> Alarm:
        return next(a for a in reversed(self.alarms) if a.alert == alert)

    def _end(self, alert: str, at: int, *, cancelled: bool) -> None:
        for alarm in self.alarms[-50:]:
            if alarm.alert == alert:
                alarm.ended_at, alarm.cancelled = at, cancelled

    def _close(self, name: str, at: int, cause: Recorded) -> None:
        """Nobody is sent in a trial: the alert ends where the silence ended."""
        home = self.books.homes[self.books.owners[name]]
        alert = self.books.alert_named(home, name)
        if alert is None:
            return
        closed = alert_facts.AlertClosed(alert=name, outcome="safe_at_home", by="backtest", via="backtest")
        self.count += 1
        self._take(Recorded(self.count, 0, stream_of(name), alert.version + 1, None, at, cause.recorded_at, closed, {}))

    def collapse(
        self, home: str, strays: Callable[["Trial", int], None] | None = None, *, beating: bool = False,
        most: int = 2 * DAY,
    ) -> Alarm:  # fmt: skip
        """Nobody moves any more from now on: the alarm that comes of it, at the latest `most` microseconds later.

        `beating`: the sensors go on saying that they are there, which in a plain file they never stop to.
        """
        began, other = self.now, self.fork(home)
        if beating:
            for sensor in other.books.homes[home].sensors.values():
                if sensor.lease_until > began:
                    sensor.lease_until = max(sensor.lease_until, began + 2 * most)
        open_one = other.books.homes[home].alerts.get(self.danger)
        if open_one is not None:  # it was silent for too long before
            other.alarms.append(Alarm(open_one.id, home, self.danger, began, {}))
            if open_one.status == "raised":
                other.alarms[-1].told_at = began
        at = began
        while at < began + most and not (other.alarms and other.alarms[0].told_at):
            at = min(began + most, at + _STRIDE)
            if strays is not None:
                strays(other, at)
            other.lead_to(at)
        found = other.alarms[0] if other.alarms else Alarm("", home, self.danger, began + most, {})
        found.told_at = found.told_at or began + most
        return found


_STRIDE = 15 * 60 * 1_000_000
