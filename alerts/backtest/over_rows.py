"""A plain file of rows judged as one home would be: in order, from the past only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from alerts.backtest.results import Alarm, Delays, in_30_days
from alerts.backtest.rows import Row
from alerts.backtest.trial import Trial
from alerts.core.routine import diary
from alerts.core.routine.clock import midnight
from events.types.device import ButtonPressed, ContactReported, DeviceStatusReported, OccupancyReported
from events.types.fact import DAY, HOUR, MINUTE, SECOND, Event
from events.types.home import ChainSet, DeviceAssigned, HomeEnrolled
from events.types.routine import DayLived
from events.types.system import IngestCaughtUp

HOME: Final = "recording"
_SITE: Final = "file"
_FOR_EVER_S: Final = 400 * 86_400.0
"""A file knows no heartbeats: a sensor counts as there from its first row on, until a row says that it is not."""
DEFAULT_LIMIT_S: Final = 36_000
Progress = Callable[[int, int], None]


@dataclass
class Judged:
    """`alarms`, of the whole recording; what is counted lies behind `judged_from`."""

    settings: dict[str, Any]
    rows: int
    begins: int
    ends: int
    judged_from: int
    alarms: list[Alarm]
    delays: Delays
    delays_with_strays: Delays = field(default_factory=Delays)

    @property
    def false_alarms(self) -> int:
        """Silences that somebody ended, with an alarm inside: all that a recording of ordinary life can hold."""
        return sum(alarm.at >= self.judged_from and alarm.ended_at is not None for alarm in self.alarms)

    @property
    def false_alarms_told(self) -> int:
        """Those of them of which somebody would have had a message."""
        return sum(
            alarm.at >= self.judged_from and alarm.ended_at is not None and alarm.told_at is not None
            for alarm in self.alarms
        )

    @property
    def false_alarms_30d(self) -> float:
        """In 30 days."""
        return in_30_days(self.false_alarms, self.ends - self.judged_from)

    def figures(self) -> dict[str, Any]:
        """As plain data."""
        found = {
            "settings": self.settings, "rows": self.rows, "days": round((self.ends - self.judged_from) / DAY, 1),
            "false_alarms": self.false_alarms, "false_alarms_told": self.false_alarms_told,
            "false_alarms_30d": round(self.false_alarms_30d, 2), **self.delays.figures(),
        }  # fmt: skip
        if self.delays_with_strays.told:
            found["with_strays"] = self.delays_with_strays.figures()
        return found


def judge_rows(
    rows: Sequence[Row], *, settings: Mapping[str, Any] | None = None, after_days: float = 0, collapses: int = 0,
    strays_every_h: float = 0, seed: int = 1, progress: Progress = lambda _done, _total: None,
) -> Judged:  # fmt: skip
    """Judge a recording. `settings` as in alerts/core/policy.py, and `no_activity_s`, the fixed limit (10 hours here).

    `after_days`: alarms and collapses are counted from so many days after its beginning. `collapses`: so many times
    somebody falls at a random moment at home, and nothing is heard of them any more; `strays_every_h`: and once more with
    a lone trigger of some sensor every so many hours. Raises SettingRefused.
    """
    wanted = {"no_activity_s": DEFAULT_LIMIT_S, **(settings or {})}
    begins, ends = rows[0].at, rows[-1].at
    judged_from = begins + round(after_days * DAY)
    moments = moments_at_home(rows, judged_from, ends - 2 * DAY, collapses, seed) if collapses else []
    trial = Trial("no_activity", wanted)
    delays, stray_delays = Delays(), Delays()
    sensors = _furnish(trial, rows)
    waiting = list(reversed(moments))
    for number, row in enumerate(rows):
        while waiting and waiting[-1] < row.at:
            at = waiting.pop()
            trial.lead_to(at)
            _fall(trial, at, delays, None)
            if strays_every_h:
                _fall(trial, at, stray_delays, _Strays(sensors, at, strays_every_h, seed))
        _tell(trial, row, sensors)
        if number % 2000 == 0:
            progress(number, len(rows))
    progress(len(rows), len(rows))
    return Judged(wanted, len(rows), begins, ends, judged_from, trial.alarms, delays, stray_delays)


def compare_rows(
    rows: Sequence[Row], *, fixed_h: Sequence[float] = (8, 10, 12), budgets: Sequence[float] = (0.5, 1, 2, 4),
    settings: Mapping[str, Any] | None = None, after_days: float = 30, collapses: int = 500, seed: int = 1,
    progress: Progress = lambda _done, _total: None,
) -> list[tuple[str, Judged]]:  # fmt: skip
    """The trade-off: fixed limits and the learned line under several budgets, over the same collapses."""
    runs: list[tuple[str, dict[str, Any]]] = [
        (f"fixed {hours:g} h", {"routine.on": 0, "no_activity_s": round(hours * 3600)}) for hours in fixed_h
    ]
    runs += [(f"learned, {budget:g} in 30 d", {"routine.budget": budget}) for budget in budgets]
    found = []
    for number, (name, own) in enumerate(runs):
        progress(number, len(runs))
        merged = {**(settings or {}), **own}
        found.append((name, judge_rows(rows, settings=merged, after_days=after_days, collapses=collapses, seed=seed)))
    progress(len(runs), len(runs))
    return found


def moments_at_home(rows: Sequence[Row], since: int, until: int, count: int, seed: int) -> list[int]:
    """Random moments at home, in order: not behind the front door, not unheard, and not in a silence of 10 hours or more.

    Nobody can tell from a recording without a door whether who was silent for so long was there.
    """
    trial = Trial("no_activity", {"no_activity_s": 3 * 86_400, "routine.on": 0})
    unsure: list[tuple[int, int]] = []

    def note(page: DayLived) -> None:
        for silence in page.silences:
            end = midnight(page.day) + silence.until_min * MINUTE
            if silence.kind != diary.AT_HOME or silence.lasted_min >= 600:
                unsure.append((end - silence.lasted_min * MINUTE, end))

    trial.on_page = note
    sensors = _furnish(trial, rows)
    for row in rows:
        _tell(trial, row, sensors)
    trial.lead_to(rows[-1].at + 2 * DAY)
    unsure.sort()
    random = Random(f"collapses {seed} {rows[0].at}")  # noqa: S311  # repeatable, not secret
    found: list[int] = []
    tries = 0
    while until > since and len(found) < count and tries < 100 * count:
        tries += 1
        at = random.randrange(since, until)
        if not any(start <= at <= end for start, end in unsure):
            found.append(at)
    return sorted(found)


class _Strays:
    """A sensor fires by itself and alone, every so many hours after the fall."""

    def __init__(self, sensors: Mapping[str, str], fell: int, every_h: float, seed: int) -> None:
        self._motions = sorted(name for name, kind in sensors.items() if kind == "motion")
        self._next, self._every = fell + round(every_h * HOUR), round(every_h * HOUR)
        self._random = Random(f"strays {seed} {fell}")  # noqa: S311  # repeatable, not secret

    def __call__(self, trial: Trial, upto: int) -> None:
        while self._motions and self._next <= upto:
            sensor, at = self._random.choice(self._motions), self._next
            self._next += self._every
            for occupied, after in ((False, 0), (True, SECOND), (False, 31 * SECOND)):
                trial.say(OccupancyReported(device=sensor, occupied=occupied), f"device-{sensor}", at + after)


def _fall(trial: Trial, at: int, delays: Delays, strays: _Strays | None) -> None:
    alarm = trial.collapse(HOME, strays)
    delays.suspected.append(max(0, alarm.at - at))
    delays.told.append(max(0, (alarm.told_at or alarm.at) - at))


def _furnish(trial: Trial, rows: Sequence[Row]) -> dict[str, str]:
    """Sensors as the rows show them: which there are, which is a door, which only ever says on. Name -> kind."""
    begins = rows[0].at - SECOND
    says_off = {row.sensor for row in rows if not row.on}
    kinds = {row.sensor: row for row in rows if row.kind != "status"}
    trial.say(IngestCaughtUp(since=begins), "ingest", begins)
    trial.say(HomeEnrolled(home=HOME, site=_SITE, no_activity_s=DEFAULT_LIMIT_S), f"home-{HOME}", begins)
    chain = ChainSet(home=HOME, watcher=["watcher"], second_watcher=[], grid_member=[], village=[], town=[])
    trial.say(chain, f"home-{HOME}", begins)
    for name, row in sorted(kinds.items()):
        pulse = row.kind == "motion" and name not in says_off
        assigned = DeviceAssigned(
            device=name, home=HOME, since=begins - DAY, model="recorded", kind="contact" if row.kind == "contact" else
            "button" if row.kind == "button" else "motion", room=name, role=row.role, interval_s=_FOR_EVER_S, pulse=pulse,
        )  # fmt: skip
        trial.say(assigned, f"home-{HOME}", begins)
    return {name: row.kind for name, row in kinds.items()}


def _tell(trial: Trial, row: Row, sensors: Mapping[str, str]) -> None:
    if row.kind == "status":
        for sensor in sensors:
            status = DeviceStatusReported(device=sensor, state="online" if row.on else "offline")
            trial.say(status, f"device-{sensor}", row.at)
        return
    said: Event
    if row.kind == "motion":
        said = OccupancyReported(device=row.sensor, occupied=row.on)
    elif row.kind == "contact":
        said = ContactReported(device=row.sensor, open=row.on)
    else:
        said = ButtonPressed(device=row.sensor, action="help")
    trial.say(said, f"device-{row.sensor}", row.at)
