"""Telling people: from the alarm in the log to the first provider that says yes, steps on time, messages for each alert.

Engine, planner, timers and senders in one process, two providers (texts and calls) that take everything at once: what is
measured is ours. Four parts: alarms one after the other; many in one moment; many open alerts whose next steps come due,
spread as their alarms were; and, in a house of its own, a power cut over all homes with carbon monoxide in the midst.
Beside it, on the same database, a loop that only writes an alarm down and hands it on. Five to six minutes in all.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from measuring import program
from measuring.apart import apart
from measuring.figures import Row, quantile
from measuring.places import Places
from measuring.power_cut import power_cut
from measuring.telling import Telling, alarm, bare, telling, until

from alerts.commands import alerts as commands
from alerts.commands.replies import take_reply
from alerts.commands.settings import change_settings
from alerts.registry.phones import phones_of
from events.store import append, read
from events.types.alert import AlertRaised, StepTaken
from events.types.fact import SECOND
from events.types.message import MessagePlanned
from events.types.system import DeadlinePassed
from shouwang.moment import now

_PAUSE_S = 0.05
_PATIENCE_S = 60.0

ROWS = {
    "one_p50_ms": Row("one alarm: to the first yes, p50, ms", ".1f"),
    "one_p99_ms": Row("one alarm: p99, ms", ".1f", aim=100.0, at_most=True),
    "bare_p50_ms": Row("written down and handed on, p50, ms", ".2f"),
    "bare_p99_ms": Row("written down and handed on, p99, ms", ".2f"),
    "burst_p50_ms": Row("all at once: to the first yes, p50, ms", ".0f"),
    "burst_p99_ms": Row("all at once: p99, ms", ".0f", aim=10_000.0, at_most=True),
    "burst_all_ms": Row("all at once: until everybody is told, ms", ".0f"),
    "untold": Row("alarms never told", aim=0, at_most=True),
    "open": Row("open alerts whose steps came due"),
    "late_p50_ms": Row("steps behind their moment, p50, ms", ".0f"),
    "late_p99_ms": Row("steps behind their moment, p99, ms", ".0f"),
    "late_max_ms": Row("steps behind their moment, the worst, ms", ".0f"),
    "in_time": Row("steps on time within 1 s", ".1%", aim=1.0),
    "storm_p50_ms": Row("alarm in a power cut of many homes: to the first yes, p50, ms", ".1f"),
    "storm_p99_ms": Row("alarm in a power cut: p99, ms", ".1f", aim=10_000.0, at_most=True),
    "storm_untold": Row("alarms in a power cut never told", aim=0, at_most=True),
    "storm_people": Row("people told of the power cut"),
    "storm_texts": Row("texts about it to one person, at most", aim=1, at_most=True),
    "per_alert": Row("messages for each closed alert", ".1f"),
    "texts_per_alert": Row("of them texts", ".1f"),
}


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = program.options(__doc__ or "", rounds=1)
    parser.add_argument("--alarms", type=int, default=100, help="one after the other, and at once (default 100)")
    parser.add_argument("--open", type=int, default=1000, help="open alerts whose steps come due (default 1000)")
    parser.add_argument("--spread", type=float, default=40.0, help="seconds over which they began (default 40)")
    parser.add_argument("--dark", type=int, default=300, help="homes that a power cut darkens (default 300)")
    parser.add_argument("--within", type=float, default=15.0, help="seconds in which they go dark (default 15)")
    return parser.parse_args()


def storm_round(address: str | Path, alarms: int, dark: int, within: float) -> dict[str, Any]:
    """The power cut, in a house where nothing else has happened."""
    with telling(address, dark) as house:
        return power_cut(house, range(1, dark + 1), alarms=min(alarms, dark), within_s=within)


def one_round(address: str | Path, alarms: int, many: int, spread: float) -> dict[str, Any]:
    """The first three parts, each with homes of its own."""
    with telling(address, 2 * alarms + many) as house:
        quick = bare(house.database, range(1, alarms + 1))
        singly = _alone(house, range(1, alarms + 1))
        at_once, everybody = _together(house, range(alarms + 1, 2 * alarms + 1))
        answered = _answered(house)
        late = _steps(house, range(2 * alarms + 1, 2 * alarms + many + 1), spread)
    return {
        "one_p50_ms": quantile(singly, 0.5) * 1000, "one_p99_ms": quantile(singly, 0.99) * 1000,
        "bare_p50_ms": quantile(quick, 0.5) * 1000, "bare_p99_ms": quantile(quick, 0.99) * 1000,
        "burst_p50_ms": quantile(at_once, 0.5) * 1000, "burst_p99_ms": quantile(at_once, 0.99) * 1000,
        "burst_all_ms": everybody * 1000, "untold": 2 * alarms - len(singly) - len(at_once),
        "open": many, "late_p50_ms": quantile(late, 0.5) * 1000, "late_p99_ms": quantile(late, 0.99) * 1000,
        "late_max_ms": max(late, default=0.0) * 1000,
        "in_time": sum(each <= 1.0 for each in late) / max(1, len(late)), **answered,
    }  # fmt: skip


def _happens(house: Telling, homes: range) -> float:
    began = time.monotonic()
    facts = [alarm(home) for home in homes]
    house.database.write(lambda db: append(db, facts, recorded_at=now()))
    return began


def _planned(house: Telling) -> dict[str, list[MessagePlanned]]:
    """House -> what was intended for it."""
    found: dict[str, list[MessagePlanned]] = {}
    with house.database.read() as db:
        for recorded in read(db, 0, limit=10_000_000, types=["MessagePlanned"]):
            assert isinstance(recorded.event, MessagePlanned)
            found.setdefault(recorded.event.words.get("home", ""), []).append(recorded.event)
    return found


def _first_yes(house: Telling, homes: range, began: dict[int, float]) -> list[float]:
    accepted, planned = house.accepted(), _planned(house)
    firsts = [
        (home, min((accepted[m.message] for m in planned.get(f"h{home}", []) if m.message in accepted), default=None))
        for home in homes
    ]
    return [at - began[home] for home, at in firsts if at is not None]


def _alone(house: Telling, homes: range) -> list[float]:
    began: dict[int, float] = {}
    for home in homes:
        before = len(house.accepted())
        began[home] = _happens(house, range(home, home + 1))
        until(
            lambda before=before: len(house.accepted()) >= before + 4, _PATIENCE_S
        )  # two people, a text and a call each
        time.sleep(_PAUSE_S)
    return _first_yes(house, homes, began)


def _together(house: Telling, homes: range) -> tuple[list[float], float]:
    before = len(house.accepted())
    at = _happens(house, homes)
    until(lambda: len(house.accepted()) >= before + 4 * len(homes), _PATIENCE_S)
    return _first_yes(house, homes, dict.fromkeys(homes, at)), max(house.accepted().values()) - at


def _answered(house: Telling) -> dict[str, Any]:
    """Each watcher says that they go and that they are there; the operator closes. What one alert has cost in messages."""
    with house.database.read() as db:
        raised = [r.event.alert for r in read(db, 0, limit=10_000_000, types=["AlertRaised"])]  # type: ignore[attr-defined]
        assert all(isinstance(name, str) for name in raised)
        first = {m.alert: m for told in _planned(house).values() for m in told if m.slot and m.person.startswith("w-")}
        numbers = {m.person: phones_of(db, m.person)[0].number for m in first.values()}
    for name, told in first.items():
        for answer in (1, 2):
            take_reply(
                house.database, channel="texts", provider_id=f"{name}-{answer}", number=numbers[told.person],
                text=f"{told.slot}{answer}", at=now(),
            )  # fmt: skip
        commands.close(
            house.database, name, outcome="device_false_alarm", by="user:measured", via="console", seen_version=None,
            at=now(),
        )  # fmt: skip
    house.deciding.settle()
    costs = Counter(m.channel for told in _planned(house).values() for m in told if m.alert in first)
    closed = max(1, len(first))
    return {"per_alert": costs.total() / closed, "texts_per_alert": costs["texts"] / closed}


def _steps(house: Telling, homes: range, spread: float) -> list[float]:
    """Seconds between the moment of each step and its commit, while so many alerts are open: all of them, for the step
    after the first comes due when the last has begun.
    """
    second = max(1.0, spread)
    levels = [[0, ["watcher", "grid_member"]], [second, ["village"]], [2 * second, ["town"]]]
    change_settings(house.database, {"class1.steps": levels}, by="measured", at=now())
    house.deciding.settle()
    began = time.monotonic()
    for place, home in enumerate(homes):
        due = began + spread * place / len(homes)
        time.sleep(max(0.0, due - time.monotonic()))
        _happens(house, range(home, home + 1))
    time.sleep(second)
    until(lambda: len(_rung(house)) >= len(homes), _PATIENCE_S, look_s=1.0)
    return _rung(house)


def _rung(house: Telling) -> list[float]:
    with house.database.read() as db:
        kinds = ["DeadlinePassed", "StepTaken", "AlertRaised"]
        log = read(db, 0, limit=10_000_000, types=kinds)
    due = {
        r.position: r.event.due for r in log
        if isinstance(r.event, DeadlinePassed) and r.event.timer.startswith("alert:")
    }  # fmt: skip
    assert any(isinstance(r.event, AlertRaised) for r in log)
    return [
        (r.recorded_at - due[r.meta["cause"]]) / SECOND for r in log
        if isinstance(r.event, StepTaken) and r.meta.get("cause") in due
    ]  # fmt: skip


def main() -> int:
    """0 when every alarm was told."""
    asked = arguments()

    def one(folder: Path, places: Places, kind: str, _number: int) -> dict[str, Any]:
        (folder / "storm").mkdir()
        with places.fresh(kind, folder / "storm") as address:
            storm = apart(storm_round, address, asked.alarms, asked.dark, asked.within)
        with places.fresh(kind, folder) as address:
            return storm | apart(one_round, address, asked.alarms, asked.open, asked.spread)

    on, cases = program.measured(asked, {kind: kind for kind in program.databases_of(asked)}, one)
    title = f"telling people: {asked.alarms} alarms alone and at once, {asked.open} open alerts"
    program.told(asked, "telling", title, ROWS, on, cases)
    return 1 if any(each["untold"] or each["storm_untold"] for _, rounds in cases for each in rounds) else 0


if __name__ == "__main__":
    sys.exit(main())
