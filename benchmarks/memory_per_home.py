"""Memory per home: what engine, planner and door keep for one, at 20, 1,000 and 10,000 homes.

Counted by tracemalloc, which sees every object of Python: the four are opened on a log and follow all that the devices
have said. The same is counted for a house of two homes; what more is held is divided by the homes that are more, and what
two homes leave over is what the house holds whatever their number (statements, decoders, a connection). Once more after
they were opened anew from their snapshots.
"""

import gc
import itertools
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

from measuring import program, town
from measuring.apart import apart
from measuring.figures import Row
from measuring.history import settled_town
from measuring.memories import save_sequences
from measuring.places import Places

from alerts.engine import Engine
from alerts.planner import Planner
from events.database import Database
from events.keepers import make_database
from ingest.known import Known
from ingest.service import remembered
from shouwang.moment import now

ROWS = {
    "bytes_per_home": Row("bytes a home, after the facts", aim=4096, at_most=True),
    "after_start": Row("bytes a home, opened anew from snapshots", aim=4096, at_most=True),
    "engine": Row("of it the engine (after the facts)"),
    "planner": Row("of it the planner"),
    "known": Row("of it which devices are known"),
    "sequences": Row("of it the numbers of the devices' reports"),
    "house_kib": Row("the same for any number of homes, KiB", ".0f"),
}
_FEW = 2
"""Homes of the house that is held against."""
_PAGE = 5_000


def held(folder: Path, places: Places, homes: int, facts: int) -> dict[str, Any]:
    """Bytes for each home more than a few, and what the few leave over. Each house is counted in a process of its own."""

    def house(count: int) -> dict[str, float]:
        here = folder / f"of-{count}"
        here.mkdir()
        with places.fresh("sqlite", here) as address:
            parts = apart(held_by, address, count, facts)
            return {**parts, "all": sum(parts.values()), "after_start": apart(held_after_start, address)}

    few, many = house(_FEW), house(homes)
    each = {name: (many[name] - few[name]) / (homes - _FEW) for name in many}
    whole = each.pop("all")
    return {**each, "bytes_per_home": whole, "house_kib": (few["all"] - _FEW * whole) / 1024}


def held_by(address: str | Path, homes: int, facts: int) -> dict[str, float]:
    """Bytes of each of the four, all facts followed."""
    database = town.new_database(address)
    settled_town(database, homes, homes * 5 * facts)
    database.close()
    warm()
    database = make_database(address)
    tracemalloc.start()
    taken = {"first": _now_held()}
    engine = Engine(database, now)
    while engine.step(0, _PAGE):
        pass
    engine.commit()
    taken["engine"] = _now_held()
    planner = Planner(database, now, channel="logbook")
    while planner.step(0, _PAGE):
        pass
    planner.commit()
    taken["planner"] = _now_held()
    known = Known(database)
    known.refresh()
    taken["known"] = _now_held()
    sequences = remembered(database)
    save_sequences(database, sequences)
    taken["sequences"] = _now_held()
    del engine, planner, known, sequences
    database.close()
    tracemalloc.stop()
    return {name: float(taken[name] - taken[before]) for before, name in itertools.pairwise(taken)}


def held_after_start(address: str | Path) -> float:
    """Bytes of the four opened on their snapshots."""
    warm()
    database = make_database(address)
    tracemalloc.start()
    before = _now_held()
    everything = _all_four(database)
    more = float(_now_held() - before)
    del everything
    database.close()
    return more


def warm() -> None:
    """What is made once in a process: modules, decoders, caches of the libraries."""
    with tempfile.TemporaryDirectory() as folder:
        database = town.new_database(Path(folder) / "small.db")
        settled_town(database, 2, 200)
        engine, planner, _, sequences = _all_four(database)
        while engine.step(0) + planner.step(0):
            pass
        engine.commit()
        planner.commit()
        save_sequences(database, sequences)
        _all_four(database)
        database.close()


def _all_four(database: Database) -> tuple[Any, ...]:
    engine, planner, known = Engine(database, now), Planner(database, now, channel="logbook"), Known(database)
    known.refresh()
    return engine, planner, known, remembered(database)


def _now_held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def main() -> int:
    """0 when it was counted."""
    parser = program.options(__doc__ or "", rounds=1, databases=())
    parser.add_argument("--homes", type=int, action="append", help="may be given again (default: 20, 1000, 10000)")
    parser.add_argument("--facts", type=int, default=8, help="of each device (default 8)")
    asked = parser.parse_args()

    def one(folder: Path, places: Places, homes: int, _number: int) -> dict[str, Any]:
        return held(folder, places, homes, asked.facts)

    sizes = {f"{homes:,} homes": homes for homes in asked.homes or (20, 1_000, 10_000)}
    on, cases = program.measured(asked, sizes, one)
    title = f"memory a home of five devices, {asked.facts} reports of each"
    program.told(asked, "memory", title, ROWS, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
