"""A backup is whole or not there, is made while the service writes, and comes back as it was."""

import json
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.core.calendar import midnight
from events.database import StorageFull
from events.keepers import make_database
from events.types.fact import DAY, HOUR, MINUTE
from shouwang.cli import app
from shouwang.exits import Refused
from shouwang.nightly import Nightly, due
from shouwang.operations import backing_up
from shouwang.operations.memory import made_memory
from shouwang.settings import Settings, read_settings
from tests.events.saying import AT, fact, tell, whole
from tests.house import START
from tests.postgres import Databases, Server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    read = read_settings({"SHOUWANG_HOME": str(home)})
    database = made_memory(read)
    tell(database, *[fact(f"a{n}") for n in range(50)])
    database.close()
    (home / "ca").mkdir()
    (home / "ca" / "town.key").write_text("secret")
    (home / "broker").mkdir()
    (home / "broker" / "store").write_text("on its way")
    (home / "broker" / "broker.credentials.json").write_text("what devices say")
    return read


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def keys(path: Path | str) -> list[str | None]:
    database = make_database(path)
    try:
        return [each.key for each in whole(database)]
    finally:
        database.close()


def elsewhere(tmp_path: Path) -> Settings:
    return read_settings({"SHOUWANG_HOME": str(tmp_path / "new")})


def test_a_backup_made_while_others_write_is_one_moment_of_the_log(settings: Settings, disk: Path) -> None:
    database = make_database(settings.database)
    written, stop = 50, threading.Event()
    begun = threading.Event()

    def writes() -> None:
        nonlocal written
        while not stop.wait(0.001):
            tell(database, fact(f"a{written}"))
            written += 1
            begun.set()

    writer = threading.Thread(target=writes)
    writer.start()
    assert begun.wait(10)
    before = written
    made, manifest = backing_up.back_up(settings, disk, now=AT)
    stop.set()
    writer.join()
    database.close()
    kept = keys(made / "shouwang.db")
    assert before <= len(kept) <= written
    assert kept == [f"a{n}" for n in range(len(kept))]
    assert manifest.position == len(kept)


def test_what_comes_back_is_what_was_there(settings: Settings, disk: Path, tmp_path: Path) -> None:
    made, _ = backing_up.back_up(settings, disk, now=AT)
    new = elsewhere(tmp_path)
    backing_up.restore(new, made)
    assert keys(new.database_path) == keys(settings.database_path)
    assert (new.home / "ca" / "town.key").read_text() == "secret"
    assert [each.name for each in (new.home / "broker").iterdir()] == ["broker.credentials.json"], (
        "devices keep their password; what is on its way has not arrived"
    )


def test_nothing_is_overwritten_and_nothing_damaged_is_put_back(settings: Settings, disk: Path, tmp_path: Path) -> None:
    made, _ = backing_up.back_up(settings, disk, now=AT)
    with pytest.raises(Refused, match="is there"):
        backing_up.restore(settings, made)
    copy = made / "shouwang.db"
    copy.write_bytes(copy.read_bytes()[:-1] + b"X")
    with pytest.raises(Refused, match="damaged"):
        backing_up.restore(elsewhere(tmp_path), made)
    (made / "manifest.json").unlink()
    with pytest.raises(Refused, match="no whole backup"):
        backing_up.restore(elsewhere(tmp_path), made)
    assert not (tmp_path / "new").exists()


def test_a_disk_that_is_not_there_is_said_and_so_is_one_that_breaks(
    settings: Settings, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="mounted"):
        backing_up.back_up(settings, disk / "usb", now=AT)
    with pytest.raises(Refused, match="within SHOUWANG_HOME"):
        backing_up.back_up(settings, settings.home / "here", now=AT)

    def breaks(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", breaks)
    with pytest.raises(OSError, match="Input/output"):
        backing_up.back_up(settings, disk, now=AT)
    assert list(disk.iterdir()) == [], "no half of one is left"


def test_the_command_makes_notes_and_removes_old_ones(
    settings: Settings, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOUWANG_HOME", str(settings.home))
    for minute in range(3):
        monkeypatch.setattr("shouwang.cli.backup.now", lambda minute=minute: AT + minute * MINUTE)
        told = CliRunner().invoke(app, ["backup", str(disk), "--keep", "2"])
        assert told.exit_code == 0, told.output
    assert len(list(disk.iterdir())) == 2
    assert "same disk" in told.output
    database = make_database(settings.database)
    noted = [each.event for each in whole(database)][-3:]
    with database.read() as db:
        assert backing_up.last(db) == (AT + 2 * MINUTE, 0)
    assert [type(each).__name__ for each in noted] == ["BackupMade"] * 3
    database.close()

    monkeypatch.setattr("shouwang.cli.backup.now", lambda: AT + HOUR)
    told = CliRunner().invoke(app, ["backup", str(disk / "gone")])
    assert isinstance(told.exception, Refused)
    database = make_database(settings.database)
    with database.read() as db:
        assert backing_up.last(db) == (AT + 2 * MINUTE, AT + HOUR)
    database.close()


def test_of_a_night_one_is_made_and_a_failed_one_is_tried_each_hour() -> None:
    night = midnight(START) + 3 * HOUR
    assert due(0, 0, START), "the first one at once: then one knows that it works"
    assert not due(night, 0, night + DAY - 1)
    assert due(night + 5 * MINUTE, 0, night + DAY)
    assert due(night, 0, night + 4 * DAY), "nights that were missed are made up for"
    assert not due(night, night + DAY, night + DAY + 59 * MINUTE)
    assert due(night, night + DAY, night + DAY + HOUR)


def test_the_house_makes_it_by_itself_and_says_when_it_could_not(settings: Settings, disk: Path) -> None:
    database = make_database(settings.database)
    at = START
    asked: list[Path] = []

    def fails(folder: Path) -> int:
        asked.append(folder)
        return 137

    nightly = Nightly(database, disk, lambda: at, fails)
    assert nightly.look()
    assert not nightly.look(), "not again within the hour"
    with database.read() as db:
        assert backing_up.last(db) == (0, START)
    at = START + HOUR
    assert nightly.look()
    assert asked == [disk, disk]
    database.close()


def test_where_nobody_can_write_down_that_it_was_made_it_is_made_again_in_an_hour_and_not_each_minute(
    settings: Settings, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of the data is full and the other one is not: a backup each minute would fill that too."""
    database = make_database(settings.database)
    at, asked = START, list[int]()

    def full(*_: object, **__: object) -> None:
        raise StorageFull

    def made(folder: Path) -> int:
        asked.append(at)
        return CliRunner().invoke(app, ["backup", str(folder)]).exit_code

    monkeypatch.setenv("SHOUWANG_HOME", str(settings.home))
    monkeypatch.setattr("shouwang.cli.backup.now", lambda: at)
    monkeypatch.setattr(backing_up, "note", full)
    monkeypatch.setattr("shouwang.nightly.note_failure", full)
    nightly = Nightly(database, disk, lambda: at, made)
    for minute in range(70):
        at = START + minute * MINUTE
        with suppress(StorageFull):
            nightly.look()
    assert [(each - START) // MINUTE for each in asked] == [0, 60]
    at += HOUR
    told = CliRunner().invoke(app, ["backup", str(disk)])
    assert "it is not noted" in str(told.exception)
    database.close()


def test_postgresql_is_dumped_and_put_back(
    postgresql: Databases, tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(postgresql.server, Server):
        monkeypatch.setenv("PATH", f"{postgresql.server.bin}:{os.environ['PATH']}")
    with postgresql.fresh() as old, postgresql.fresh(empty=True) as new:
        database = make_database(old)
        tell(database, *[fact(f"a{n}") for n in range(30)])
        log = whole(database)
        database.close()
        made, _ = backing_up.back_up(
            read_settings({"SHOUWANG_HOME": str(tmp_path / "one"), "DATABASE_URL": old}), disk, now=AT
        )
        assert json.loads((made / "manifest.json").read_text())["database"] == "postgresql"
        to = read_settings({"SHOUWANG_HOME": str(tmp_path / "two"), "DATABASE_URL": new})
        backing_up.restore(to, made)
        restored = make_database(new)
        assert whole(restored) == log
        restored.close()
        with pytest.raises(Refused, match="did not succeed"):
            backing_up.restore(to, made)
