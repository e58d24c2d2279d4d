"""A backtest in a process of its own: niced, with a limit of time, and away from whoever takes alarms.

The child is handed what to judge on its standard input, and says line by line how far it is and what it found.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, Final, NamedTuple

from alerts.backtest.over_log import Replayed, replay_log
from alerts.replay.source import DatabaseLog
from events.keepers import make_database
from events.precedence import stand_back

_MOST_DIFFERENCES: Final = 200


class Asked(NamedTuple):
    """What to judge: the database, the dangers, settings above its own, from when to when, and which homes (none: all)."""

    address: str
    dangers: Sequence[str]
    settings: dict[str, Any]
    since: int
    until: int
    homes: Sequence[str]


class NotFinished(Exception):
    """It took longer than it may; what was found until then is nothing to go by."""


class Failed(Exception):
    """The process ended otherwise than with a result."""


def judge_apart(
    asked: Asked, *, limit_s: float, progress: Callable[[float], None] = lambda _share: None
) -> list[dict[str, Any]]:
    """A result a danger, as plain data; `progress` hears shares of 1. Raises NotFinished, Failed."""
    child = subprocess.Popen(
        [sys.executable, "-m", "alerts.backtest"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    watch = threading.Timer(limit_s, end)
    watch.daemon = True
    watch.start()
    found: list[dict[str, Any]] | None = None
    try:
        with child:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(json.dumps(asked._asdict()))
            child.stdin.close()
            for line in child.stdout:
                said = json.loads(line)
                if "share" in said:
                    progress(said["share"])
                else:
                    found = said["found"]
    except (OSError, ValueError):
        if not late.is_set():
            raise Failed from None
    finally:
        watch.cancel()
        child.kill()
    if found is None:
        raise NotFinished if late.is_set() else Failed
    return found


def main() -> None:
    """The child's side."""
    stand_back()
    asked = Asked(**json.loads(sys.stdin.read()))
    database = make_database(asked.address)
    said = -1

    def step(number: int, done: int, total: int) -> None:
        nonlocal said
        share = int(100 * (number + done / max(1, total)) / len(asked.dangers))
        if share > said:
            said = share
            print(json.dumps({"share": share / 100}), flush=True)  # noqa: T201  # how the parent hears of it

    try:
        source = DatabaseLog(database)
        found = [
            _plain(danger, replay_log(
                source, danger, settings=asked.settings, since=asked.since, until=asked.until, homes=asked.homes,
                progress=lambda done, total, number=number: step(number, done, total),  # type: ignore[misc]  # bound now
            ))
            for number, danger in enumerate(asked.dangers)
        ]  # fmt: skip
    finally:
        database.close()
    print(json.dumps({"found": found}), flush=True)  # noqa: T201


def _plain(danger: str, judged: Replayed) -> dict[str, Any]:
    found: dict[str, Any] = {"danger": danger, "since": judged.since, "homes": judged.homes}
    for which in ("then", "now"):
        alarms = getattr(judged, which)
        waits = [(alarm.told_at - alarm.at) / 1_000_000 for alarm in alarms if alarm.told_at is not None]
        found[which] = {
            "alerts": len(alarms), "false": judged.false_alarms(which), "told_s": median(waits) if waits else None
        }  # fmt: skip
    found["more"] = max(0, len(judged.differences) - _MOST_DIFFERENCES)
    found["differences"] = [
        {"home": d.home, "what": d.what, "then": d.then, "now": d.now} for d in judged.differences[:_MOST_DIFFERENCES]
    ]
    return found
