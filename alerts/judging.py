"""Facts of devices and deadlines, put before the rules of their home; and what the rules answer."""

import logging

from msgspec.structs import replace

from alerts.areas import Areas
from alerts.books import Books, caused_by
from alerts.cases import SITE, Cases
from alerts.core import edges, lifecycle, settling, stray
from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household, Sensor
from alerts.core.routine import pages
from alerts.core.rule import Danger, DeadlineReached, HomeChanged, Rule, Seen
from alerts.core.rules import Rules, rules_of
from alerts.following import Following
from alerts.sights import Sights
from events.serial import Recorded
from events.store import New
from events.types import device, home
from events.types.fact import SECOND
from events.types.routine import ElderAnswered, RoutineLearned
from events.types.system import DeadlinePassed, RuleFailed

log = logging.getLogger("shouwang.engine")

_OF_NUMBERS = (device.ReadingsGapOpened, device.ReadingsGapClosed, device.ReadingConflicted)
_OF_MAINS = (device.HeartbeatReceived, device.DeviceConditionReported)


class Judging:
    """Works on the engine's books and hands dangers to the cases."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.cases = Cases(books, self._look)
        self._areas = Areas(books, self.cases, self._look_at)
        self.sights = Sights(books, self._areas)
        self._following = Following(books, self.cases, self._areas)

    @property
    def _rules(self) -> Rules:
        """What an older program recorded is judged as it was then."""
        return rules_of(self._books.policy.generation)

    def _look(self, home_: Household, recorded: Recorded, why: str, restart: bool) -> None:
        self.changed(home_, recorded, why, restart=restart)
        if home_.home.startswith(SITE):
            self._areas.over(home_, recorded)

    def _look_at(self, home_: Household, recorded: Recorded) -> None:
        self.sights.look(home_, recorded)
        self._books.unseen.add(home_.home)  # its rules look when this fact is done with: of many homes each by itself

    def device_fact(self, recorded: Recorded, event: device.DeviceFact) -> None:
        """One report: heard, put in its place, judged, and seen as a sign of life where it is one."""
        found = self._books.registrations.place(event.device, recorded.at, alarm=getattr(event, "alarm", False))
        if found is None:
            return
        home_, sensor = found
        self._books.touch(home_)
        try:
            signs = self._note(home_, sensor, recorded, event)
        except Exception as failure:
            self._failed(home_, "edges", recorded, failure)
            signs = []
        self.sights.heard(home_, recorded, event)
        listeners = self._rules.hear(type(event))
        if listeners:
            seen = Seen(recorded.at, recorded.recorded_at, event)
            for rule in listeners:
                self.watch(home_, rule, seen, recorded)
        if isinstance(event, device.ButtonPressed):
            self._button(home_, event, recorded)
        for sign in signs:
            self._sign(home_, sign, recorded)

    def _note(
        self, home_: Household, sensor: Sensor, recorded: Recorded, event: device.DeviceFact
    ) -> list[SignOfLifeSeen]:
        at = recorded.recorded_at
        if isinstance(event, device.DeviceStatusReported):
            if event.state == "offline":
                if self.sights.active:
                    home_.cut(sensor, at)
                else:
                    home_.end_lease(sensor, at)
            elif not event.retained:
                settling.came_back(sensor, at, self._books.policy)
                self._hear(home_, sensor, recorded)
            return []
        if isinstance(event, _OF_NUMBERS):
            return []
        if isinstance(event, device.HeartbeatReceived) and event.interval_s:
            sensor.interval = int(event.interval_s * SECOND)
        if isinstance(event, _OF_MAINS) and not event.retained:
            sensor.says_mains(event.mains, recorded.at)
        holes = settling.open_numbers(sensor)
        if not event.retained and not event.backfilled:
            self._hear(home_, sensor, recorded)
        signs = edges.note(home_, sensor, event, recorded.at)
        if not event.retained:
            settling.spoke(sensor, at, recorded.at, self._books.policy, backfilled=event.backfilled, holes_before=holes)
        if home_.seen_more or event.backfilled:
            home_.seen_more = False
            self._books.unseen.add(home_.home)
            if home_.holes:
                self.sights.ask_to_count(home_, at)
        return signs

    def _hear(self, home_: Household, sensor: Sensor, recorded: Recorded) -> None:
        """The device is online. Where it was not before, the rules look at once: what was silent or dark is over."""
        if not home_.hear(sensor, recorded.recorded_at):
            return
        if sensor.kind == "gateway":
            home_.joins_again(sensor, recorded.recorded_at)
        self._books.unseen.add(home_.home)
        seen = Seen(recorded.recorded_at, recorded.recorded_at, HomeChanged(why="heard_again"))
        for rule in self._rules.hear(HomeChanged):
            self.watch(home_, rule, seen, recorded)

    def _sign(self, home_: Household, sign: SignOfLifeSeen, recorded: Recorded) -> None:
        at = recorded.recorded_at
        if sign.deliberate:
            when = [(sign.at, sign.device)]
        else:
            when = stray.counted(home_, sign, self._books.policy)
            for alert in list(home_.alerts.values()):
                if alert.alert_class <= 2 and not sign.backfilled:
                    self.cases.decide(home_, alert, recorded, lambda a: lifecycle.notice(a, sign.device, at))
        if when:
            newest, source = max(when)
            known = sign if (newest, source) == (sign.at, sign.device) else replace(sign, device=source, at=newest)
            seen = Seen(newest, at, known)
            for rule in self._rules.hear(SignOfLifeSeen):
                self.watch(home_, rule, seen, recorded)

    def _button(self, home_: Household, event: device.ButtonPressed, recorded: Recorded) -> None:
        """What the elder says with the button, beyond SOS and help: it was a mistake, I am away, I am home."""
        if event.retained or event.history:
            return
        at, action = recorded.recorded_at, event.action
        for alert in list(home_.alerts.values()):
            if alert.status == "suspected" and not event.backfilled:
                self.cases.decide(home_, alert, recorded, lambda a: lifecycle.cancel(a, by="elder", why=action, at=at))
            elif action == "cancel" and alert.status == "raised" and alert.alert_class <= 2:
                self.cases.decide(home_, alert, recorded, lambda a: lifecycle.cancel_pressed(a, at))
        if action == "away":
            until = recorded.at + self._books.policy.span("away.most_s", home_.home)
            self.cases.of_home(home_, home.AwaySet(home=home_.home, by="elder", until=until), recorded)
        elif action == "home" and home_.away_since is not None:
            self.cases.of_home(home_, home.AwayEnded(home=home_.home, by="elder"), recorded)

    def deadline(self, recorded: Recorded, event: DeadlinePassed) -> None:
        """A timer rang: silence takes the same stairs as noise."""
        home_ = self._books.homes.get(event.owner)
        if home_ is None:
            return
        self._books.touch(home_)
        home_.timers.pop(event.timer, None)
        kind, _, name = event.timer.partition(":")
        if kind == "rule":
            rule = self._rules.by_name.get(name)
            if rule is not None:
                seen = Seen(event.due, recorded.recorded_at, DeadlineReached(due=event.due))
                self.watch(home_, rule, seen, recorded)
        elif kind == "blind":
            self.sights.count(home_, recorded)
        elif kind == "sight":
            self.sights.look(home_, recorded)
        elif kind == "area":
            self._areas.rang(home_, recorded)
        elif kind == "day" and home_.lived:
            self._following.close_day(home_, recorded)
        elif kind == "alert":
            self.cases.rang(home_, name, recorded)

    def learned(self, recorded: Recorded, event: RoutineLearned) -> None:
        """What is normal for this person is known anew: judged by from now on."""
        home_ = self._books.homes.get(event.home)
        if home_ is not None and pages.take(home_, event):
            self._books.touch(home_)
            self.changed(home_, recorded, "learned")

    def seen(self, home_: Household, recorded: Recorded) -> None:
        """A fact about the home that is neither a report nor a registration, put before the rules that hear it."""
        seen = Seen(recorded.at, recorded.recorded_at, recorded.event)
        for rule in self._rules.hear(type(recorded.event)):
            self.watch(home_, rule, seen, recorded)

    def changed(self, home_: Household, recorded: Recorded, why: str, *, restart: bool = False) -> None:
        """Something of the home changed; its rules look again."""
        seen = Seen(recorded.at, recorded.recorded_at, HomeChanged(why=why, restart=restart))
        for rule in self._rules.hear(HomeChanged):
            self.watch(home_, rule, seen, recorded)

    def watch(self, home_: Household, rule: Rule, seen: Seen, recorded: Recorded) -> None:
        """Put one fact before one rule, and do what it answers."""
        try:
            verdict = rule.watch(home_.memory.get(rule.name, {}), seen, home_, self._books.policy)
        except Exception as failure:
            self._failed(home_, rule.name, recorded, failure)
            return
        if verdict is not None:
            self._following.follow(home_, rule, verdict, recorded)

    def answered(self, recorded: Recorded, event: ElderAnswered) -> None:
        """The elder has pressed a key of the soft check's call."""
        home_ = self._books.homes.get(event.home)
        if home_ is not None:
            self._books.touch(home_)
            sign = SignOfLifeSeen(device="", kind="phone", at=recorded.at, deliberate=True)
            self._sign(home_, sign, recorded)

    def look_again(self, at: int) -> None:
        """Homes seen anew, or seen in their past, may have a deadline now. Sets timers, decides nothing."""
        for owner in self._books.unseen:
            home_ = self._books.homes[owner]
            try:
                self.sights.arm(home_, at)
            except Exception:
                log.exception("what can be seen of a home cannot be told")
            seen = Seen(at, at, HomeChanged(why="seen_again"))
            for rule in self._rules.hear(HomeChanged):
                try:
                    verdict = rule.watch(home_.memory.get(rule.name, {}), seen, home_, self._books.policy)
                except Exception:  # the same rule fails, and is recorded, at the next fact
                    log.exception("rule %s failed looking again", rule.name)
                    continue
                if verdict is not None and verdict.wake_at is not None:
                    name = f"rule:{rule.name}"
                    self._books.ask_to_wake(home_, name, verdict.wake_at, waits=rule.waits_for_hearing)
        self._books.unseen.clear()

    def _failed(self, home_: Household, rule: str, recorded: Recorded, failure: Exception) -> None:
        """A rule that raises ends nothing: it is recorded, the home shown as not protected, the operator alarmed."""
        log.error("rule %s failed at %d", rule, recorded.position, exc_info=failure)
        if rule in home_.failed_rules:
            return
        home_.failed_rules = [*home_.failed_rules, rule]
        error = f"{type(failure).__name__}: {failure}"[:200]
        failed = RuleFailed(home=home_.home, site=home_.site, rule=rule, position=recorded.position, error=error)
        key = f"failed-{rule}-{recorded.position}"
        self._books.made.news.append(
            New(f"home-{home_.home}", home_.site, failed, recorded.recorded_at, key=key, meta=caused_by(recorded))
        )
        if "rule_failed" not in home_.alerts:
            reason = {"rule": rule, "error": error, "at": recorded.at}
            self.cases.danger(home_, "rule_failed", Danger(reason, lasting=False), recorded)
