"""What a tick of the timers costs: it must follow what is due, not how many homes there are.

Each home has three timers in the future, and twenty are due now whatever the number of homes. Measured are a tick that
finds nothing, the tick that rings the twenty, and the engine's turn that answers them.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from measuring import program, town
from measuring.apart import apart
from measuring.figures import Row
from measuring.places import Places
from sqlalchemy import Connection, insert, text

from alerts.engine import Engine
from alerts.timers import Poller, Timer, set_timers, timers
from events.database import Database
from events.store import New, append
from events.types.fact import HOUR
from events.types.home import DeviceAssigned, HomeEnrolled
from ingest.caught_up import move_mark
from shouwang.moment import now

DUE = 20
_TURNS = 30
_AT_ONCE = 5_000
_NAMES = ("rule:no_activity", "rule:dark_and_quiet", "rule:device_silent")

ROWS = {
    "nothing_us": Row("a tick that finds nothing, microseconds"),
    "ring_us": Row(f"a tick that rings {DUE}, microseconds"),
    "engine_us": Row(f"the engine's answer to {DUE}, microseconds"),
    "growth": Row("all three to those of the fewest homes", ".2f", aim=2.0, at_most=True),
}


def ticks(address: str | Path, homes: int) -> dict[str, Any]:
    """Medians over some turns, in microseconds."""
    database, at = town.new_database(address), now()
    _enrol(database, homes, at - HOUR)
    engine = Engine(database, now)
    while engine.step(0):
        pass
    engine.commit()
    _sleep(database, homes, at + 10 * HOUR)
    poller = Poller(database, now, on_fatal=_raise)
    nothing, ring, answer = [], [], []
    for turn in range(_TURNS):
        nothing.append(_took(poller.tick, 0))
        database.write(lambda db, turn=turn: _make_due(db, turn, homes))
        ring.append(_took(poller.tick, DUE))
        answer.append(_took(lambda: engine.step(0), DUE))
        engine.commit()
        while engine.step(0):  # what it decided itself
            pass
    database.close()
    return {"nothing_us": median(nothing), "ring_us": median(ring), "engine_us": median(answer)}


def _took(work: Callable[[], int], expected: int) -> float:
    began = time.perf_counter()
    done = work()
    took = time.perf_counter() - began
    if done != expected:
        raise AssertionError(f"{done} instead of {expected} were due")
    return took * 1e6


def _enrol(database: Database, homes: int, at: int) -> None:
    """Straight into the log: importing a register of 100,000 homes is another matter."""
    for start in range(0, homes, _AT_ONCE):
        news = []
        after = {}
        for home in range(start, min(homes, start + _AT_ONCE)):
            name, site = f"h{home}", f"s{home // 5:05d}"
            after[f"home-{name}"] = 0
            enrolled = HomeEnrolled(home=name, site=site, no_activity_s=43_200)
            sensor = DeviceAssigned(
                device=f"{site}/hall-{home}", home=name, since=at, model="motion-pir", kind="motion", battery=True
            )
            news += [New(f"home-{name}", site, event, at, key=None) for event in (enrolled, sensor)]
        database.write(lambda db, news=news, after=after, at=at: append(db, news, recorded_at=at, after=after))


def _sleep(database: Database, homes: int, due: int) -> None:
    """All timers of all homes lie in the future; ingest has heard everything."""
    rows = [
        {"owner": f"h{home}", "timer": name, "site": f"s{home // 5:05d}", "due": due + home, "waits": 1}
        for home in range(homes)
        for name in _NAMES
    ]

    def work(db: Connection) -> None:
        db.execute(text("DELETE FROM timers"))
        for start in range(0, len(rows), _AT_ONCE):
            db.execute(insert(timers), rows[start : start + _AT_ONCE])
        move_mark(db, now() + HOUR)

    database.write(work)
    if database.address and str(database.address).startswith("postgresql"):
        database.write(lambda db: db.execute(text("ANALYZE timers")))


def _make_due(db: Connection, turn: int, homes: int) -> None:
    """Of these homes the timer of one rule is due now."""
    owners = [(turn * DUE + n) % homes for n in range(DUE)]
    wanted = {(f"h{home}", _NAMES[0]): Timer(f"s{home // 5:05d}", now() - 1, waits=True) for home in owners}
    set_timers(db, wanted)


def _raise(failure: BaseException) -> None:
    raise failure


def main() -> int:
    """0 when every tick rang what was due and nothing else."""
    parser = program.options(__doc__ or "", rounds=1)
    parser.add_argument("--homes", type=int, action="append", help="may be given again (default: 100, 10000, 100000)")
    asked = parser.parse_args()
    sizes = asked.homes or [100, 10_000, 100_000]

    def one(folder: Path, places: Places, case: tuple[str, int], _number: int) -> dict[str, Any]:
        with places.fresh(case[0], folder) as address:
            return apart(ticks, address, case[1])

    several = {f"{kind}, {homes:,}": (kind, homes) for kind in program.databases_of(asked) for homes in sizes}
    on, cases = program.measured(asked, several, one)
    fewest = {several[name][0]: rounds for name, rounds in reversed(cases)}
    for name, rounds in cases:
        for mine, least in zip(rounds, fewest[several[name][0]], strict=True):
            mine["growth"] = _whole(mine) / _whole(least)
    program.told(asked, "tick", f"ticks of the timers, {DUE} due, by the number of homes", ROWS, on, cases)
    return 0


def _whole(one: dict[str, Any]) -> float:
    return float(one["nothing_us"] + one["ring_us"] + one["engine_us"])


if __name__ == "__main__":
    sys.exit(main())
