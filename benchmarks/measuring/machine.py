"""On what was measured: a figure without its machine says nothing."""

import os
import platform
import sqlite3
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from ingest.broker_files import find_server

_LIBRARIES = ("paho-mqtt", "SQLAlchemy", "msgspec", "twilio", "fastapi", "uvicorn")
_SYNCS = 50


def machine(folder: Path) -> dict[str, Any]:
    """Processor, memory, versions, and how long `folder` takes to put four kilobytes on disk."""
    server = subprocess.run([find_server(), "--version"], capture_output=True, text=True, check=True)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "memory_mb": int((_field("/proc/meminfo", "MemTotal") or "0").split()[0]) // 1024,
        "load_before": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "file_system": _file_system(folder),
        "fdatasync_us": round(_sync_s(folder) * 1e6),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "broker": server.stdout.strip(),
        **{name: version(name) for name in _LIBRARIES},
    }


def _field(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _file_system(folder: Path) -> str:
    """Of the longest mount point above the folder; on tmpfs a sync costs nothing and the figures mean nothing."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    above = [m for m in mounts if folder.resolve().is_relative_to(m[1])]
    return max(above, key=lambda m: len(m[1]))[2] if above else "unknown"


def _sync_s(folder: Path) -> float:
    took = []
    file = folder / "sync"
    with file.open("wb") as out:
        for _ in range(_SYNCS):
            out.write(bytes(4096))
            out.flush()
            began = time.perf_counter()
            os.fdatasync(out.fileno())
            took.append(time.perf_counter() - began)
    file.unlink()
    return median(took)
