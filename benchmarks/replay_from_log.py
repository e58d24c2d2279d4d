"""From the log through the rules: how many facts a second engine and planner read and decide, from the database alone.

No broker and no door: what they would have to do after a long standstill, or when everything is decided anew.
"""

import sys
import time
from pathlib import Path
from typing import Any

from measuring import program, town
from measuring.apart import apart
from measuring.figures import Row
from measuring.history import settled_town
from measuring.places import Places

from alerts.engine import Engine
from alerts.planner import Planner
from events.keepers import make_database
from events.store import head
from shouwang.moment import now

ROWS = {
    "facts_per_s": Row("facts/s", aim=50_000),
    "cpu_us": Row("processor a fact, microseconds (without the database server)", ".1f"),
    "engine_share": Row("of it the engine", ".0%"),
}


def replay(address: str | Path, homes: int, facts: int) -> dict[str, Any]:
    """Both readers from the beginning of the log to its end."""
    database = town.new_database(address)
    settled_town(database, homes, facts)
    database.close()
    database = make_database(address)
    engine, planner = Engine(database, now), Planner(database, now, channel="logbook")
    began, spent, engines = time.monotonic(), time.process_time(), 0.0
    while True:
        before = time.process_time()
        read = engine.step(0)
        engines += time.process_time() - before
        if not read + planner.step():
            break
    engine.commit()
    planner.commit()
    took, spent = time.monotonic() - began, time.process_time() - spent
    with database.read() as db:
        assert engine.follower.position == planner.follower.position == head(db) >= facts
    database.close()
    return {"facts_per_s": facts / took, "cpu_us": spent * 1e6 / facts, "engine_share": engines / spent}


def main() -> int:
    """0 when both readers reached the end of the log."""
    parser = program.options(__doc__ or "", rounds=3)
    parser.add_argument("--facts", type=int, default=200_000, help="default 200000")
    parser.add_argument("--homes", type=int, default=1000, help="of five devices each (default 1000)")
    asked = parser.parse_args()

    def one(folder: Path, places: Places, kind: str, _number: int) -> dict[str, Any]:
        with places.fresh(kind, folder) as address:
            return apart(replay, address, asked.homes, asked.facts)

    on, cases = program.measured(asked, {kind: kind for kind in program.databases_of(asked)}, one)
    title = f"replay of {asked.facts} facts of {asked.homes} homes through the rules"
    program.told(asked, "replay", title, ROWS, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
