"""A recorded sensor file: tab-separated `local time, sensor, ON or OFF`, plain or gzipped, in China's time."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no daylight saving since 1991
DEVICE_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
GZIP = b"\x1f\x8b"
FAULTS_NAMED = 20


class RecordingRefused(Exception):
    """Lines that cannot be read, each with its number; nothing was sent."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        more = f"\n... and {len(faults) - FAULTS_NAMED} more" if len(faults) > FAULTS_NAMED else ""
        super().__init__(f"{path}:\n" + "\n".join(faults[:FAULTS_NAMED]) + more)
        self.faults = faults


@dataclass(frozen=True, order=True)
class Row:
    """One line: who saw what, when."""

    at: datetime
    sensor: str
    on: bool


def read_recording(path: Path) -> list[Row]:
    """All rows in time order, or RecordingRefused with every bad line."""
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if raw.startswith(GZIP) else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as fault:
        raise RecordingRefused(path, [f"not a readable text: {fault}"]) from fault
    rows, faults = [], []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            rows.append(_row(line))
        except ValueError as fault:
            faults.append(f"line {number}: {fault}")
    if not rows and not faults:
        faults.append("the file is empty")
    if faults:
        raise RecordingRefused(path, faults)
    return sorted(rows, key=lambda row: row.at)  # stable: rows of one instant keep the file's order


def device_id(sensor: str) -> str:
    """The sensor's name as a device id on the wire; ValueError where it cannot be one."""
    id = sensor.lower()
    if not DEVICE_ID.fullmatch(id):
        raise ValueError(f"sensor {sensor!r} cannot be a device id")
    return id


def _row(line: str) -> Row:
    fields = line.rstrip("\t").split("\t")
    if len(fields) != 3:
        raise ValueError(f"expected time, sensor, ON or OFF; found {len(fields)} fields")
    time, sensor, state = fields
    at = datetime.fromisoformat(time)
    if state not in ("ON", "OFF"):
        raise ValueError(f"expected ON or OFF, found {state!r}")
    if at.tzinfo is None:
        at = at.replace(tzinfo=SHANGHAI)
    return Row(at, device_id(sensor), state == "ON")
