"""How figures are told: the median over the rounds with its spread, as a table and, on request, as a file."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "performance"
err = Console(stderr=True)


class Spread(NamedTuple):
    """Over the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of one value a round."""
        return cls(median(values), min(values), max(values))

    def told(self, form: str) -> str:
        """Median and, of several rounds, the spread behind it; each number in this format."""
        middle = f"{self.median:{form}}"
        return middle if self.least == self.most else f"{middle} ({self.least:{form}} - {self.most:{form}})"


class Row(NamedTuple):
    """One figure: how it is called, its format, and its aim where it has one (`at_most`: less is better)."""

    told: str
    form: str = ",.0f"
    aim: float | None = None
    at_most: bool = False

    def misses(self, value: float) -> bool:
        """Whether the aim is not reached."""
        return self.aim is not None and (value > self.aim if self.at_most else value < self.aim)

    @property
    def wanted(self) -> str:
        """The aim in words."""
        return "" if self.aim is None else f"{'≤' if self.at_most else '≥'} {self.aim:{self.form}}"


Case = tuple[str, Sequence[dict[str, Any]]]
"""What was varied (the database, the number of homes), and a row of figures for each round."""


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest that this share of all does not exceed (nearest rank): nothing is made up between two; 0 of none."""
    return sorted(values)[max(0, ceil(len(values) * share) - 1)] if values else 0.0


def progress() -> Progress:
    """On stderr, so that the table can be redirected."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=err, transient=True,
    )  # fmt: skip


def show(title: str, rows: Mapping[str, Row], cases: Iterable[Case], on: Mapping[str, Any]) -> None:
    """Print the machine, then the table: a row a figure, a column a case; what misses its aim is marked."""
    out = Console(width=None if sys.stdout.isatty() else 140)
    out.print(", ".join(f"{name} {value}" for name, value in on.items()), style="dim", markup=False)
    out.print(_table(title, rows, list(cases)))


def _table(title: str, rows: Mapping[str, Row], cases: list[Case]) -> Table:
    table = Table("", *(name for name, _ in cases), title=title)
    aimed = any(row.aim is not None for row in rows.values())
    if aimed:
        table.add_column("aim")
    for column in table.columns[1:]:
        column.justify = "right"
    for key, row in rows.items():
        cells = []
        for _, rounds in cases:
            spread = spread_of(rounds, key)
            cells.append("" if spread is None else spread.told(row.form) + " !" * row.misses(spread.median))
        table.add_row(row.told, *cells, *[row.wanted] * aimed)
    return table


def spread_of(rounds: Sequence[Mapping[str, Any]], key: str) -> Spread | None:
    """Of one figure over the rounds; None where it was not taken."""
    values = [one[key] for one in rounds if key in one]
    return Spread.of(values) if values else None


def save(name: str, on: Mapping[str, Any], rows: Mapping[str, Row], cases: Sequence[Case]) -> Path:
    """Write `docs/performance/latest-<name>.json`: command, machine, every round, medians and spreads."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"latest-{name}.json"
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    told = {
        "command": command,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": dict(on),
        "rows": {key: row._asdict() for key, row in rows.items()},
        "cases": [
            {
                "case": case,
                "summary": {key: spread._asdict() for key in rows if (spread := spread_of(rounds, key)) is not None},
                "rounds": list(rounds),
            }
            for case, rounds in cases
        ],
    }
    file.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return file
