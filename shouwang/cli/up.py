"""`shouwang up`: the service, in the foreground, until it is told to stop."""

import os
from enum import StrEnum
from typing import Annotated

import typer

from shouwang.cli.speech import say
from shouwang.exits import Refused
from shouwang.operations import starting


class Clock(StrEnum):
    """What moves the time."""

    REAL = "real"
    FACTS = "facts"


def up(
    clock: Annotated[
        Clock, typer.Option(help="facts：时间随数据走，用于重放 · the clock moves with the facts, for replays")
    ] = Clock.REAL,
    from_: Annotated[
        str, typer.Option("--from", metavar="DATE", help="事实时钟的起点 · where the facts clock starts")
    ] = "",
) -> None:
    """启动服务，Ctrl-C 停止 · Start broker, database and service; Ctrl-C stops everything.

    Examples:
      shouwang up

      SHOUWANG_HTTP_PORT=8080 shouwang up

      SHOUWANG_HOME=/tmp/replay shouwang up --clock facts --from 2016-07-12

    Settings come from the environment, see docs/operations.md. Exit codes: 0 stopped, 2 bad configuration, 3 already running or port busy.

    """
    if (clock is Clock.FACTS) != bool(from_):
        raise Refused("--clock facts 要与 --from 一起用", "--clock facts and --from DATE belong together")
    environ = dict(os.environ)
    if from_:
        environ["SHOUWANG_CLOCK_FROM"] = from_
    raise typer.Exit(starting.up(environ, say=say))
