"""A backup: the memory as of one moment, and what else the data folder holds. A folder with a list of contents, or nothing.

The service goes on meanwhile. What the broker holds is not copied: it is on its way into the memory.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert

from events.database import Database
from events.store import New, append
from events.tables import marks
from events.types.system import BackupFailed, BackupMade
from shouwang.exits import Exit, Refused
from shouwang.operations import pg_tools
from shouwang.settings import TOWN, Settings

Say = Callable[[int, int], None]
"""How much is done, of how much."""

MANIFEST: Final = "manifest.json"
SQLITE, POSTGRESQL = "shouwang.db", "shouwang.dump"
MADE, FAILED = "backup", "backup_failed"
"""Marks: when the last one was made, and when one last failed."""
_PAGES: Final = 2_000
_NAME: Final = "shouwang-%Y%m%d-%H%M%S"
_LEFT_OUT: Final = {"broker", "lock"}
_OF_THE_BROKER: Final = "broker/broker.credentials.json"
"""Without it every device would need a new password; the messages beside it are on their way into the memory."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in a backup. `files`: path in it -> SHA-256. `position`: the log's last fact in it, None where unknown."""

    made_at: int
    database: str
    position: int | None
    files: dict[str, str]


def back_up(settings: Settings, to: Path, *, now: int, say: Say = lambda _done, _all: None) -> tuple[Path, Manifest]:
    """Make one under `to`; prove that it opens. Raises Refused, and OSError when the disk does not let it."""
    to = _checked(settings, to)
    name = f"{datetime.fromtimestamp(now / 1_000_000, UTC).astimezone(TOWN):{_NAME}}"
    if (to / name).exists():
        raise Refused(f"{name} 已经存在", f"{to / name} is there already")
    part = to / f".{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    try:
        position = _copy_memory(settings, part, say)
        _copy_folder(settings, part / "home")
        files = {str(file.relative_to(part)): _sha256(file) for file in _files(part)}
        manifest = Manifest(
            made_at=now, database="postgresql" if settings.database_url else "sqlite", position=position, files=files
        )
        (part / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        for file in _files(part):
            _to_disk(file)
        part.rename(to / name)
        _to_disk(to)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return to / name, manifest


def note(database: Database, made: Path, manifest: Manifest, *, at: int) -> None:
    """Keep it in the log, and for the page of administration."""
    size = sum(file.stat().st_size for file in _files(made))
    _note(database, MADE, BackupMade(name=made.name, to_position=manifest.position, size=size), at)


def note_failure(database: Database, why: str, *, at: int) -> None:
    """Somebody must look: it is kept and shown until one is made."""
    _note(database, FAILED, BackupFailed(why=why[:200]), at)


def last(db: Connection) -> tuple[int, int]:
    """When one was last made, and when one failed since then; 0: never."""
    found = {row.name: row.at for row in db.execute(marks.select().where(marks.c.name.in_((MADE, FAILED))))}
    made, failed = int(found.get(MADE, 0)), int(found.get(FAILED, 0))
    return made, failed if failed > made else 0


def drop_old(to: Path, keep: int) -> list[str]:
    """All but the newest `keep` whole ones are removed; returns the names of the removed."""
    whole = sorted(each.parent for each in to.glob(f"shouwang-*/{MANIFEST}"))
    old = whole[: max(0, len(whole) - keep)]
    for each in old:
        shutil.rmtree(each)
    return [each.name for each in old]


def restore(settings: Settings, backup: Path) -> Manifest:
    """Put it back where nothing is yet. Raises Refused when something is there, or the backup is not what was made."""
    manifest = read_manifest(backup)
    kind = "postgresql" if settings.database_url else "sqlite"
    if manifest.database != kind:
        raise Refused(
            f"备份属于 {manifest.database}，现在配置的是 {kind}",
            f"the backup is of {manifest.database}, and DATABASE_URL means {kind}",
        )
    if settings.database_url is None and settings.database_path.exists():
        raise Refused(
            f"{settings.database_path} 已有数据，先移走", f"{settings.database_path} is there: move it away first"
        )
    if settings.database_url is not None:
        pg_tools.restore(settings.database_url, backup / POSTGRESQL)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (backup / "home").is_dir():
        shutil.copytree(backup / "home", settings.home, dirs_exist_ok=True)
    if settings.database_url is None:  # last: a start before this finds nothing, not a half of it
        arriving = settings.database_path.with_name(f".{settings.database_path.name}.part")
        settings.database_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copy2(backup / SQLITE, arriving)
        _to_disk(arriving)
        arriving.rename(settings.database_path)
        _to_disk(settings.database_path.parent)
    return manifest


def read_manifest(backup: Path) -> Manifest:
    """The list of contents, compared with what is there. Raises Refused."""
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        raise Refused(f"{backup} 不是完整的备份", f"{backup} is no whole backup: {MANIFEST} cannot be read") from None
    for name, sum_ in manifest.files.items():
        file = backup / name
        if not file.is_file() or _sha256(file) != sum_:
            raise Refused(f"备份已损坏：{name}", f"the backup is damaged: {name} is not what was written")
    return manifest


def same_disk(settings: Settings, to: Path) -> bool:
    """Would one broken disk take both?"""
    here = settings.home if settings.database_url else settings.database_path.parent
    return here.exists() and to.exists() and here.stat().st_dev == to.stat().st_dev


def _checked(settings: Settings, to: Path) -> Path:
    to = to.expanduser().absolute()
    if to.is_relative_to(settings.home):
        raise Refused("备份不能放在数据文件夹里面", f"{to} lies within SHOUWANG_HOME: choose another disk")
    if not to.is_dir():
        raise Refused(
            f"没有文件夹 {to}，磁盘插好了吗",
            f"there is no folder {to}: is the disk mounted? Make the folder once by hand",
        )
    return to


def _copy_memory(settings: Settings, part: Path, say: Say) -> int | None:
    if settings.database_url is not None:
        pg_tools.dump(settings.database_url, part / POSTGRESQL)
        return None
    if not settings.database_path.exists():
        raise Refused(f"还没有数据：{settings.database_path}", f"no log at {settings.database_path}")
    copy = part / SQLITE
    with (
        closing(sqlite3.connect(f"file:{settings.database_path}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.execute("BEGIN")  # one moment: without it each commit of the service would begin the copy anew
        source.execute("SELECT 1 FROM sqlite_master").fetchone()
        source.backup(target, pages=_PAGES, progress=lambda _status, left, total: say(total - left, total), sleep=0.005)
    copy.chmod(0o600)
    return _proven(copy)


def _proven(copy: Path) -> int:
    """The copy is opened and looked through. Returns its last position."""
    with closing(sqlite3.connect(copy)) as db:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise Refused(f"备份读不出来：{found}", f"the copy cannot be read: {found}", code=Exit.FAILED)
        return int(db.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])


def _copy_folder(settings: Settings, to: Path) -> None:
    if not settings.home.is_dir():
        return
    database = settings.database_path.name

    def skip(folder: str, names: list[str]) -> set[str]:
        here = Path(folder)
        strange = {name for name in names if not ((here / name).is_file() or (here / name).is_dir())}
        ours = {name for name in names if name in _LEFT_OUT or name.startswith(database) or name.endswith(".log")}
        return strange | (ours if here == settings.home else set())

    shutil.copytree(settings.home, to, ignore=skip)
    if (credentials := settings.home / _OF_THE_BROKER).is_file():
        (to / _OF_THE_BROKER).parent.mkdir(mode=0o700)
        shutil.copy2(credentials, to / _OF_THE_BROKER)


def _files(folder: Path) -> Iterator[Path]:
    return (each for each in sorted(folder.rglob("*")) if each.is_file())


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _note(database: Database, mark: str, event: BackupMade | BackupFailed, at: int) -> None:
    def work(db: Connection) -> None:
        append(db, [New("backups", "all", event, at, key=f"{mark}-{at}")], recorded_at=at)
        db.execute(delete(marks).where(marks.c.name == mark))
        db.execute(insert(marks).values(name=mark, at=at))

    database.write(work)
