"""`shouwang audit ...`: the record of what people did and were shown."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from alerts.projections.shifts import anchors
from api.access import audit
from shouwang.cli.speech import err, out, say
from shouwang.exits import Exit
from shouwang.operations.memory import open_memory
from shouwang.settings import TOWN, read_settings

app = typer.Typer(help="操作记录 · The record of what people did and were shown.", no_args_is_help=True)


@app.command()
def verify() -> None:
    """逐条核对操作记录的链 · Follow the chain through the whole record; nothing is changed.

    Every entry carries a link over itself and the entry before. Handovers of shifts keep the last link in the log, so
    that a record cut off at its end is found too. Keep the last line elsewhere to compare it later.

    Example:  shouwang audit verify

    Exit codes: 0 whole, 1 changed, cut or added to.
    """
    database = open_memory(read_settings())
    try:
        with database.read() as db:
            found = audit.verify(db, anchors(db))
    finally:
        database.close()
    if found.broken_at is not None:
        err.print(f"第 {found.broken_at} 条起对不上 · from entry {found.broken_at} on it is not what was written")
    if found.cut_off is not None:
        err.print(f"末尾被截断，曾有 {found.cut_off} 条 · the end is missing: there once were {found.cut_off} entries")
    say(f"{found.entries} {found.link}")
    if not found.whole:
        raise typer.Exit(Exit.FAILED)
    err.print(f"{found.entries} 条，完整 · entries, whole")


@app.command()
def show(
    who: Annotated[str, typer.Option(help="只看一个人，如 user:zhang · only of one")] = "",
    count: Annotated[int, typer.Option("-n", min=1, max=10_000, help="条数 · how many")] = 50,
) -> None:
    """最近的记录 · The latest entries.

    Example:  shouwang audit show --who user:zhang -n 100
    """
    database = open_memory(read_settings())
    try:
        with database.read() as db:
            found = audit.latest(db, who=who, limit=count)
    finally:
        database.close()
    table = Table("#", "时间 at", "谁 who", "做了什么 what", "对象 of", "结果 result")
    for entry in reversed(found):
        at = f"{datetime.fromtimestamp(entry.at / 1_000_000, UTC).astimezone(TOWN):%Y-%m-%d %H:%M:%S}"
        table.add_row(str(entry.id), at, entry.who, entry.what, entry.ref, entry.result)
    out.print(table)
