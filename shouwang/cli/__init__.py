"""The command line: one command a file."""

import sys

import typer

from shouwang.cli import auditing, ca, lint, parts, simulate, templates, tokens, users
from shouwang.cli.backtest import backtest
from shouwang.cli.check import check
from shouwang.cli.demo import demo
from shouwang.cli.importing import import_
from shouwang.cli.rebuild import rebuild
from shouwang.cli.speech import EXPLAINED, explain
from shouwang.cli.tail import tail
from shouwang.cli.up import up
from shouwang.cli.verify import verify
from shouwang.cli.watchdog import watchdog

app = typer.Typer(
    name="shouwang",
    help="守望 Shouwang：及时发现独居老人遇险，并让人赶到门口 · notices in time that an elder who lives alone is in danger, "
    "and gets a human to the door.",
    epilog="退出码 exit codes: 0 ok · 1 failed · 2 bad configuration or input · 3 already running or port busy",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up)
app.command("ingest")(parts.ingest)
app.command("alerts")(parts.alerts)
app.command("api")(parts.api)
app.command("demo")(demo)
app.command("import")(import_)
app.command("tail")(tail)
app.command("check")(check)
app.command("verify")(verify)
app.command("backtest")(backtest)
app.command("rebuild")(rebuild)
app.command("watchdog")(watchdog)
app.add_typer(simulate.app, name="simulate")
app.add_typer(templates.app, name="templates")
app.add_typer(tokens.app, name="token")
app.add_typer(lint.app, name="lint")
app.add_typer(users.app, name="user")
app.add_typer(auditing.app, name="audit")
app.add_typer(ca.app, name="ca")


def main() -> None:
    """The entry point: what is refused is said in a sentence and ends with its own exit code."""
    try:
        app()
    except EXPLAINED as failure:
        sys.exit(explain(failure))
