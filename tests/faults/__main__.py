"""Runs rounds of faults: `python -m tests.faults [--only NAME] [--seed N] [--scale X] [--database KIND]`."""

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tests.faults.report import Told, commit, keep, machine
from tests.faults.round import Ground, Outcome, Round, Store
from tests.faults.rounds import ROUNDS
from tests.postgres import Databases, databases

err = Console(stderr=True)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this round; may be said again")
    parser.add_argument("--seed", type=int, default=1, help="what is random follows from it (default 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="less than 1 shortens the load (default 1)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="default: both, where the round has both")
    parser.add_argument("--folder", type=Path, help="where the rounds keep their files (default: a new one)")
    parser.add_argument("--list", action="store_true", help="name the rounds and end")
    parser.add_argument("--write", action="store_true", help="enter the outcome into docs/reliability.md in any case")
    return parser


def run(
    each: Round, database: Store, seed: int, scale: float, server: Databases | None, place: Path, say: "Say"
) -> Outcome:
    """One round on one database; what it raises is its failure."""
    place.mkdir(parents=True)
    try:
        with contextlib.ExitStack() as stack:
            address = str(place / "round.db")
            if database == "postgresql":
                assert server is not None
                address = stack.enter_context(server.fresh(empty=True))
            return each.run(Ground(place, seed, database, address, scale, say))
    except Exception as broken:
        where = traceback.format_exc(limit=-3)
        return Outcome(failures=[f"the round itself broke: {type(broken).__name__}: {broken}\n{where}"])


class Say:
    """What a round says goes into the line of its progress."""

    def __init__(self, bar: Progress, task: int, name: str) -> None:
        self._bar, self._task, self._name = bar, task, name

    def __call__(self, words: str) -> None:
        self._bar.update(self._task, description=f"{self._name}: {words}")  # type: ignore[arg-type]


@contextlib.contextmanager
def _server(wanted: bool) -> Iterator[Databases | None]:
    made = databases() if wanted else None
    try:
        yield made
    finally:
        if made is not None:
            made.close()


def main() -> int:
    """0 when all survived, 1 when something failed, 2 when there is no such round."""
    asked = arguments().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that service and broker of the round end with us
    if asked.list:
        for each in ROUNDS:
            err.print(f"[bold]{each.name}[/] ({', '.join(each.databases)}): {each.about}", highlight=False)
        return 0
    if unknown := set(asked.only) - {each.name for each in ROUNDS}:
        err.print(f"no such round: {', '.join(sorted(unknown))}; --list names them")
        return 2
    chosen = [
        (each, database) for each in ROUNDS for database in each.databases
        if (not asked.only or each.name in asked.only) and asked.database in {None, database}
    ]  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=asked.folder))
    told: list[Told] = []
    whole = asked.scale == 1 and not asked.only and asked.database is None
    on, at, tree = machine(folder), time.strftime("%Y-%m-%d", time.gmtime()), commit()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with _server(any(d == "postgresql" for _, d in chosen)) as server, Progress(*columns, console=err) as bar:
        task = bar.add_task("", total=len(chosen))
        for each, database in chosen:
            say = Say(bar, task, f"{each.name} on {database}")
            say("begins")
            place, began = folder / f"{each.name}-{database}", time.monotonic()
            outcome = run(each, database, asked.seed, asked.scale, server, place, say)
            told.append(
                Told(each.name, database, asked.seed, asked.scale, round(time.monotonic() - began, 1), tree, at, on,
                     outcome.figures, outcome.failures)
            )  # fmt: skip
            _show(told[-1], place)
            bar.advance(task)
            if whole or asked.write:  # at once: what has run is on record, whatever becomes of the rest
                keep(told[-1], ROUNDS, anew=whole and len(told) == 1)
    with contextlib.suppress(OSError):
        folder.rmdir()  # only where nothing failed
    return 1 if any(each.failures for each in told) else 0


def _show(told: Told, place: Path) -> None:
    figures = ", ".join(f"{name} {figure}" for name, figure in told.figures.items())
    err.print(
        f"{'[red]failed[/]' if told.failures else '[green]survived[/]'} {told.name} on {told.database} "
        f"in {told.took_s:.0f} s: {figures}", highlight=False,
    )  # fmt: skip
    if not told.failures:
        shutil.rmtree(place, ignore_errors=True)
        return
    for failure in told.failures:
        err.print(f"  {failure}", markup=False, highlight=False)
    err.print(f"  its files: {place}\n  again: {told.again}", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
