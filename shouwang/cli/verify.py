"""`shouwang verify`: the log decided again, and compared. Nothing is written, nothing is sent."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from alerts.replay.source import DatabaseLog, FileLog, NotALog, Source, write_log
from alerts.replay.verify import Verdict
from alerts.replay.verify import verify as decide_again
from events.serial import UnknownFact
from shouwang.cli.speech import err, out
from shouwang.exits import Exit, Refused
from shouwang.operations.memory import open_memory
from shouwang.settings import read_settings

_SHOWN = 5


def verify(
    from_: Annotated[
        Path | None, typer.Option("--from", help="日志文件 · a log in a file instead of the database", dir_okay=False)
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="把日志存成文件 · write the log into this file (.jsonl.gz) first", dir_okay=False),
    ] = None,
    times: Annotated[int, typer.Option(min=1, help="重复几遍 · how often")] = 1,
) -> None:
    """重新判断整个日志，与当时的警情和短信逐字节比较 · Decide the whole log again; alerts and messages must be the same, byte for byte.

    Examples:
      shouwang verify

      shouwang verify --from tests/golden/0.1.0.jsonl.gz --times 2

    Works beside a running service; it can neither write nor send. Exit codes: 0 the same, 1 it differs, 2 bad input.

    """
    try:
        if from_ is not None:
            _verify(FileLog(from_), save, times)
            return
        database = open_memory(read_settings())
        try:
            _verify(DatabaseLog(database), save, times)
        finally:
            database.close()
    except NotALog as fault:
        raise Refused(f"这不是完整的日志文件：{from_}", str(fault)) from None
    except UnknownFact as unknown:
        raise Refused(
            f"日志里有本版本不认识的事实 {unknown}", f"the log holds {unknown}, unknown to this release"
        ) from None


def _verify(source: Source, save: Path | None, times: int) -> None:
    if save is not None:
        count = write_log(source, save)
        err.print(f"{count} 条已存入 {save} · {count} facts written", markup=False)
    for _ in range(times):
        verdict = _watched(source)
        _tell(verdict)
        if not verdict.same:
            raise typer.Exit(Exit.FAILED)


def _watched(source: Source) -> Verdict:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("重新判断 deciding again", total=None)
        return decide_again(source, lambda done, total: bar.update(task, completed=done, total=total))


def _tell(verdict: Verdict) -> None:
    counted = (
        f"{verdict.facts} 条事实，{verdict.alerts} 起警情，{verdict.messages} 条短信 · {verdict.facts} facts, "
        f"{verdict.decisions} decisions, {verdict.alerts} alerts, {verdict.messages} messages"
    )
    if verdict.same:
        waits = f"；{verdict.waiting} 条还未写入 not committed yet" if verdict.waiting else ""
        out.print(f"完全一致 · the same. {counted}{waits}", markup=False)
        return
    first = verdict.differences[0]
    out.print(
        f"从位置 {first.position} 起不一致 · it differs from position {first.position} on. {counted}", markup=False
    )
    for found in verdict.differences[:_SHOWN]:
        out.print(f"#{found.position} (cause #{found.cause})", markup=False)
        out.print(f"  当时 recorded: {found.recorded or '—'}", markup=False)
        out.print(f"  现在 today:    {found.decided or '—'}", markup=False)
