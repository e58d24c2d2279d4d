"""docs/reliability.md: what each round did to the service, what was counted, and on which machine and commit."""

import fcntl
import json
import os
import platform
import re
import sqlite3
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.faults.round import Figure, Round

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
BOOK = ROOT / "docs" / "reliability.json"
_SYNCS = 50
_BUILD = re.compile(r"(?<=Linux )(?P<release>[\d.]+)-[^,]+")
"""Which build of a kernel it was says nothing to anybody."""
_MEASURE = re.compile(r"(?P<what>.* )(?P<number>\d+\.\d+)(?P<unit> ms)")

_HEAD = """# What it survives

Written by `python -m tests.faults` (`make faults`); do not edit. Each round starts the real service on an empty database,
lets devices and people go on while something breaks, stops the faults, and then holds the log against the devices' and
the provider's own books:

- every reading that the broker acknowledged to its device is in the log, once; nothing is there that nobody sent;
- every alarm has its alert, everybody of its first step a message at the provider or a recorded reason, every due step was taken;
- no message is at the provider that was not planned; extra SMS are at most as many as the provider's answers that were
  lost or unclear, each marked `possible_duplicate`;
- all queues are empty within 60 s (inbox, engine, planner, projections, outbox, timers);
- every row of every projection equals a rebuild from the log; no rule, plan or fold failed;
- `shouwang verify` decides everything again from the log and finds each byte as it was; `shouwang check` finds nothing grave, each open
  alert has its next step, and no rule asks again for a moment that has passed.

A figure of a busy machine says little about speed and as much about loss. A round is told again with
`python -m tests.faults --only NAME --database KIND --seed SEED`.
"""


@dataclass
class Told:
    """One round on one database, as the book keeps it."""

    name: str
    database: str
    seed: int
    scale: float
    took_s: float
    commit: str
    date: str
    machine: str
    figures: dict[str, Figure] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def again(self) -> str:
        """The command that runs it again."""
        return f"python -m tests.faults --only {self.name} --database {self.database} --seed {self.seed} --scale {self.scale:g}"


def machine(folder: Path) -> str:
    """Cores, processor, memory, and how long `folder` takes to put four kilobytes on disk."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory_kb = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return (
        f"{len(os.sched_getaffinity(0))} cores ({cpu or platform.machine()}), {memory_kb // 1024 // 1024} GB, "
        f"{platform.system()} {platform.release().partition('-')[0]}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"4 KiB on disk in {_sync_ms(folder):.2f} ms"
    )


def commit() -> str:
    """Of the tree the rounds ran on; `+` where it was changed."""
    named = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/reliability.*")
    return named + ("+" if changed else "") if named else "unknown"


def keep(told: Told, rounds: tuple[Round, ...], *, anew: bool) -> None:
    """Enter it into the book (`anew`: the first of a new one) and write the page; several may do so side by side."""
    with BOOK.open("a+") as book:
        fcntl.flock(book, fcntl.LOCK_EX)
        book.seek(0)
        was = book.read()
        kept = {} if anew or not was else {(t["name"], t["database"]): t for t in json.loads(was)}
        kept[told.name, told.database] = asdict(told)
        order = {each.name: place for place, each in enumerate(rounds)}
        listed = sorted(
            (t for t in kept.values() if t["name"] in order), key=lambda t: (order[t["name"]], t["database"])
        )
        book.truncate(0)
        book.write(json.dumps(listed, ensure_ascii=False, indent=1) + "\n")
        PAGE.write_text(page([Told(**t) for t in listed], rounds), "utf-8")


def page(told: list[Told], rounds: tuple[Round, ...]) -> str:
    """The whole page."""
    by_name: dict[str, list[Told]] = {}
    for t in told:
        by_name.setdefault(t.name, []).append(t)
    lines = [_HEAD, f"{len(told)} rounds, {sum(bool(t.failures) for t in told)} of them failed.", ""]
    lines += ["| round | database | survived | seed | commit | date | seconds |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| [{t.name}](#{t.name}) | {t.database} | {'**no**' if t.failures else 'yes'} | {t.seed} | {t.commit} | {t.date} | {t.took_s:.0f} |"
        for t in told
    ]
    lines += ["", f"On: {folded({t.machine for t in told})}.", ""]
    for each in rounds:
        if each.name in by_name:
            lines += _section(each, by_name[each.name])
    return "\n".join(lines) + "\n"


def folded(machines: set[str]) -> str:
    """Several descriptions as one: what is the same is said once, of a measure the least and the most, else each."""
    described = [_BUILD.sub(r"\g<release>", each).split(", ") for each in machines]
    if len({len(parts) for parts in described}) > 1:
        return "; ".join(sorted(machines))
    return ", ".join(_together(sorted(set(parts))) for parts in zip(*described, strict=True))


def _together(said: list[str]) -> str:
    found = [_MEASURE.fullmatch(each) for each in said]
    measures = sorted((float(each["number"]), each) for each in found if each)
    if len(measures) < max(2, len(said)) or len({(each["what"], each["unit"]) for _, each in measures}) > 1:
        return " or ".join(said)
    least, most = measures[0][1], measures[-1][1]
    return f"{least['what']}{least['number']} to {most['number']}{most['unit']}"


def _section(about: Round, told: list[Told]) -> list[str]:
    names = list(dict.fromkeys(name for t in told for name in t.figures))
    lines = [f"## {about.name}", "", about.about, ""]
    lines += [about.alone, ""] if about.alone else []
    lines += ["| | " + " | ".join(t.database for t in told) + " |"]
    lines += ["|---|" + "---|" * len(told)]
    lines += [f"| {name} | " + " | ".join(_shown(t.figures.get(name, "")) for t in told) + " |" for name in names]
    lines.append("")
    for t in told:
        if t.scale != 1:
            lines += [f"On {t.database} at scale {t.scale:g} only.", ""]
        if t.failures:
            lines += [f"Failed on {t.database}, again with `{t.again}`:", ""]
            lines += [f"- {failure[:600]}" for failure in t.failures] + [""]
    return lines


def _shown(figure: Any) -> str:
    if isinstance(figure, bool | str):
        return str(figure)
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:,.4g}"


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text().splitlines()
    except OSError:
        return []


def _git(*words: str) -> str:
    asked = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _sync_ms(folder: Path) -> float:
    took, file = [], folder / "sync"
    with file.open("wb") as out:
        for _ in range(_SYNCS):
            out.write(bytes(4096))
            out.flush()
            began = time.perf_counter()
            os.fdatasync(out.fileno())
            took.append(time.perf_counter() - began)
    file.unlink()
    return median(took) * 1000
