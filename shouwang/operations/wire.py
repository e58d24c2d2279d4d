"""The broker: the embedded one as a supervised part, or the one MQTT_URL names; and how everybody reaches it."""

import socket
import sys
from collections.abc import Callable, Mapping

from ingest.broker import Broker, Tls
from ingest.broker_files import BrokerMissing
from shouwang.exits import Exit, Refused
from shouwang.settings import Settings
from shouwang.supervise import Part


def embedded(settings: Settings, *, on_trouble: Callable[[str], None] | None = None) -> Broker:
    """The embedded broker of this folder, with its passwords, not started. Raises Refused where there is no server."""
    tls = Tls(certificate=settings.tls.cert, key=settings.tls.key) if settings.tls else None
    try:
        return Broker(
            settings.home / "broker", host=settings.mqtt_bind, port=settings.mqtt_port, tls=tls, on_trouble=on_trouble
        )
    except BrokerMissing as missing:
        raise Refused("找不到 nats-server", str(missing)) from None


def broker_part(settings: Settings, environ: Mapping[str, str]) -> list[Part]:
    """The embedded broker, or nothing when there is another."""
    if settings.mqtt_url is not None:
        return []
    broker = embedded(settings)
    return [
        Part(
            name="消息代理 broker",
            command=[sys.executable, "-m", "shouwang.brokering"],
            env=dict(environ),
            grace_s=20.0,
            ready=lambda: _listens(broker.host, broker.port),
            anew_on=frozenset({Exit.BROKER_SILENT}),
        )
    ]


def device_url(settings: Settings) -> str:
    """How devices on this machine reach the broker."""
    return settings.mqtt_url or embedded(settings).devices_url


def service_url(settings: Settings) -> str:
    """How the service itself reaches it."""
    return settings.mqtt_url or embedded(settings).service_url


def _listens(host: str, port: int) -> bool:
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound
    try:
        with socket.create_connection((here, port), timeout=1):
            return True
    except OSError:
        return False
