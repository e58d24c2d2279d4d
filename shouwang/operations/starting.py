"""`shouwang up`: checks the premises, then supervises broker and service until it is told to stop."""

import sys
from collections.abc import Callable, Mapping

from shouwang.cli.speech import err
from shouwang.exits import Exit
from shouwang.operations.health import Health
from shouwang.operations.other_clock import check_folder
from shouwang.operations.welcome import first_link
from shouwang.operations.wire import broker_part, service_url
from shouwang.premises import FolderLock, require_free_port
from shouwang.settings import Settings, read_settings
from shouwang.supervise import Part, Supervisor
from shouwang.variables import misspelt

Say = Callable[[str], None]


def up(environ: Mapping[str, str], *, say: Say) -> Exit:
    """Run all rooms until stopped. Raises what `shouwang.cli.speech` has words for."""
    environ = without(environ, "SHOUWANG_ROOMS")
    settings = read_settings(environ)
    for wrong, right in misspelt(environ):
        err.print(f"{wrong} 不起作用，是不是 {right}？ · has no effect; did you mean {right}?", markup=False)
    lock = FolderLock(settings.home)
    try:
        check_folder(settings)
        require_ports(settings)
        health = Health(settings)
        service = service_part(settings, environ, lock, health, on_ready=lambda: _welcome(settings, health, say))
        supervisor = Supervisor([*broker_part(settings, environ), service], say=say)
        supervisor.on_signals()
        return supervisor.run()
    finally:
        lock.release()


def part(room: str, environ: Mapping[str, str], *, say: Say) -> Exit:
    """Run one room in a process of its own until stopped. Raises what `shouwang.cli.speech` has words for."""
    environ = {**environ, "SHOUWANG_ROOMS": room}
    settings = read_settings(environ)
    lock = FolderLock(settings.home, f"lock-{room}")
    try:
        if room == "api":
            require_free_port(settings.http_bind, settings.http_port, "SHOUWANG_HTTP_PORT")
            health = Health(settings)
            service = service_part(settings, environ, lock, health, on_ready=lambda: _welcome(settings, health, say))
        else:
            service = service_part(settings, environ, lock, None, on_ready=lambda: say(f"{room} 已启动 · started"))
        supervisor = Supervisor([service], say=say)
        supervisor.on_signals()
        return supervisor.run()
    finally:
        lock.release()


def require_ports(settings: Settings) -> None:
    """Raises PortBusy or AddressNotOurs before anything is started."""
    require_free_port(settings.http_bind, settings.http_port, "SHOUWANG_HTTP_PORT")
    if settings.mqtt_url is None:
        require_free_port(settings.mqtt_bind, settings.mqtt_port, "SHOUWANG_MQTT_PORT")


def service_part(
    settings: Settings,
    environ: Mapping[str, str],
    lock: FolderLock,
    health: Health | None,
    *,
    on_ready: Callable[[], None],
) -> Part:
    """The service. It holds the folder's lock too: should we be killed, nobody gets in before it has ended."""
    broker = {"MQTT_URL": settings.mqtt_url} if settings.mqtt_url else {}
    return Part(
        name="服务 service" if settings.whole else ",".join(sorted(settings.rooms)),
        command=[sys.executable, "-m", "shouwang.service"],
        env=without(environ, "MQTT_URL_FILE") | ({"MQTT_URL": service_url(settings)} if settings.whole else broker),
        ready=health.ready if health else None,
        on_ready=on_ready,
        inherited=(lock.fd,),
    )


def without(environ: Mapping[str, str], name: str) -> dict[str, str]:
    """A copy that lacks one variable."""
    return {key: value for key, value in environ.items() if key != name}


def _welcome(settings: Settings, health: Health, say: Say) -> None:
    if health.said:
        say(f"服务已启动但不正常 · the service is up but NOT WELL: {health.said}")
    say(f"守望已就绪 · ready: {settings.console_url}/")
    link = first_link(settings)
    if link is None:
        say("登录链接 · for a login link: shouwang user link NAME")
    else:
        say(f"首次登录（24 小时内用一次） · first login, once, within 24 hours: {link}")
    if not settings.providers.any:
        say("未配置短信：只写入日志，什么也不会发出 · no SMS account: messages are only logged, NOTHING IS REALLY SENT")
    elif not settings.providers.real:
        say("短信发往模拟器，不出本机 · SMS go to a simulator on this machine")
