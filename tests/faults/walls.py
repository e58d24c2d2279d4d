"""A wall clock that a round sets as it likes, for a whole process: libfaketime, with the machine's uptime left alone."""

import importlib.util
import os
from pathlib import Path

_LIBRARY = "vendor/libfaketime/src/libfaketime.so.1"


class NoFakeTime(Exception):
    """The library that sets a process's clock is not installed."""


def library() -> Path:
    """The one that PyPI's package brings, or the one that LIBFAKETIME names. Raises NoFakeTime."""
    if named := os.environ.get("LIBFAKETIME"):
        return Path(named)
    found = importlib.util.find_spec("libfaketime")
    if found is None or found.origin is None:
        raise NoFakeTime("needs the package libfaketime: pip install libfaketime")
    return Path(found.origin).parent / _LIBRARY


class Wall:
    """Processes started with `environ` read their wall clock off this; `ahead_s` is how far it is from the true one."""

    def __init__(self, folder: Path) -> None:
        self._file, self._new = folder / "wall", folder / "wall.new"
        self._library = library()
        self.ahead_s = 0.0
        self.set(0.0)

    def set(self, ahead_s: float) -> None:
        """At once, for all of them."""
        self.ahead_s = ahead_s
        self._new.write_text(f"{ahead_s:+.3f}", "ascii")
        self._new.replace(self._file)

    @property
    def environ(self) -> dict[str, str]:
        """For a process to be."""
        return {
            "LD_PRELOAD": str(self._library), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        }  # fmt: skip
