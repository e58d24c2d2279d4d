"""What follows from what a rule has answered: alerts, commands to devices, facts, timers."""

import logging

from alerts.areas import Areas
from alerts.books import Books, caused_by
from alerts.cases import Cases
from alerts.core import lifecycle
from alerts.core.commanding import commands
from alerts.core.household import Household
from alerts.core.policy import CLASSES
from alerts.core.routine import pages
from alerts.core.rule import Ask, Rule, Verdict
from events.serial import Recorded
from events.store import New
from events.types import home
from events.types.fact import MINUTE, Event
from events.types.message import TellRequested
from events.types.system import DeadlinePassed

log = logging.getLogger("shouwang.engine")


class Following:
    """Works on the engine's books."""

    def __init__(self, books: Books, cases: Cases, areas: Areas) -> None:
        self._books, self.cases, self._areas = books, cases, areas

    def follow(self, home_: Household, rule: Rule, verdict: Verdict, recorded: Recorded) -> None:
        """All of it, in this order: what is over, what has begun, how bad it is, who is asked, what is on record, when to look."""
        at = recorded.recorded_at
        if verdict.state:
            home_.memory[rule.name] = verdict.state
        alert = home_.alerts.get(rule.danger)
        if verdict.back_in_service:
            back = home.SensorBackInService(device=verdict.back_in_service, home=home_.home)
            self.cases.of_home(home_, back, recorded)
            if task := home_.alerts.get("sensor_out_of_service"):
                self.cases.decide(home_, task, recorded, lambda a: lifecycle.clear(a, reason={}, at=at))
        if alert is not None and verdict.cancel:
            why = verdict.cancel
            self.cases.decide(home_, alert, recorded, lambda a: lifecycle.cancel(a, by="elder", why=why, at=at))
        if alert is not None and verdict.cleared is not None:
            reason = verdict.cleared.reason
            self.cases.decide(home_, alert, recorded, lambda a: lifecycle.clear(a, reason=reason, at=at))
        quiet = verdict.danger is not None and rule.name == "dark_and_quiet" and home_.area
        if quiet and verdict.danger is not None and self._areas.quiet(home_, verdict.danger, recorded):
            pass  # a line of the incident, no message of its own
        elif verdict.danger is not None and home_.watched:
            self.cases.danger(home_, rule.danger, verdict.danger, recorded)
        elif verdict.danger is not None and CLASSES[rule.danger] == 1:
            # The door lets in what left the device before it heard of the pause: it is the operator's all the same.
            source = verdict.danger.device
            reason = {"device": source, "danger": rule.danger, "home": home_.home, "why": home_.status}
            self.cases.of_site(home_.site, "unknown_device_alarm", reason, source, recorded)
        worse, worst = verdict.worse, home_.alerts.get(rule.danger)
        if worse is not None and worst is not None:
            rises = lambda a: lifecycle.worsen(  # noqa: E731
                a, severity=worse.level, reason=worse.reason, all_at_once=worse.all_at_once, at=at
            )
            self.cases.decide(home_, worst, recorded, rises)
        if verdict.asks and home_.watched:
            self._command(home_, verdict.asks, recorded)
        for key, event in verdict.facts:
            if isinstance(event, TellRequested):
                self._tell(event, key, recorded)
            elif key:
                self._on_record(home_, event, key, recorded)
            else:
                self.cases.of_home(home_, event, recorded)
        if verdict.ends_day is not None:
            self._close_day_when_over(home_, verdict.ends_day)
        if verdict.wake_at is not None:
            self._wake(home_, rule, verdict.wake_at, recorded)

    def _wake(self, home_: Household, rule: Rule, at: int, recorded: Recorded) -> None:
        """A rule that asks again for the moment it was just asked about would ring for ever: it gets a minute more."""
        name, event = f"rule:{rule.name}", recorded.event
        if isinstance(event, DeadlinePassed) and event.timer == name and at <= event.due:
            log.error("rule %s asks for %d again, at %d", rule.name, at, recorded.position)
            at = recorded.recorded_at + MINUTE
        self._books.ask_to_wake(home_, name, at, waits=rule.waits_for_hearing)

    def _close_day_when_over(self, home_: Household, day: int) -> None:
        self._books.ask_to_wake(home_, "day:over", pages.due(home_, day, self._books.policy), waits=True)

    def close_day(self, home_: Household, recorded: Recorded) -> None:
        """The page of the day becomes a fact."""
        told = pages.close(home_, self._books.policy)
        self._on_record(home_, told, f"lived-{told.day}-{recorded.position}", recorded)
        if home_.lived:
            self._close_day_when_over(home_, home_.lived_day)

    def _on_record(self, home_: Household, event: Event, key: str, recorded: Recorded) -> None:
        self._books.made.news.append(
            New(f"home-{home_.home}", home_.site, event, recorded.recorded_at, key=key, meta=caused_by(recorded))
        )

    def _tell(self, tell: TellRequested, key: str, recorded: Recorded) -> None:
        stream, at = f"person-{tell.person}", recorded.recorded_at
        self._books.made.news.append(New(stream, tell.person, tell, at, key=key, digest=0, meta=caused_by(recorded)))

    def _command(self, home_: Household, asks: tuple[Ask, ...], recorded: Recorded) -> None:
        for told in commands(home_, asks, recorded.position):
            stream, key = f"device-{told.device}", f"~cmd-{told.id}"
            self._books.made.news.append(
                New(stream, home_.site, told, recorded.recorded_at, key=key, digest=0, meta=caused_by(recorded))
            )
