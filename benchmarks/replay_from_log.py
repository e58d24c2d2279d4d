"""From the log through the rules: how many facts a second engine and planner read and decide, from the database alone.

No broker and no door: what they would have to do after a long standstill, or when everything is decided anew. Once by one
process, and where processes may share a database once more by two of them, with two of the four seats each.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from measuring import program, town
from measuring.apart import apart
from measuring.figures import Row
from measuring.history import settled_town
from measuring.places import Places

from alerts.engine import Engine
from alerts.planner import Planner
from alerts.seats import WHOLE, Seat, seats_of
from events.keepers import make_database
from events.store import head
from shouwang.moment import now
from shouwang.tidying import tidy_rarely

ROWS = {
    "facts_per_s": Row("one process, facts/s", aim=50_000),
    "cpu_us": Row("processor a fact, microseconds (without the database server)", ".1f"),
    "engine_share": Row("of it the engine", ".0%"),
    "shared_per_s": Row("two processes that share the seats, facts/s", aim=50_000),
}
_PROCESSES = 2
_READY_S = 4.0
"""Both have begun to look at the clock by then."""


def build(address: str | Path, homes: int, facts: int) -> None:
    """A town whose devices have said so much."""
    database = town.new_database(address)
    settled_town(database, homes, facts)
    database.close()


def read_through(address: str | Path, seats: tuple[Seat, ...], at: float) -> dict[str, float]:
    """Both readers of these seats from the beginning of the log to its end, from the moment `at` on.

    Returns from when to when by the machine's monotonic clock, what it took of the processor, and of that the engines.
    """
    database = make_database(address)
    readers = [(Engine(database, now, seat=s), Planner(database, now, channel="logbook", seat=s)) for s in seats]
    tidy_rarely()  # as the service does
    time.sleep(max(0.0, at - time.monotonic()))
    since, spent, engines = time.monotonic(), time.process_time(), 0.0
    read = 1
    while read:
        before = time.process_time()
        read = sum(engine.step(0) for engine, _ in readers)
        engines += time.process_time() - before
        read += sum(planner.step() for _, planner in readers)
    for engine, planner in readers:
        engine.commit()
        planner.commit()
    through = {"since": since, "until": time.monotonic(), "spent": time.process_time() - spent, "engines": engines}
    with database.read() as db:
        assert all(reader.follower.position == head(db) for both in readers for reader in both)
    database.close()
    return through


def alone(address: str | Path, facts: int) -> dict[str, Any]:
    """One process reads everything."""
    done = apart(read_through, address, (WHOLE,), 0.0)
    return {
        "facts_per_s": facts / (done["until"] - done["since"]), "cpu_us": done["spent"] * 1e6 / facts,
        "engine_share": done["engines"] / done["spent"],
    }  # fmt: skip


def shared(address: str | Path, facts: int) -> dict[str, Any]:
    """As many as there are processes share the seats; done is when the last of them is."""
    seats = seats_of(shared=True)
    at = time.monotonic() + _READY_S
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as processes:
        under_way = [
            processes.submit(read_through, address, seats[number::_PROCESSES], at) for number in range(_PROCESSES)
        ]
        done = [each.result() for each in under_way]
    return {"shared_per_s": facts / (max(d["until"] for d in done) - min(d["since"] for d in done))}


def main() -> int:
    """0 when all readers reached the end of the log."""
    parser = program.options(__doc__ or "", rounds=3)
    parser.add_argument("--facts", type=int, default=200_000, help="default 200000")
    parser.add_argument("--homes", type=int, default=1000, help="of five devices each (default 1000)")
    asked = parser.parse_args()

    def one(folder: Path, places: Places, kind: str, _number: int) -> dict[str, Any]:
        with places.fresh(kind, folder) as address:
            apart(build, address, asked.homes, asked.facts)
            found = alone(address, asked.facts)
            return found | (shared(address, asked.facts) if kind == "postgresql" else {})

    on, cases = program.measured(asked, {kind: kind for kind in program.databases_of(asked)}, one)
    title = f"replay of {asked.facts} facts of {asked.homes} homes through the rules"
    program.told(asked, "replay", title, ROWS, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
