"""`shouwang import`: a town from a YAML file."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from alerts.registry.importing import ImportRefused, ImportReport
from shouwang.cli.speech import err, out
from shouwang.exits import Exit
from shouwang.operations.town import read_town, take_town
from shouwang.settings import read_settings


def import_(
    file: Annotated[Path, typer.Argument(help="小镇文件 · the town file", exists=True, dir_okay=False, readable=True)],
    check: Annotated[bool, typer.Option("--check", help="只检查，不导入 · look for faults only, take nothing")] = False,
) -> None:
    """导入小镇：先全部检查，要么全收要么不收，可重复 · Take people, homes and devices from a file: all or nothing, safe to repeat.

    Examples:
      shouwang import --check town.yaml

      shouwang import town.yaml

    Every fault is named with its line and field. Works beside a running service. Exit codes: 0 ok, 2 the file has faults.

    """
    settings = read_settings()
    try:
        if check:
            read_town(settings, file)
            out.print("没有错误 · no faults")
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task("导入 import", total=None)
            report = take_town(
                settings, file, progress=lambda done, total: bar.update(task, completed=done, total=total)
            )
    except ImportRefused as refused:
        for fault in refused.faults:
            err.print(f"{file}: {fault}", markup=False)
        err.print(f"{len(refused.faults)} 处错误，什么也没有导入 · nothing was taken", style="bold red")
        raise typer.Exit(Exit.BAD_INPUT) from None
    _tell(report)


def _tell(report: ImportReport) -> None:
    for warning in report.warnings:
        err.print(f"line {warning.line} {warning.field}: {warning.message_zh} · {warning.message_en}", markup=False)
    if report.nothing_new:
        out.print(f"{report.homes} 户，没有变化 · {report.homes} homes, nothing new")
    else:
        facts = " ".join(f"{name} {count}" for name, count in sorted(report.recorded.items()))
        out.print(f"{report.homes} 户已导入 · {report.homes} homes; {escape(facts) or 'no new facts'}")
    for label, names in (
        ("文件中没有，保持不变 · not in the file, left as they are", report.not_in_file),
        ("暂停或注销，未改 · paused or retired, limit left as it is", report.left_alone),
    ):
        if names:
            out.print(f"{label}: {', '.join(names)}", markup=False)
