"""How soon a collapse is found and how often for nothing: the learned line beside a fixed limit of ten hours, on generated lives.

Each round lives a new set of homes from its own seed (simulators/months), in order, judged from the past only. A silence of
fifteen minutes or more with an alarm inside is one false alarm; what comes after a simulated collapse is cut off; a delay
counts at most 48 hours. Counted from day 30 on; a column more counts the days before the fifteenth. The lives are
invented: figures on them say how ways of judging compare, not what a real home will see (docs/backtest.md). Some of the homes
have no sensor at the front door or none that sees the bed: there an absence or a night looks like a fall, and no way of
judging can tell them apart; the homes that have both are counted once more by themselves. Seeds from 101 on were not looked at
while the rule was made. The figures do not depend on the machine: homes are judged on all its processors.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from measuring import program
from measuring.figures import Row
from measuring.places import Places

from alerts.backtest import Judged, judge_rows
from alerts.backtest.results import Delays, in_30_days
from alerts.backtest.rows import Row as Reading
from alerts.backtest.rows import read_rows
from simulators.months import live, write_rows
from simulators.months.habits import habits_of

ROWS = {
    "false_alarms": Row("false alarms in 30 days, all homes", form=".2f", aim=1, at_most=True),
    "worst_home": Row("false alarms in 30 days, worst home", form=".2f", aim=1.5, at_most=True),
    "homes_over": Row("homes with more than 1.5", form=".0f", aim=0, at_most=True),
    "median_h": Row("hours to suspected, median", form=".2f", aim=5, at_most=True),
    "p90_h": Row("hours to suspected, p90", form=".2f", aim=10, at_most=True),
    "equipped_false_alarms": Row("with front door and bed seen: false alarms in 30 days", form=".2f"),
    "equipped_median_h": Row("with front door and bed seen: hours, median", form=".2f"),
    "told_median_h": Row("hours to the first message, median", form=".2f"),
    "strays_median_h": Row("median with a lone trigger every 5 h", form=".2f"),
    "strays_cost": Row("so much longer by those triggers", form=".0%", aim=0.1, at_most=True),
    "early_false_alarms": Row("first 14 days: false alarms in 30 days", form=".2f"),
    "early_median_h": Row("first 14 days: hours to suspected, median", form=".2f"),
}
WAYS: dict[str, dict[str, Any]] = {
    "learned": {},
    "fixed 10 h": {"routine.on": 0},
}


def readings(folder: Path, seed: int, home: int, days: int) -> list[Reading]:
    """A life, by way of the file that anybody could bring."""
    path = folder / f"{seed}-{home}.tsv.gz"
    if not path.exists():
        write_rows(live(days, seed=seed, home=home).rows, path)
    return read_rows(path)


def judged_home(asked: tuple[Path, int, int, int, int, dict[str, Any]]) -> tuple[Judged, Judged]:
    """One home from its thirtieth day on, and its first fortnight."""
    folder, seed, home, days, collapses, way = asked
    rows = readings(folder, seed, home, days)
    late = judge_rows(
        rows, settings=way, after_days=min(30, days / 3), collapses=collapses, strays_every_h=5, seed=seed,
    )  # fmt: skip
    fortnight = [row for row in rows if row.at < rows[0].at + 16 * 86_400_000_000]
    return late, judge_rows(fortnight, settings=way, collapses=max(1, collapses // 5), seed=seed)


def main() -> int:
    """0 measured."""
    parser = program.options(__doc__, rounds=3, databases=())
    parser.add_argument("--homes", type=int, default=8, help="a round (default: %(default)s)")
    parser.add_argument("--days", type=int, default=100, help="of each (default: %(default)s)")
    parser.add_argument("--collapses", type=int, default=100, help="a home (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=101, help="of the first round (default: %(default)s)")
    asked = parser.parse_args()
    print(f"seeds {asked.seed} to {asked.seed + asked.rounds - 1}")

    def measure(folder: Path, _places: Places, way: dict[str, Any], number: int) -> dict[str, Any]:
        seed = asked.seed + number
        ways = [(folder, seed, home, asked.days, asked.collapses, way) for home in range(asked.homes)]
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            judged = list(pool.map(judged_home, ways))
        late, early = [one for one, _ in judged], [one for _, one in judged]
        has_both = [
            habits.front_door and habits.bed_seen for habits in (habits_of(seed, n) for n in range(asked.homes))
        ]
        equipped = [one for one, both in zip(late, has_both, strict=True) if both]
        span = sum(one.ends - one.judged_from for one in late)
        delays = pooled([one.delays for one in late])
        strays, first = pooled([one.delays_with_strays for one in late]), pooled([one.delays for one in early])
        return {
            "false_alarms": in_30_days(sum(one.false_alarms for one in late), span),
            "worst_home": max(one.false_alarms_30d for one in late),
            "homes_over": sum(one.false_alarms_30d > ROWS["worst_home"].aim for one in late),
            "median_h": delays.hours("suspected", 0.5), "p90_h": delays.hours("suspected", 0.9),
            "equipped_false_alarms": in_30_days(
                sum(one.false_alarms for one in equipped), sum(one.ends - one.judged_from for one in equipped)
            ),
            "equipped_median_h": pooled([one.delays for one in equipped]).hours("suspected", 0.5),
            "told_median_h": delays.hours("told", 0.5), "strays_median_h": strays.hours("suspected", 0.5),
            "strays_cost": strays.hours("suspected", 0.5) / max(0.01, delays.hours("suspected", 0.5)) - 1,
            "early_false_alarms": in_30_days(
                sum(one.false_alarms for one in early), sum(one.ends - one.begins for one in early)
            ),
            "early_median_h": first.hours("suspected", 0.5),
        }  # fmt: skip

    on, cases = program.measured(asked, WAYS, measure)
    program.told(asked, "collapse", "Finding a collapse", ROWS, on, cases)
    return 0


def pooled(parts: list[Delays]) -> Delays:
    """All homes together."""
    return Delays([d for one in parts for d in one.suspected], [d for one in parts for d in one.told])


if __name__ == "__main__":
    sys.exit(main())
