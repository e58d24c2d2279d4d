"""The command line: one command a file, and only the file of the command that is asked for is read."""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from shouwang.cli.speech import EXPLAINED, explain

# As they stand in the help: the module under shouwang.cli, and the function or group in it.
COMMANDS: Final = {
    "up": "up:up",
    "ingest": "parts:ingest",
    "alerts": "parts:alerts",
    "api": "parts:api",
    "demo": "demo:demo",
    "import": "importing:import_",
    "tail": "tail:tail",
    "check": "check:check",
    "verify": "verify:verify",
    "backtest": "backtest:backtest",
    "rebuild": "rebuild:rebuild",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "watchdog": "watchdog:watchdog",
    "simulate": "simulate:app",
    "templates": "templates:app",
    "token": "tokens:app",
    "lint": "lint:app",
    "user": "users:app",
    "audit": "auditing:app",
    "ca": "ca:app",
}


class _OnDemand(Mapping[str, Any]):
    """name -> command, its file read when it is first asked for."""

    def __init__(self) -> None:
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            module, _, what = COMMANDS[name].partition(":")
            self._read[name] = _command(name, getattr(import_module(f"shouwang.cli.{module}"), what))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def _command(name: str, what: Any) -> Any:
    if isinstance(what, typer.Typer):
        group = get_group(what)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(what)
    return get_command(alone)


class _Commands(TyperGroup):
    def __init__(self, **known: Any) -> None:
        super().__init__(**known)
        self.commands = _OnDemand()  # type: ignore[assignment]  # nobody adds to it


app = typer.Typer(
    name="shouwang",
    cls=_Commands,
    help="守望 Shouwang：及时发现独居老人遇险，并让人赶到门口 · notices in time that an elder who lives alone is in danger, "
    "and gets a human to the door.",
    epilog="退出码 exit codes: 0 ok · 1 failed · 2 bad configuration or input · 3 already running or port busy",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None: ...


def main() -> None:
    """The entry point: what is refused is said in a sentence and ends with its own exit code."""
    try:
        app()
    except EXPLAINED as failure:
        sys.exit(explain(failure))
