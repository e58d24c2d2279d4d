"""`shouwang check`: the audit of a live service, once and now."""

from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from alerts.auditing.auditor import Auditor
from alerts.auditing.finding import Report
from alerts.auditing.promises import Promises
from shouwang.cli.speech import err, out
from shouwang.exits import Exit
from shouwang.moment import now
from shouwang.operations.memory import open_memory
from shouwang.settings import read_settings


def check(
    full: Annotated[
        bool, typer.Option("--full", help="整个日志和所有屏幕数据 · the whole log, and every row that screens show")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 · as JSON")] = False,
) -> None:
    """核对运行中的服务：该通知的都通知了吗，队列空了吗，屏幕与日志一致吗 · Audit a running service; reads only.

    Examples:
      shouwang check

      shouwang check --full

    The service does the same by itself each minute and shows it in /health. Exit codes: 0 nothing grave, 1 something must be
    looked at now, 2 bad configuration.

    """
    database = open_memory(read_settings())
    try:
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=err, transient=True
        ) as bar:
            task = bar.add_task("核对 checking", total=None)
            report = Auditor(database, now, full=full).look(
                lambda done, total: bar.update(task, completed=done, total=total)
            )
            report.findings.extend(Promises(database).look(now()))
    finally:
        database.close()
    if json:
        out.print(msgspec.json.encode(report.plain()).decode(), markup=False)
    else:
        _tell(report)
    raise typer.Exit(Exit.OK if report.ok else Exit.FAILED)


def _tell(report: Report) -> None:
    for each in report.findings:
        where = f"  #{', #'.join(map(str, each.positions))}" if each.positions else ""
        out.print(f"{each.zh} · {each.en}{where}", markup=False, style="bold red" if each.grave else "")
    words = "没有严重问题 · nothing grave" if report.ok else "请立即处理 · look at it now"
    out.print(f"{words}; {report.facts} facts, {report.took_s:.1f} s", markup=False)
