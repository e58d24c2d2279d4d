"""Learning a night: every home of a county has lived a day; its line is fitted anew and committed.

Beside it, in the same round, the arithmetic alone (the fit of each home's pages in memory, no database), which is what no
arrangement around it can undercut.
"""

import sys
import time
from pathlib import Path
from random import Random
from typing import Any

from measuring import program
from measuring.figures import Row
from measuring.places import Places

from alerts.core.routine.line import learn
from alerts.learning import Learner
from alerts.seats import LEARNER
from events.database import Database
from events.follow import save_bookmark
from events.keepers import make_database
from events.store import New, append, head
from events.types.fact import MINUTE
from events.types.routine import DayLived, LineTerms, Silence
from shouwang.moment import now

ROWS = {
    "seconds": Row("a night, in seconds", form=".1f"),
    "ms_a_home": Row("a home, ms", form=".2f"),
    "fit_ms": Row("of it the fit alone, ms", form=".2f"),
    "to_fit": Row("the whole to the fit alone", form=".2f"),
}
_TERMS = LineTerms(cap_s=43_200, most_s=50_400, neighbours=6)


def pages(home: str, days: int, first: int, rng: Random) -> list[DayLived]:
    """Some thirty silences a day, as a lively home has them."""
    return [
        DayLived(home=home, site=f"s{home[1:3]}", day=first + n, terms=_TERMS, silences=[
            Silence(until, rng.randrange(15, 60) if until > 420 else rng.randrange(30, 200), 0)
            for until in sorted(rng.sample(range(60, 1440), 30))
        ])
        for n in range(days)
    ]  # fmt: skip


def lived(database: Database, homes: int, rng: Random) -> list[list[DayLived]]:
    """The last 45 days of every home lie in the log, the newest behind the learner's bookmark."""
    known = [pages(f"h{n:05}", 45, 20_000, rng) for n in range(homes)]
    for which in (slice(0, 44), slice(44, 45)):
        news = [New(f"home-{p.home}", p.site, p, now(), key=f"lived-{p.day}") for each in known for p in each[which]]
        if which.start:
            database.write(lambda db: save_bookmark(db, LEARNER, head(db)))
        for at in range(0, len(news), 5000):
            part = news[at : at + 5000]
            database.write(lambda db, part=part: append(db, part, recorded_at=now() + MINUTE))
    return known


def main() -> int:
    """0 measured."""
    parser = program.options(__doc__, rounds=3)
    parser.add_argument("--homes", type=int, default=10_000, help="default 10,000")
    asked = parser.parse_args()

    def measure(folder: Path, places: Places, kind: str, number: int) -> dict[str, Any]:
        with places.fresh(kind, folder) as address:
            database = make_database(address)
            database.create()
            known = lived(database, asked.homes, Random(f"night {number}"))
            learner = Learner(database, now)
            began = time.perf_counter()
            while learner.position < learner.end():
                learner.step()
            took = time.perf_counter() - began
            database.close()
        began = time.perf_counter()
        for each in known[:: max(1, asked.homes // 500)]:
            learn(each, _TERMS)
        fit = (time.perf_counter() - began) / len(known[:: max(1, asked.homes // 500)])
        return {
            "seconds": took, "ms_a_home": took / asked.homes * 1000, "fit_ms": fit * 1000,
            "to_fit": took / asked.homes / fit,
        }  # fmt: skip

    on, cases = program.measured(asked, {kind: kind for kind in program.databases_of(asked)}, measure)
    program.told(asked, "learning", "Learning a night", ROWS, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
