"""Where the broker is, who we are to it, and how long we wait for it."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit


class MqttUrlFaulty(ValueError):
    """The address of the broker cannot be read."""


@dataclass(frozen=True)
class Address:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    cafile: str | None = None

    @classmethod
    def of(cls, url: str) -> "Address":
        """From `mqtt://user:password@host:port`, or `mqtts://`. Raises MqttUrlFaulty.

        `?cafile=PATH` pins the certificates that may answer, whatever name they bear: for a broker on this machine.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise MqttUrlFaulty("MQTT_URL must look like mqtt://user:password@host:1883")
        user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
        tls = parts.scheme == "mqtts"
        cafile = parse_qs(parts.query).get("cafile", [None])[0] if tls else None
        return cls(parts.hostname, parts.port or (8883 if tls else 1883), user, password, tls, cafile)


@dataclass(frozen=True)
class Patience:
    """Seconds of real time, also where the service's clock is driven. `silences`: pings without an answer, then fatal."""

    ack_wait_s: float = 5.0
    ping_every_s: float = 30.0
    pong_within_s: float = 15.0
    keepalive_s: int = 10
    silences: int = 2
