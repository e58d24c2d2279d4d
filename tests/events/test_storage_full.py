"""A full disk refuses the asker and nothing else: once there is room, it goes on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from events.database import StorageFull
from events.keepers import sqlite as database_module
from events.keepers.sqlite import SqliteDatabase
from tests.events.saying import fact, tell, whole

MANY = [fact(f"many-{n}", digest=n) for n in range(20_000)]
"""More than fits: about 5 MB."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Three megabytes of disk, and nothing more."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    told = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)], capture_output=True, text=True, check=False
    )
    if told.returncode:
        pytest.skip(f"no small disk can be mounted here: {told.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fills(folder: Path) -> Path:
    """Leaves a page or two."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            file.truncate(max(0, file.tell() - 8192))
    return filler


def test_a_full_disk_refuses_and_a_later_write_works_once_there_is_room(small_disk: Path) -> None:
    ended: list[BaseException] = []
    database = SqliteDatabase(small_disk / "log.db", on_fatal=ended.append)
    try:
        database.create()
        tell(database, fact("a"))
        filler = fills(small_disk)
        refused = 0
        for n in range(50):
            try:
                tell(database, *[fact(f"b{n}-{m}") for m in range(20)])
            except StorageFull:
                refused += 1
                break
        assert refused, "the disk is full"
        before = [r.key for r in whole(database)]
        with pytest.raises(StorageFull):
            tell(database, *[fact(f"c{m}") for m in range(200)])
        assert [r.key for r in whole(database)] == before, "nothing of what was refused"
        filler.unlink()
        tell(database, fact("z"))
        assert [r.key for r in whole(database)] == [*before, "z"]
        assert ended == []
    finally:
        database.close()


def test_a_piece_too_large_for_the_disk_is_told_so_and_the_small_one_after_it_lands(small_disk: Path) -> None:
    database = SqliteDatabase(small_disk / "log.db", on_fatal=lambda _failure: None)
    try:
        database.create()
        with pytest.raises(StorageFull):
            tell(database, *MANY)
        tell(database, fact("small"))
        assert [r.key for r in whole(database)] == ["small"]
    finally:
        database.close()


def test_a_checkpoint_on_a_full_disk_ends_nothing(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_CHECKPOINT_EVERY_S", 0.02)
    database = SqliteDatabase(small_disk / "log.db", on_fatal=lambda _failure: None)
    tried: list[int] = []
    checkpoint = database._checkpoint

    def counted(*kind: str) -> bool:
        tried.append(1)
        return checkpoint(*kind)

    monkeypatch.setattr(database, "_checkpoint", counted)
    try:
        database.create()
        filler = fills(small_disk)
        with pytest.raises(StorageFull):
            tell(database, *MANY)
        begun = len(tried)
        while len(tried) < begun + 3:
            with pytest.raises(StorageFull):
                tell(database, *MANY[:2000])
        filler.unlink()
        tell(database, fact("z"))
        assert whole(database)[-1].key == "z"
    finally:
        database.close()


def test_what_undoes_a_statement_needs_no_second_disk(tmp_path: Path) -> None:
    with closing(SqliteDatabase(tmp_path / "log.db")) as database:
        assert database.write(lambda db: db.exec_driver_sql("PRAGMA temp_store").scalar()) == 2, "in memory"
