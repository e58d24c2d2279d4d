"""`shouwang backup` and `shouwang restore`."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from events.database import Database, StorageFull
from shouwang.cli.speech import err, say
from shouwang.exits import Exit, Refused
from shouwang.moment import now
from shouwang.operations import backing_up
from shouwang.operations.memory import open_memory
from shouwang.premises import FolderLock
from shouwang.settings import Settings, read_settings

_PAGE: int = 4096


def backup(
    to: Annotated[Path, typer.Argument(help="放备份的文件夹，最好在另一块磁盘上 · a folder, best on another disk")],
    keep: Annotated[int, typer.Option(min=1, help="保留最近几份 · how many to keep; older ones are removed")] = 14,
) -> None:
    """备份，服务照常运行；做完会打开核对 · Make a backup while the service runs, and prove that it opens.

    Examples:
      shouwang backup /media/usb/shouwang

      shouwang backup /mnt/nas/shouwang --keep 60

    With SHOUWANG_BACKUP_FOLDER the service does this by itself each night. With PostgreSQL pg_dump is needed. Exit codes: 0 made,
    1 it could not be made, 2 nothing to back up, or no such folder.

    """
    settings = read_settings()
    database = open_memory(settings)
    try:
        made, manifest = _made(settings, database, to)
        try:
            backing_up.note(database, made, manifest, at=now())
        except StorageFull:
            raise Refused(
                f"备份已做好：{made}；但数据盘已满，记不下来", f"{made} is whole, but the disk of the data is full: it is not noted",
                code=Exit.FAILED,
            ) from None  # fmt: skip
    finally:
        database.close()
    say(str(made))
    for name in backing_up.drop_old(made.parent, keep):
        err.print(f"已删除旧备份 removed {name}", markup=False)
    if backing_up.same_disk(settings, made):
        err.print(
            "备份与数据在同一块磁盘上：磁盘坏了两份都没有 · on the same disk as the data: a broken disk takes both",
            style="yellow",
        )


def _made(settings: Settings, database: Database, to: Path) -> tuple[Path, backing_up.Manifest]:
    try:
        with Progress(
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=err, transient=True
        ) as bar:
            task = bar.add_task("备份 copying", total=None)
            return backing_up.back_up(
                settings, to, now=now(),
                say=lambda done, total: bar.update(task, completed=done * _PAGE, total=total * _PAGE),
            )  # fmt: skip
    except (Refused, OSError, sqlite3.Error) as failure:
        why = failure if isinstance(failure, Refused) else Refused("备份没有做成", str(failure), code=Exit.FAILED)
        with suppress(StorageFull):
            backing_up.note_failure(database, str(why), at=now())
        raise why from None


def restore(
    backup: Annotated[Path, typer.Argument(help="一份备份的文件夹 · the folder of one backup")],
) -> None:
    """从备份恢复到空的数据文件夹 · Put a backup back, into an empty SHOUWANG_HOME or an empty database; the service is stopped.

    Example:  SHOUWANG_HOME=/srv/shouwang shouwang restore /media/usb/shouwang/shouwang-20261129-032000

    Nothing is overwritten, and a damaged backup is refused. What the broker still holds is taken at the next start. Exit codes:
    0 restored, 1 the database's tools failed, 2 refused, 3 the service runs.

    """
    settings = read_settings()
    lock = FolderLock(settings.home)
    try:
        manifest = backing_up.restore(settings, backup.expanduser().absolute())
    finally:
        lock.release()
    till = "" if manifest.position is None else f"，日志到 {manifest.position} · the log up to {manifest.position}"
    err.print(f"已恢复 restored{till}", markup=False)
