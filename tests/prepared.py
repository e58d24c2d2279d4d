"""A log as it stands at the beginning of many stories: made for the first of them, copied for all others.

To make every table and to take a town in costs more processor than most stories that begin with them.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Hashable
from pathlib import Path

import pytest

from events.database import Database
from events.keepers import make_database

_made: dict[Hashable, Path] = {}
_folders: list[Path] = []


def opened(
    address: str | Path,
    named: Hashable = None,
    begins: Callable[[Database], object] = lambda _: None,
    *,
    on_fatal: Callable[[BaseException], None] | None = None,
) -> Database:
    """A new database with all tables and with what `begins` writes into it; `named` is all that depends on.

    A file is a copy. A server's database has its tables already: the tests' server copies them (`tests.postgres`).
    """
    if isinstance(address, Path):
        laid(address, named, begins)
        return make_database(address, on_fatal)
    database = make_database(address, on_fatal)
    begins(database)
    return database


def laid(path: Path, named: Hashable = None, begins: Callable[[Database], object] = lambda _: None) -> Path:
    """The same as a file that nobody has opened yet."""
    assert not path.exists()
    if named not in _made:
        _made[named] = _make(begins)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_made[named], path)
    return path


def _make(begins: Callable[[Database], object]) -> Path:
    path = _folder() / f"{len(_made)}.db"
    database = make_database(path)
    database.create()
    begins(database)
    database.close()  # whoever closes last copies the write-ahead log into the file: it is whole
    assert [each.name for each in path.parent.glob(f"{path.name}*")] == [path.name]
    return path


def _folder() -> Path:
    if not _folders:
        _folders.append(Path(tempfile.mkdtemp(prefix="begun-")))
        atexit.register(shutil.rmtree, _folders[0], ignore_errors=True)
    return _folders[0]


def once_a_run(folders: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """What `make` puts at the path it is given: made by the first worker that asks, and only read by all."""
    root = folders.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    path = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the others wait until it is whole
        if not path.exists():
            make(root / f"{name}.unfinished")
            (root / f"{name}.unfinished").rename(path)
    return path
