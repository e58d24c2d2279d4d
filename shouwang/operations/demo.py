"""`shouwang demo`: the whole service with the example town, simulated devices and simulated phones, on this machine only."""

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from rich.panel import Panel

from events.types.fact import HOUR
from shouwang.cli.speech import out, say
from shouwang.exits import Exit, Refused
from shouwang.moment import now
from shouwang.operations.demo_pace import quicken
from shouwang.operations.demo_stage import TOKEN_FILE, TOWN, Stage, environment
from shouwang.operations.health import Health
from shouwang.operations.memory import memory
from shouwang.operations.starting import require_ports, service_part
from shouwang.operations.town import take_town
from shouwang.operations.welcome import first_link
from shouwang.operations.wire import broker_part
from shouwang.premises import FolderLock, require_free_port
from shouwang.settings import Settings, read_settings
from shouwang.supervise import Supervisor

_ENROLLED_BEFORE = 73 * HOUR
"""The homes bring 72 h of history; what a home said before it was enrolled would not be its own."""


def demo(environ: Mapping[str, str], *, fresh: bool) -> Exit:
    """Run until Ctrl-C, or for SHOUWANG_DEMO_SECONDS. Raises what `shouwang.cli.speech` has words for."""
    if not TOWN.exists():
        raise Refused(f"找不到 {TOWN}", "the example town is missing: run the demo from a checkout")
    home = Path(environ.get("SHOUWANG_HOME") or "var").expanduser().absolute() / "demo"
    lock = FolderLock(home)
    try:
        here = environment(environ, home)
        settings = read_settings(here)
        stage = Stage(settings)
        require_ports(settings)
        require_free_port("127.0.0.1", stage.phones_port, "SHOUWANG_DEMO_PHONES_PORT")
        if fresh:
            _wipe(home)
        _prepare(settings)
        supervisor = Supervisor(
            [
                *broker_part(settings, here),
                stage.phones(),
                service_part(settings, here, lock, Health(settings), on_ready=lambda: _welcome(settings)),
                stage.world(),
            ],
            say=say,
        )
        supervisor.on_signals()
        if settings.demo_seconds:
            _stop_later(supervisor, settings.demo_seconds)
        ended = supervisor.run()
        say("演示已停止，再次运行会接着来 · the demo has stopped; the next start goes on where it was")
        return ended
    finally:
        lock.release()


def _wipe(home: Path) -> None:
    """Everything of the demo but what we hold in our hands: its lock and the token just read."""
    for entry in home.iterdir():
        if entry.name in {"lock", TOKEN_FILE}:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _prepare(settings: Settings) -> None:
    """The town and its quick steps are in the log before the service reads it; both are safe to repeat."""
    say("准备示例镇 · preparing the example town (every person and number in it is invented)")
    take_town(settings, TOWN, at=now() - _ENROLLED_BEFORE)
    with memory(settings) as database:
        quicken(database)


def _welcome(settings: Settings) -> None:
    """On a terminal of any width the addresses stay whole, each on a line of its own, so that they can be clicked."""
    link = first_link(settings, always=True)
    out.print(
        Panel.fit(
            "演示：短信不出本机\na demonstration: no message leaves this machine\n"
            "不久：一户一氧化碳报警，一位老人久无动静\nsoon: a CO alarm, and an elder gone quiet",
            title="守望 Shouwang",
            border_style="green",
        )
    )
    say(f"控制台 console （登录一次有效 · logs in once）\n  {link}")
    say(f"手机 phones\n  {settings.demo_phones_url}/")
    say("Ctrl-C 停止 · stops everything; make demo FRESH=1 从头开始 · begins anew")


def _stop_later(supervisor: Supervisor, seconds: int) -> None:
    ending = threading.Timer(seconds, supervisor.stop)
    ending.daemon = True
    ending.start()
