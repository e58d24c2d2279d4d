"""A life as a plain file: tab-separated `time, sensor, kind or role, value`, one row a line, gzipped where the name says so."""

import gzip
from collections.abc import Iterable
from pathlib import Path

from simulators.months.living import Row


def write_rows(rows: Iterable[Row], path: Path) -> int:
    """How many rows were written. The same rows give the same bytes."""
    lines = [
        f"{row.at.isoformat(sep=' ', timespec='milliseconds')}\t{row.sensor}\t{row.role or row.kind}\t{row.value}\n"
        for row in rows
    ]
    text = "".join(lines).encode()
    if path.suffix == ".gz":
        with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as out:
            out.write(text)
    else:
        path.write_bytes(text)
    return len(lines)
