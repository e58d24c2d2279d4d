"""`shouwang rebuild`: what screens show, folded anew from the log beside a running service."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from alerts.projections.projector import rebuild as fold_anew
from alerts.projections.rebuilding import RebuildTakenOver
from shouwang.cli.speech import err, out
from shouwang.exits import Exit, Refused
from shouwang.operations.memory import open_memory
from shouwang.settings import read_settings


def rebuild() -> None:
    """从日志重建屏幕上的各张表，服务照常运行 · Fold all that screens show anew from the log; nothing is decided or sent.

    Examples:
      shouwang rebuild

    Works beside a running service: the old tables are shown until the new ones take their place, in one transaction. Safe to
    interrupt and to begin anew. Exit codes: 0 rebuilt, 1 another rebuild has begun meanwhile, 2 bad configuration.

    """
    database = open_memory(read_settings())
    try:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task("重建 folding anew", total=None)
            position = fold_anew(
                database, progress=lambda done, total: bar.update(task, completed=done, total=total), gently=True
            )
        out.print(f"已重建到位置 {position} · rebuilt up to position {position}")
    except RebuildTakenOver:
        raise Refused(
            "另一个重建已经开始，这一个已停止", "another rebuild has begun; this one has ended", code=Exit.FAILED
        ) from None
    finally:
        database.close()
