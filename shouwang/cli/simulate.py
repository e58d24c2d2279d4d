"""`shouwang simulate ...`: strangers who play devices, each a process of its own that speaks MQTT like any device."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from shouwang.exits import Exit
from shouwang.operations.wire import device_url
from shouwang.settings import read_settings

app = typer.Typer(help="模拟设备 · Simulated devices, for trying things out.", no_args_is_help=True)

Url = Annotated[str, typer.Option("--mqtt-url", help="另一个代理 · another broker: mqtt://user:password@host:port")]
Town = Annotated[Path, typer.Option(help="小镇文件 · the town file", exists=True, dir_okay=False)]


@app.command()
def scenario(
    name: Annotated[str, typer.Argument(help="quiet_night, co_leak, collapse, dead_battery, ...")],
    town: Town = Path("examples/town.yaml"),
    home: Annotated[list[str] | None, typer.Option(help="在哪一户，可重复 · which home; may be repeated")] = None,
    pace: Annotated[float, typer.Option(help="60 即一分钟演一小时 · 60 plays an hour a minute")] = 1.0,
    arrived_after: Annotated[float | None, typer.Option(help="几秒后有人到 · seconds until somebody is there")] = None,
    mqtt_url: Url = "",
) -> None:
    """演一个情景 · Play a scenario in the homes of a town that was imported before.

    Examples:
      shouwang simulate scenario co_leak --home dp03-12

      shouwang simulate scenario village_power_cut --pace 10

    Exit codes: 0 ok, 1 the broker, 2 unknown scenario or bad input.

    """
    options = ["--town", str(town), "--pace", str(pace)]
    for each in home or []:
        options += ["--home", each]
    if arrived_after is not None:
        options += ["--arrived-after", str(arrived_after)]
    _play("simulators.scenarios", [name, *options], mqtt_url)


@app.command()
def replay(
    file: Annotated[
        Path,
        typer.Argument(
            help="录制文件 · tab-separated: local time, sensor, ON or OFF; plain or .gz", exists=True, dir_okay=False
        ),
    ],
    site: Annotated[str, typer.Option(help="这些传感器所在的点 · the site of the sensors")] = "tm000",
    speed: Annotated[
        float | None, typer.Option(help="60 即一分钟放一小时 · 60 plays an hour a minute; else at once")
    ] = None,
    mqtt_url: Url = "",
) -> None:
    """重放录制的传感器文件 · Replay a recorded sensor file over MQTT.

    Example, against a service whose clock moves with the facts:

      shouwang up --clock facts --from 2016-07-12

      shouwang simulate replay tm000_multiday_absence.txt.gz

    Exit codes: 0 all acknowledged, 1 the broker, 2 the file.
    """
    options = ["--site", site] + (["--speed", str(speed)] if speed is not None else [])
    _play("simulators.replay", [str(file), *options], mqtt_url)


@app.command()
def world(
    state: Annotated[Path, typer.Option(help="记住上次 · the file it remembers between two starts")],
    town: Town = Path("examples/town.yaml"),
    port: Annotated[int, typer.Option(help="它的本机端口 · its HTTP door on this machine")] = 8011,
    phones_url: Annotated[str | None, typer.Option(help="模拟手机的地址 · the simulated phones")] = None,
    mqtt_url: Url = "",
) -> None:
    """让整个小镇过日子 · Let a whole town live, until Ctrl-C.

    Example:  shouwang simulate world --state var/world.json

    Exit codes: 0 stopped, 1 the broker, 2 the town file or a busy port.
    """
    options = ["--town", str(town), "--state", str(state), "--port", str(port)]
    _play("simulators.world", options + (["--phones-url", phones_url] if phones_url else []), mqtt_url)


def _play(module: str, options: list[str], mqtt_url: str) -> None:
    """Runs in our terminal and gets its Ctrl-C; its exit code becomes ours. The broker's password goes by environment."""
    env = dict(os.environ, MQTT_URL=mqtt_url or device_url(read_settings()))
    with subprocess.Popen([sys.executable, "-m", module, *options], env=env) as simulator:  # noqa: S603  # ours, no shell
        while True:
            try:
                code = simulator.wait()
                break
            except KeyboardInterrupt:  # it got the same Ctrl-C and is stopping
                continue
    raise typer.Exit(code if code >= 0 else Exit.FAILED)
