"""Start-up behind a long log: from the start of the process until it hears and answers, with a million facts behind it.

The log is made once for each database and followed to its end by engine, planner, projections and the door's memory,
so that all have their snapshots, as after a service that was stopped. Each round starts the whole service on it anew.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import figures, lines, program, town
from measuring.apart import apart
from measuring.figures import Case, Row
from measuring.history import settled_town
from measuring.machine import machine
from measuring.memories import save_sequences
from measuring.running import service

from alerts.engine import Engine
from alerts.planner import Planner
from alerts.projections.projector import Projector
from ingest.broker import Broker
from ingest.service import remembered
from shouwang.moment import now

ROWS = {
    "well_s": Row("until it is well: console, rules, everything heard, s", ".1f", aim=10.0, at_most=True),
    "facts": Row("facts in the log"),
}


def prepare(address: str | Path, homes: int, facts: int) -> None:
    """A log whose readers all stand at its end."""
    database = town.new_database(address)
    settled_town(database, homes, facts)
    engine, planner = Engine(database, now), Planner(database, now, channel="twilio_sms")
    while engine.step(0, 5_000) + planner.step(0, 5_000):
        pass
    engine.commit()
    planner.commit()
    projector = Projector(database)
    while projector.step():
        pass
    projector.stop()
    save_sequences(database, remembered(database))
    database.close()


def started(folder: Path, address: str | Path, mqtt_url: str) -> float:
    """Seconds until /health says that all is well."""
    began = time.monotonic()
    with service(folder, address, mqtt_url, lines.free_port()):
        return time.monotonic() - began


def _rounds(
    asked: argparse.Namespace, folder: Path, address: str | Path, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    say("a long log")
    apart(prepare, address, asked.homes, asked.facts)
    broker = Broker(folder / "broker", port=lines.free_port())
    broker.start()
    try:
        broker.wait_ready()
        taken = []
        for number in range(asked.rounds):
            say(f"start {number + 1}")
            took = started(folder, address, broker.service_url)
            taken.append({"well_s": took, "facts": asked.facts})
        return taken
    finally:
        broker.stop()


def main() -> int:
    """0 when it became well each time."""
    parser = program.options(__doc__ or "", rounds=3)
    parser.add_argument("--facts", type=int, default=1_000_000, help="in the log (default 1000000)")
    parser.add_argument("--homes", type=int, default=1_000, help="of five devices each (default 1000)")
    asked = parser.parse_args()
    cases: list[Case] = []
    with program.room(asked) as (folder, places), figures.progress() as bar:
        on = machine(folder)
        task = bar.add_task("", total=None)
        for kind in program.databases_of(asked):
            place = folder / kind
            place.mkdir()
            with places.fresh(kind, place) as address:
                say = lambda word, kind=kind: bar.update(task, description=f"{kind}: {word}")  # noqa: E731
                cases.append((kind, _rounds(asked, place, address, say)))
    program.told(asked, "start", f"start-up behind {asked.facts:,} facts of {asked.homes:,} homes", ROWS, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
