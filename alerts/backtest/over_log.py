"""The log judged again under other settings: which alerts there were, which there would be, and why they differ."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from alerts.backtest.results import FALSE_OUTCOMES, Alarm, Delays, Difference, in_30_days
from alerts.backtest.trial import Trial
from alerts.replay.source import Source
from events.serial import Recorded
from events.types import alert as alert_facts
from events.types import message, system
from events.types.device import DeviceFact
from events.types.fact import DAY, MINUTE, Event
from events.types.home import DeviceAssigned
from events.types.routine import DayLived, ElderAsked, RoutineLearned

_SAME: Final = 2 * MINUTE
"""Alerts so near each other are one and the same."""
_DECIDED: Final[tuple[type[Event], ...]] = (
    *(c for c in vars(alert_facts).values() if isinstance(c, type) and issubclass(c, Event) and c is not Event),
    *(c for c in vars(message).values() if isinstance(c, type) and issubclass(c, Event) and c is not Event),
    system.DeadlinePassed, system.DecisionReadAhead, system.RuleFailed, system.HomeUnseen, DayLived, ElderAsked,
    RoutineLearned,
)  # fmt: skip
"""What was decided then, or by people about what was decided then."""


@dataclass
class Replayed:
    """`then`, `now`: alarms in the time looked at. Rates are false alarms of all homes together in 30 days of one home."""

    rule: str
    since: int
    until: int
    homes: int
    settings: dict[str, Any]
    then: list[Alarm]
    now: list[Alarm]
    differences: list[Difference]
    delays: dict[str, Delays] = field(default_factory=dict)
    home_days: float = 0.0

    def false_alarms(self, which: str) -> int:
        """Of `then` or `now`, by the outcomes people gave; what only would be now has none: it was for nothing, for

        nothing had happened. An alert that is still open counts as neither.
        """
        alarms: list[Alarm] = getattr(self, which)
        return sum(alarm.outcome in FALSE_OUTCOMES for alarm in alarms)

    def rate(self, which: str) -> float:
        """In 30 days of one home."""
        return in_30_days(self.false_alarms(which), round(self.home_days * DAY))

    def figures(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "rule": self.rule, "since": self.since, "until": self.until, "homes": self.homes,
            "settings": self.settings, "home_days": round(self.home_days, 1),
            "then": {"alerts": len(self.then), "false_alarms": self.false_alarms("then"), "per_30d": self.rate("then")},
            "now": {"alerts": len(self.now), "false_alarms": self.false_alarms("now"), "per_30d": self.rate("now")},
            "differences": [vars(d) for d in self.differences],
            "delays": {name: delays.figures() for name, delays in self.delays.items()},
        }  # fmt: skip


class _Then:
    """The alerts as they were recorded."""

    def __init__(self, rule: str, homes: Collection[str]) -> None:
        self.alarms: dict[str, Alarm] = {}
        self._rule, self._homes = rule, homes

    def hear(self, recorded: Recorded) -> None:
        event: Any = recorded.event
        match event:
            case alert_facts.AlertSuspected(danger=self._rule) | alert_facts.AlertRaised(danger=self._rule):
                if event.alert not in self.alarms and (not self._homes or event.home in self._homes):
                    self.alarms[event.alert] = Alarm(
                        event.alert, event.home, event.danger, recorded.at, dict(event.reason)
                    )
            case message.MessagePlanned() | message.TellRequested() if event.alert in self.alarms:
                alarm = self.alarms[event.alert]
                alarm.told_at = alarm.told_at or recorded.at
            case alert_facts.AlertCancelled() if event.alert in self.alarms:
                alarm = self.alarms[event.alert]
                alarm.ended_at, alarm.cancelled, alarm.outcome = recorded.at, True, "elder_cancelled"
            case alert_facts.AlertClosed(outcome=outcome) | alert_facts.OutcomeCorrected(outcome=outcome):
                if event.alert in self.alarms:
                    self.alarms[event.alert].outcome = outcome
                    self.alarms[event.alert].ended_at = recorded.at


def replay_log(
    source: Source, rule: str, *, settings: Mapping[str, Any] | None = None, since: int = 0, until: int | None = None,
    homes: Collection[str] = (), collapses: int = 0, seed: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Replayed:  # fmt: skip
    """Judge the log again by `rule` with `settings` above its own. Times in microseconds; `homes`: these only.

    `collapses`: in each home so many times somebody falls at a random moment within the time looked at, under the settings
    of then and of now. Reads only. Raises SettingRefused.
    """
    wanted = dict(settings or {})
    trials = {"now": Trial(rule, wanted), **({"then": Trial(rule)} if collapses and wanted else {})}
    then, moments = _Then(rule, homes), _Moments(collapses, seed, since, until, homes)
    delays = {name: Delays() for name in trials} if collapses else {}
    last = 0
    devices: dict[str, str] = {}
    for page in source.records():
        for recorded in page:
            last = max(last, recorded.recorded_at)
            if until is not None and recorded.recorded_at > until:
                break
            then.hear(recorded)
            if not _is_given(recorded) or not _concerns(recorded, homes, devices):
                continue
            for at, home in moments.before(recorded.recorded_at):
                for name, trial in trials.items():
                    _fall(trial, home, at, delays[name])
            for trial in trials.values():
                trial.hear(recorded)
            moments.hear(recorded)
        progress(page[-1].position, source.upto)
    end = last if until is None else min(last, until)
    for trial in trials.values():
        trial.lead_to(end)
    begin = max(since, moments.first)
    were = [a for a in then.alarms.values() if begin <= a.at <= end]
    would = [a for a in trials["now"].alarms if begin <= a.at <= end]
    found = _compare(were, would, then.alarms)
    span = max(0, end - begin)
    return Replayed(
        rule, begin, end, len(moments.homes), wanted, were, would, found, delays, len(moments.homes) * span / DAY
    )


def _is_given(recorded: Recorded) -> bool:
    """Was it told to us, and not decided by us?"""
    return not isinstance(recorded.event, _DECIDED) and "cause" not in recorded.meta


def _concerns(recorded: Recorded, homes: Collection[str], devices: dict[str, str]) -> bool:
    event: Any = recorded.event
    if isinstance(event, DeviceAssigned):
        devices[event.device] = event.home
    if not homes:
        return True
    if isinstance(event, DeviceFact):
        return devices.get(event.device, "") in homes
    return getattr(event, "home", "") in {"", *homes}


class _Moments:
    """When somebody falls: drawn day by day for each home that is there, while it is in sight and not away."""

    def __init__(self, count: int, seed: int, since: int, until: int | None, homes: Collection[str]) -> None:
        self._count, self._since, self._until, self._only = count, since, until, homes
        self._random = Random(f"collapses {seed}")  # noqa: S311  # repeatable, not secret
        self.homes: set[str] = set()
        self.first = 0
        self._day, self._drawn = 0, list[tuple[int, str]]()

    def hear(self, recorded: Recorded) -> None:
        """Which homes there are, and when anything of a device was first heard."""
        event: Any = recorded.event
        if isinstance(event, DeviceAssigned) and (not self._only or event.home in self._only):
            self.homes.add(event.home)
        if not self.first and isinstance(event, DeviceFact):
            self.first = max(self._since, recorded.recorded_at)

    def before(self, at: int) -> list[tuple[int, str]]:
        """Falls that lie before this moment and have not been asked for."""
        if not self._count or not self.first or (self._until is not None and at > self._until):
            return []
        if at // DAY > self._day:
            self._day = at // DAY
            for home in sorted(self.homes):
                for _ in range(max(1, self._count // 30)):
                    self._drawn.append((at + self._random.randrange(DAY), home))
            self._drawn.sort()
        due = [one for one in self._drawn if one[0] < at]
        self._drawn = self._drawn[len(due) :]
        return [one for one in due if one[0] >= self._since]


def _fall(trial: Trial, home: str, at: int, delays: Delays) -> None:
    trial.lead_to(at)
    known = trial.books.homes.get(home)
    if known is None or known.is_away(at) or not known.watched or not known.lit(at) or not known.memory:
        return
    alarm = trial.collapse(home, beating=True)
    delays.suspected.append(max(0, alarm.at - at))
    delays.told.append(max(0, (alarm.told_at or alarm.at) - at))


def _compare(then: list[Alarm], now: list[Alarm], known: Mapping[str, Alarm]) -> list[Difference]:
    """Each alert of then with the one of now that is about the same silence, and the reason where they differ."""
    del known
    found: list[Difference] = []
    left = list(now)
    for old in then:
        same = next((n for n in left if _about_the_same(old, n)), None)
        if same is None:
            found.append(Difference(old.home, "gone", old.at, None, _why(old, None)))
            continue
        left.remove(same)
        same.outcome = old.outcome
        if abs(same.at - old.at) > _SAME:
            what = "earlier" if same.at < old.at else "later"
            found.append(Difference(old.home, what, old.at, same.at, _why(old, same)))
    for new in left:
        new.outcome = "elder_cancelled" if new.cancelled else "safe_at_home" if new.ended_at is not None else ""
        found.append(Difference(new.home, "new", None, new.at, _why(None, new)))
    return sorted(found, key=lambda d: (d.then or d.now or 0, d.home))


def _about_the_same(old: Alarm, new: Alarm) -> bool:
    if old.home != new.home:
        return False
    if "last_seen" in old.reason and "last_seen" in new.reason:
        return abs(old.last_seen - new.last_seen) <= _SAME or _overlap(old, new)
    return abs(old.at - new.at) <= _SAME or _overlap(old, new)


def _overlap(old: Alarm, new: Alarm) -> bool:
    return max(old.at, new.at) < min(old.ended_at or old.at + DAY, new.ended_at or new.at + DAY)


def _why(old: Alarm | None, new: Alarm | None) -> str:
    """The limits of both, or the readings, in a few words."""
    parts = []
    for name, alarm in (("then", old), ("now", new)):
        if alarm is None:
            parts.append(f"{name}: no alert")
        elif "limit_s" in alarm.reason:
            way = alarm.reason.get("why", "fixed")
            parts.append(
                f"{name}: silent {_h(alarm.reason.get('silent_s', 0))}, limit {_h(alarm.reason['limit_s'])} ({way})"
            )
        else:
            told = ", ".join(f"{k}={v}" for k, v in alarm.reason.items() if isinstance(v, int | float | str))
            parts.append(f"{name}: {told[:80]}")
    return "; ".join(parts)


def _h(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h"
