"""`shouwang demo`: the example town with simulated devices and phones."""

import os
from typing import Annotated

import typer

from shouwang.operations import demo as showing


def demo(
    fresh: Annotated[
        bool, typer.Option("--fresh", help="清空演示数据，从头开始 · wipe the demo's own folder and begin anew")
    ] = False,
) -> None:
    """演示小镇：短信不出本机 · The example town with simulated devices and phones; no message leaves this machine.

    Examples:
      shouwang demo

      SHOUWANG_HTTP_PORT=8080 SHOUWANG_MQTT_PORT=11883 SHOUWANG_DEMO_PHONES_PORT=8090 shouwang demo --fresh

    A second start goes on where the first was. Exit codes: 0 stopped, 2 bad configuration, 3 already running or port busy.

    """
    raise typer.Exit(showing.demo(dict(os.environ), fresh=fresh))
