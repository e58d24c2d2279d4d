"""The clock is set an hour on and back, the service killed meanwhile, the machine paused: steps keep their distances."""

import json
import os
import random
import signal
import time
from typing import Any

from alerts.commands import alerts as commands
from alerts.commands.deciding import load
from alerts.commands.settings import change_settings
from events.database import Database
from events.types.fact import HOUR, MINUTE, SECOND
from tests.faults.crowd import Crowd, Said, stamp
from tests.faults.lives import Diary, OldTown
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.walls import Wall
from tests.faults.watching import Watching

_HOUR_S = 3600.0
_EARLY_S, _LATE_S = 0.3, 2.0
_VILLAGE_S, _TOWN_S, _PAUSE_S = 120.0, 240.0, 600.0
_STOPPED_S = 20.0


def run(ground: Ground) -> Outcome:
    """At scale 1 the steps of class 1 are the default ones and the pause is ten minutes."""
    outcome = Outcome()
    wall = Wall(ground.folder)
    scale = ground.scale
    service = Service(ground, OldTown(8), **wall.environ)  # type: ignore[arg-type]  # no name among them is an option
    with service, service.crowd() as crowd, service.memory() as database:
        _set_terms(database, scale)
        service.start(well=True)
        homes = random.Random(ground.seed).sample(range(1, 9), 3)
        watch = Watching(database)
        told = _Told(watch, outcome, scale)
        ground.say("alarms, and the clock an hour on")
        first, second, quiet = (f"h{home}" for home in homes)
        _falls_quiet(service, crowd, homes[2])
        watch.until_holds(lambda: quiet in watch.raised, 30)
        crowd.alarm(homes[0])
        if not watch.until_holds(lambda: {first, quiet} <= watch.raised.keys(), 30):
            return Outcome(failures=[f"raised: {sorted(watch.raised)}, there should be {first} and {quiet}"])
        base = watch.raised[first][1]
        watch.until(base + 20 * scale)
        wall.set(_HOUR_S)
        told.noticed(1)
        ground.say("killed in the middle")
        service.kill()
        service.start()
        watch.until_holds(service.hears, 30)
        watch.until(base + 40 * scale)
        crowd.alarm(homes[1])
        watch.until(base + 60 * scale)
        ground.say("the clock an hour back, and another")
        wall.set(0.0)
        told.noticed(2)
        wall.set(-_HOUR_S)
        told.noticed(3)
        _shown(service, outcome, -_HOUR_S)
        watch.until(base + 112 * scale)
        ground.say("all processes stopped")
        with _stopped(service):
            watch.until(base + 125 * scale)
        told.after_stop(first, 2, _VILLAGE_S * scale, time.monotonic() - watch.began)
        told.in_time(second, 2, _VILLAGE_S * scale)
        ground.say("paused for ten minutes")
        with _stopped(service):
            time.sleep(max(4.0, _STOPPED_S * scale))
            wall.set(wall.ahead_s + _PAUSE_S * scale - max(4.0, _STOPPED_S * scale))
        resumed = time.monotonic() - watch.began
        watch.until(resumed + 5)
        for home in (first, second):
            told.after_stop(home, 3, _TOWN_S * scale, resumed)
        told.class_2(quiet, resumed)
        _shown(service, outcome, -_HOUR_S)
        told.none_twice()
        ground.say("alerts closed; the clock is followed")
        _close_all(database, watch, service)
        if not watch.until_holds(lambda: any(f.by_s < -3000 for f in watch.followed), 40):
            outcome.failures.append(f"the clock was not followed when no alert counted any more: {watch.followed}")
        _shown(service, outcome, 0.0)
        steps = [round(each.by_s) for each in watch.stepped]
        wanted = [3600, -3600, -3600, round(_PAUSE_S * scale - max(4.0, _STOPPED_S * scale))]
        if [abs(a - b) <= 1 for a, b in zip(steps, wanted, strict=False)] != [True] * len(wanted):
            outcome.failures.append(f"steps of the clock on record: {steps}, there were {wanted}")
        outcome.figures["clock_steps_recorded"] = len(steps)
    return outcome


class _Told:
    """Judges when steps came."""

    def __init__(self, watch: Watching, outcome: Outcome, scale: float) -> None:
        self._watch, self._outcome, self._scale = watch, outcome, scale

    def in_time(self, home: str, step: int, due_s: float) -> None:
        """At its distance from the raising, as if nobody had touched the clock."""
        watch = self._watch
        watch.until_holds(lambda: watch.step(home, step) is not None, due_s + 2 * _LATE_S)
        self._say(f"{home}, step {step}", watch.step(home, step), due_s)

    def noticed(self, times: int) -> None:
        """The clock was set so often."""
        if not self._watch.until_holds(lambda: len(self._watch.stepped) >= times, 10):
            self._outcome.failures.append(f"the clock was set {times} times, on record are {self._watch.stepped}")

    def after_stop(self, home: str, step: int, due_s: float, woke: float) -> None:
        """It fell due while all stood still: within two seconds after the waking."""
        watch = self._watch
        watch.until_holds(
            lambda: watch.step(home, step) is not None, woke + _LATE_S + 1 - time.monotonic() + watch.began
        )
        came = watch.step(home, step)
        raised = watch.raised[home][1]
        self._say(f"{home}, step {step}, due in a pause", came, max(min(due_s, woke - raised), woke - raised))

    def _say(self, what: str, came: float | None, due_s: float) -> None:
        if came is None:
            self._outcome.failures.append(f"{what} was not told")
            return
        late = came - due_s
        figures = self._outcome.figures
        figures["latest_s"] = max(float(figures.get("latest_s", 0.0)), round(late, 2))
        figures["earliest_s"] = min(float(figures.get("earliest_s", 0.0)), round(late, 2))
        if not -_EARLY_S <= late <= _LATE_S:
            self._outcome.failures.append(f"{what} came {late:+.2f} s from its time")

    def class_2(self, home: str, woke: float) -> None:
        """After a pause in which two steps fell due: the next one now, the rest at table distances."""
        watch = self._watch
        alert = watch.raised[home][0]
        after = sorted(
            (step, times[0]) for (of, _, step), times in watch.steps.items() if of == alert and times[0] > woke - 0.1
        )
        if [step for step, _ in after] != [2]:
            self._outcome.failures.append(f"class 2 told the steps {after} after the pause, not just the second")

    def none_twice(self) -> None:
        """Each step of each round once."""
        twice = [step for step, times in self._watch.steps.items() if len(times) > 1]
        rounds = [step for step in self._watch.steps if step[1] > 1]
        self._outcome.figures["steps_told"] = len(self._watch.steps)
        if twice or rounds:
            self._outcome.failures.append(f"told twice: {twice or rounds}")


def _set_terms(database: Database, scale: float) -> None:
    times = {
        "class1.steps": [[0, ["watcher", "grid_member"]], [_VILLAGE_S * scale, ["village"]], [_TOWN_S * scale, ["town"]]],
        "class2.steps": [[after * scale, [who]] for after, who in (
            (0, "watcher"), (300, "grid_member"), (600, "village"), (1200, "town"))],
        "class2.prealarm_s": 2,
    }  # fmt: skip
    change_settings(database, times, by="round", at=time.time_ns() // 1000)


def _falls_quiet(service: Service, crowd: Crowd, home: int) -> None:
    """Its sensors hand over fourteen hours in which nobody moved since the first minutes, and speak in turn."""
    now = time.time_ns() // 1000
    for what in ("hall", "bed"):
        diary = Diary(service.town.device(home, what))
        start = now - 14 * HOUR
        for nth, on in enumerate((False, True, False, True, False)):
            diary.notes(start + nth * MINUTE, "motion", {"occupied": on})
        for hour in range(1, 14):
            diary.notes(start + hour * HOUR, "heartbeat", {"interval_s": 3600})
        items = diary.items()
        body: dict[str, Any] = {
            "specversion": "1.0", "id": "b1-back", "source": f"shouwang/v1/{diary.device}",
            "type": "shouwang.backfill.v1", "time": stamp(now), "clock": "ntp", "bootid": "b1", "data": {"items": items},
        }  # fmt: skip
        crowd.sends(
            Said(
                diary.device,
                tuple(item["id"] for item in items),
                f"shouwang/v1/{diary.device}/event",
                json.dumps(body).encode(),
            )
        )
        seq = len(items) + 1
        beat = body | {
            "id": f"b1-{seq}", "type": "shouwang.heartbeat.v1", "seq": seq, "time": stamp(now),
            "data": {"interval_s": 3600},
        }  # fmt: skip
        crowd.sends(Said(diary.device, (f"b1-{seq}",), f"shouwang/v1/{diary.device}/tele", json.dumps(beat).encode()))


class _stopped:  # noqa: N801  # read as a verb: with _stopped(service)
    """The service and its broker do not run for as long as the block takes."""

    def __init__(self, service: Service) -> None:
        assert service.process is not None
        assert service.broker.pid is not None
        self._pids = (service.process.pid, service.broker.pid)

    def __enter__(self) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        for pid in reversed(self._pids):
            os.kill(pid, signal.SIGCONT)


def _shown(service: Service, outcome: Outcome, off_s: float) -> None:
    """What /health says of the clock."""
    said = service.until(service.health, "health answers", 20)
    if abs(float(said.get("clock_off_s", 1e9)) - off_s) > 1 or not said.get("clock_stepped_at"):
        shown = {name: value for name, value in said.items() if name.startswith("clock")}
        outcome.failures.append(f"health shows {shown}, the clock is {off_s:+g} s off")


def _close_all(database: Database, watch: Watching, service: Service) -> None:
    for alert, _ in watch.raised.values():
        now = int(service.until(service.health, "health answers", 20)["now"])
        with database.read() as db:
            found = load(db, alert)
        outcome = "device_false_alarm" if found.alert_class == 1 else "safe_at_home"
        commands.close(
            database, alert, outcome=outcome, by="user:round", via="console", seen_version=found.version,
            at=max(now, found.raised_at or 0) + SECOND // 100,
        )  # fmt: skip


TIME_STEPS = Round(
    "time_steps",
    "The clock is set an hour on and two back, the service killed meanwhile, all processes stopped, and the machine "
    "paused for ten minutes, with alerts of classes 1 and 2 open: no step early, none twice, late by at most 2 s.",
    run,
    slow=True,
)
