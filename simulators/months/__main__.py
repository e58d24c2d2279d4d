"""`python -m simulators.months --out FOLDER`: months of plausible life of some homes, a file each."""

import argparse
from datetime import date
from pathlib import Path
from random import Random

from simulators.months.living import live
from simulators.months.rows import write_rows


def main(argv: list[str] | None = None) -> int:
    """0: written; the seed is printed, so that the same lives can be made again."""
    parser = argparse.ArgumentParser(prog="python -m simulators.months", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--homes", type=int, default=8, help="how many (default: %(default)s)")
    parser.add_argument("--days", type=int, default=120, help="how long (default: %(default)s)")
    parser.add_argument("--begins", type=date.fromisoformat, default=date(2026, 9, 1), help="first day (%(default)s)")
    parser.add_argument("--seed", type=int, help="the same seed gives the same lives (default: a new one)")
    args = parser.parse_args(argv)
    seed = args.seed if args.seed is not None else Random().randrange(1, 1_000_000)
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"种子 seed {seed}")
    for home in range(args.homes):
        life = live(args.days, seed=seed, home=home, begins=args.begins)
        path = args.out / f"home-{seed}-{home}.tsv.gz"
        count = write_rows(life.rows, path)
        away = sum(span.end - span.start for span in life.away) / 60 / args.days
        print(f"{path}: {count} rows, {away:.1f} h a day away, unheard {len(life.unheard)} times")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
