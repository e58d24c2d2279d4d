"""A recording as rows: `time, sensor, kind or role, value`. Any of tab, comma, semicolon or blanks stands between them."""

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final, NamedTuple

SHANGHAI: Final = timezone(timedelta(hours=8))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAULTS_NAMED: Final = 10

ON: Final = frozenset({"on", "open", "opened", "true", "1", "present", "active", "press", "pressed", "online", "start"})
OFF: Final = frozenset({"off", "close", "closed", "false", "0", "absent", "inactive", "offline", "end"})
_CONTACTS: Final = frozenset({
    "contact", "door", "window", "front_door", "outer_door", "entrance", "cupboard", "fridge", "item", "drawer",
})  # fmt: skip
KINDS: Final = frozenset({"motion", "button", "status", *_CONTACTS})
_MOTIONS: Final = frozenset({"motion", "pir", "bed", "area"})


class Row(NamedTuple):
    """`at` in microseconds UTC; `kind` motion, contact, button or status; `on`: moving, open, pressed, heard again."""

    at: int
    sensor: str
    kind: str
    role: str
    on: bool


class RowsRefused(ValueError):
    """The file cannot be read as rows; says which lines and why."""


def read_rows(path: Path) -> list[Row]:
    """All rows in order of time. Times without a zone are local ones, Asia/Shanghai. Raises RowsRefused.

    Rows whose value is no state (temperatures, levels) are left out; a first line of names is too.
    """
    faults: list[str] = []
    rows: list[Row] = []
    for number, line in enumerate(_lines(path), 1):
        try:
            row = _row(line)
        except ValueError as fault:
            if number > 1:
                faults.append(f"line {number}: {fault}")
            continue
        if row is not None:
            rows.append(row)
    if not rows or len(faults) > max(3, len(rows) // 100):
        raise RowsRefused("; ".join(faults[:_FAULTS_NAMED]) or "no row with a state in it")
    return sorted(rows)


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open("rt", encoding="utf-8") as text:
        yield from (line for line in text if line.strip())


def _row(line: str) -> Row | None:
    parts = [p.strip() for p in re.split(r"[\t,;]", line.strip()) if p.strip()]
    if parts and re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\S+ .+", parts[0]):  # blanks between all of them
        parts = line.split()
    if len(parts) >= 3 and re.fullmatch(r"\d{4}-\d\d-\d\d", parts[0]):
        parts = [f"{parts[0]} {parts[1]}", *parts[2:]]
    if len(parts) < 3:
        raise ValueError("time, sensor, kind or role, value are wanted")
    at, sensor = _moment(parts[0]), parts[1]
    if len(parts) > 3 and parts[2].lower() in KINDS | _MOTIONS:
        word, value = parts[2].lower(), parts[3].lower()
    else:
        word, value = "", parts[2].lower()
    if value not in ON | OFF:
        return None
    kind = "motion"
    if word in {"button", "status"}:
        kind = word
    elif word in _CONTACTS or (not word and value in {"open", "opened", "close", "closed"}):
        kind = "contact"
    return Row(at, sensor, kind, "front_door" if word in {"front_door", "entrance"} else "", value in ON)


def _moment(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return (moment - _EPOCH) // timedelta(microseconds=1)
