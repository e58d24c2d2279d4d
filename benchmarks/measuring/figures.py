"""How figures are told: the median over the rounds with its spread, as a table and, on request, as a file."""

import json
import sys
from collections.abc import Iterable, Sequence
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

    def told(self, form: str) -> tuple[str, str]:
        """Median and spread, each number in this format."""
        return f"{self.median:{form}}", f"{self.least:{form}} - {self.most:{form}}"


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest that this share of all does not exceed (nearest rank): nothing is made up between two; 0 of none."""
    return sorted(values)[max(0, ceil(len(values) * share) - 1)] if values else 0.0


def progress() -> Progress:
    """On stderr, so that the table can be redirected."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=err, transient=True,
    )  # fmt: skip


def show(title: str, rows: Iterable[tuple[str, Spread, str]], on: dict[str, Any]) -> None:
    """Print the machine, then the table: name, median, spread."""
    out = Console(width=None if sys.stdout.isatty() else 120)
    out.print(", ".join(f"{name} {value}" for name, value in on.items()), style="dim", markup=False)
    table = Table("", "median", "min - max", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, spread, form in rows:
        table.add_row(name, *spread.told(form))
    out.print(table)


def save(name: str, on: dict[str, Any], rounds: Sequence[dict[str, Any]], summary: dict[str, Spread]) -> Path:
    """Write `docs/performance/latest-<name>.json`: command, machine, every round, medians and spreads."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"latest-{name}.json"
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    told = {
        "command": command,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": on,
        "summary": {key: spread._asdict() for key, spread in summary.items()},
        "rounds": list(rounds),
    }
    file.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return file
