"""Side by side with Node-RED: the highest rate each holds for a minute, ending at most a second behind its publishers.

The same job on the same machine: at QoS 1 from the same embedded broker with live publishers, a state per home, every
message into SQLite (WAL, synchronous=FULL), an HTTP call for an alarm. Node-RED is fetched by npm into a cache folder.
A bare loop beside them takes every message, asks for an alarm and keeps nothing: more no paho client holds on this machine.
"""

import argparse
import asyncio
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import figures, holding, nodered, program, town
from measuring.bare_loop import bare_loop, counter
from measuring.figures import Row
from measuring.holding import Step, System
from measuring.machine import machine
from measuring.running import service

from shouwang.moment import now

CACHE = Path.home() / ".cache" / "shouwang-measuring"
_COUNTED = (
    "SELECT count(*) FROM events WHERE type IN ('OccupancyReported', 'HeartbeatReceived', 'CarbonMonoxideReported')"
)

_NO_PRECEDENCE = {"SHOUWANG_PRECEDENCE": "none"}
"""On equal terms: nobody has told the machine to run Node-RED before other programs."""

_NAMES = ("node-red", "shouwang", "bare loop")

ROWS = {
    "held_per_s": Row("highest rate held, messages/s"),
    "to_node_red": Row("to Node-RED's", ".2f", aim=2.0),
    "behind_s": Row("behind at the end, s", ".2f", aim=1.0, at_most=True),
    "late_s": Row("publishers behind their plan, s", ".2f"),
    "cores": Row("cores used by the process", ".2f"),
}


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = program.options(__doc__ or "", rounds=1, databases=())
    parser.add_argument("--seconds", type=float, default=60.0, help="how long a rate must be held (default 60)")
    parser.add_argument("--step", type=float, default=10.0, help="seconds of a step of the search (default 10)")
    parser.add_argument("--homes", type=int, default=144, help="of five devices each (default 144)")
    parser.add_argument("--start", type=float, default=2000.0, help="first rate tried, messages/s (default 2000)")
    parser.add_argument("--most", type=float, default=100_000.0, help="no higher rate is tried")
    parser.add_argument("--only", action="append", choices=_NAMES, help="these of them; without Node-RED no ratio")
    parser.add_argument(
        "--broker-in",
        type=Path,
        metavar="FOLDER",
        help="its messages lie there, for all alike (/dev/shm: no disk of its ends the rate)",
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"where Node-RED is kept (default {CACHE})")
    return parser.parse_args()


def ours(homes: int) -> System:
    """The whole service as `shouwang up` runs it: door, log, rules, planner, senders, projections, console."""

    @contextmanager
    def opened(folder: Path, mqtt_url: str, provider_port: int) -> Iterator[int]:
        database = town.new_database(folder / "shouwang.db")
        town.settle(database, homes, now())
        database.close()
        with service(folder, folder / "shouwang.db", mqtt_url, provider_port, more=_NO_PRECEDENCE) as pid:
            yield pid

    def stored(folder: Path) -> int:
        with sqlite3.connect(folder / "shouwang.db") as db:
            return int(db.execute(_COUNTED).fetchone()[0])

    return System(opened, stored)


def theirs(cache: Path) -> System:
    """Node-RED with one flow."""
    return System(lambda folder, mqtt_url, port: nodered.node_red(cache, folder, mqtt_url, port), nodered.rows)


def bare() -> System:
    """Who only takes."""
    taken = counter()
    return System(lambda _, mqtt_url, port: bare_loop(mqtt_url, port, taken), lambda _: taken.value)


def main() -> int:
    """0 when each held some rate."""
    asked = arguments()
    systems = dict(zip(_NAMES, (theirs(asked.cache), ours(asked.homes), bare()), strict=True))
    names = [name for name in systems if name in (asked.only or systems)]
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with program.room(asked) as (folder, _):
        on = {**machine(folder), **(nodered.versions(asked.cache) if "node-red" in names else {})}
        for number in range(asked.rounds):
            for name in names:
                taken[name].append(_found(name, systems[name], folder / "step", asked, number))
    if "node-red" in names:
        for name in set(names) - {"node-red"}:
            for one, other in zip(taken[name], taken["node-red"], strict=True):
                one["to_node_red"] = one["held_per_s"] / other["held_per_s"]
    title = f"highest rate held for {asked.seconds:g} s, {asked.homes} homes"
    program.told(asked, "node-red-in-memory" if asked.broker_in else "node-red", title, ROWS, on, list(taken.items()))
    return 0


def _found(name: str, system: System, folder: Path, asked: argparse.Namespace, number: int) -> dict[str, Any]:
    steps: list[Step] = []

    def step(rate: float, seconds: float) -> Step:
        folder.mkdir()
        try:
            with tempfile.TemporaryDirectory(dir=asked.broker_in or folder) as brokers:
                one = holding.one_step(folder, Path(brokers), system, rate, seconds, asked.homes, seed=number)
                return asyncio.run(one)
        finally:
            shutil.rmtree(folder)

    def say(done: Step) -> None:
        steps.append(done)
        word = "held" if done.held else "not held"
        figures.err.print(
            f"{name}: {done.rate:,.0f}/s for {done.seconds:g} s {word}, {done.behind_s:.2f} s behind, publishers "
            f"{done.late_s:.2f} s late, {done.lost} lost"
        )

    best = holding.highest(step, start=asked.start, most=asked.most, short_s=asked.step, long_s=asked.seconds, say=say)
    return {**holding.figures(best), "steps": [{**done._asdict(), "held": done.held} for done in steps]}


if __name__ == "__main__":
    sys.exit(main())
