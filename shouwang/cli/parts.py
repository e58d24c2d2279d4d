"""`shouwang ingest`, `alerts`, `api`: the rooms of the service as processes of their own, on PostgreSQL."""

import os

import typer

from shouwang.cli.speech import say
from shouwang.operations import starting


def ingest() -> None:
    """只接收设备消息 · Only take what devices say, in a process of its own.

    Examples:
      DATABASE_URL=postgresql://shouwang:...@db/shouwang MQTT_URL=mqtt://ingest:...@broker:1883 shouwang ingest

    Needs DATABASE_URL (PostgreSQL) and MQTT_URL. A second one stands by. Exit codes: 0 stopped, 2 bad configuration, 3 already running.

    """
    raise typer.Exit(starting.part("ingest", dict(os.environ), say=say))


def alerts() -> None:
    """只判断和通知 · Only decide and tell: engine, planner, timers, senders and projections.

    Examples:
      DATABASE_URL=postgresql://shouwang:...@db/shouwang shouwang alerts

    Needs DATABASE_URL (PostgreSQL), and the TWILIO_ variables to really send. Several share the work. Exit codes: 0 stopped, 2 bad configuration, 3 already running.

    """
    raise typer.Exit(starting.part("alerts", dict(os.environ), say=say))


def api() -> None:
    """只提供控制台和接口 · Only the console, the API and the providers' webhooks.

    Examples:
      DATABASE_URL=postgresql://shouwang:...@db/shouwang shouwang api

    Needs DATABASE_URL (PostgreSQL). Well once ingest and alerts run as well. Exit codes: 0 stopped, 2 bad configuration, 3 already running or port busy.

    """
    raise typer.Exit(starting.part("api", dict(os.environ), say=say))
