"""What all measuring programs have in common: their options, rounds in folders of their own, and how they end."""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import documenting, figures
from measuring.figures import Case, Row
from measuring.machine import machine
from measuring.places import KINDS, Places

Measure = Callable[[Path, Places, Any, int], dict[str, Any]]
"""Folder of the round, databases, the case, the number of the round -> its figures."""


def options(about: str, *, rounds: int, databases: Sequence[str] = KINDS) -> argparse.ArgumentParser:
    """Those that every program has; `databases` empty: it needs none to choose from."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"default {rounds}")
    if databases:
        parser.add_argument(
            "--database", choices=KINDS, action="append", help="may be given twice (default: both)", dest="databases"
        )
    parser.add_argument("--folder", type=Path, help="where the files go; its disk is measured (default: a new one)")
    parser.add_argument("--save", action="store_true", help="write docs/performance/latest-*.json and the tables")
    return parser


@contextmanager
def room(asked: argparse.Namespace) -> Iterator[tuple[Path, Places]]:
    """A new folder for the whole run, cleared away at the end. Others must be able to pass through it: the server's."""
    folder = Path(tempfile.mkdtemp(prefix="measuring-", dir=asked.folder))
    folder.chmod(0o711)
    try:
        with Places(folder) as places:
            yield folder, places
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(
    asked: argparse.Namespace, cases: Mapping[str, Any], measure: Measure
) -> tuple[dict[str, Any], list[Case]]:
    """Every case in every round, so that what the machine does meanwhile meets all alike. The machine, the cases."""
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in cases}
    with room(asked) as (folder, places), figures.progress() as bar:
        on = machine(folder)
        task = bar.add_task("", total=asked.rounds * len(cases))
        for number in range(asked.rounds):
            for name, case in cases.items():
                bar.update(task, description=name)
                place = folder / "round"
                place.mkdir()
                taken[name].append(measure(place, places, case, number))
                shutil.rmtree(place)
                bar.advance(task)
    return on, list(taken.items())


def databases_of(asked: argparse.Namespace) -> tuple[str, ...]:
    """The databases asked for, else both."""
    return tuple(dict.fromkeys(asked.databases)) if asked.databases else KINDS


def told(asked: argparse.Namespace, name: str, title: str, rows: Mapping[str, Row], on: Any, cases: list[Case]) -> None:
    """Print; with --save also write the file and the tables of the documentation."""
    figures.show(title, rows, cases, on)
    if asked.save:
        figures.err.print(f"written: {figures.save(name, on, rows, cases)}")
        documenting.write()
