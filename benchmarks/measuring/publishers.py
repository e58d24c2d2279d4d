"""Live devices at a steady rate, as cheap as they can be made: plain sockets that speak just enough MQTT 3.1.1."""

import random
import select
import socket
import time
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from measuring.messages import Message, Voices
from shouwang.moment import now

_GATEWAYS = 8
_SLOT_S = 0.002
_PATIENCE_S = 20.0
_KEEPALIVE = 0


class Rush(NamedTuple):
    """So many messages a second for so long; `alarms`: house numbers whose detectors give alarm, the last at the very end."""

    homes: int
    rate: float
    seconds: float
    alarms: list[int]
    seed: int


class Sent(NamedTuple):
    """Monotonic seconds. `late_s`: how far the worst message was behind the plan; `unanswered`: without PUBACK at the end."""

    count: int
    alarms: dict[int, float]
    ended: float
    late_s: float
    unanswered: int


def rush(url: str, town: Rush) -> Sent:
    """Publish at QoS 1 by the plan. Where the broker does not take it the messages wait, and `late_s` tells."""
    gateways = [Gateway(url, f"measuring-gateway-{n}") for n in range(_GATEWAYS)]
    voices, count = Voices(town.homes), max(1, round(town.rate * town.seconds))
    chance = random.Random(town.seed)
    moments = sorted(chance.randrange(count) for _ in town.alarms[1:])
    due = dict(zip([*moments, count - 1], town.alarms, strict=True))
    stride = 7  # neighbours do not speak in a row
    alarms: dict[int, float] = {}
    began, late, sent = time.monotonic() + 0.05, 0.0, 0
    while sent < count:
        wanted = min(count, int((time.monotonic() - began) * town.rate) + 1)
        for n in range(sent, wanted):
            home = due.get(n)
            message = voices.next_of(n * stride, now()) if home is None else voices.carbon_monoxide(home, now())
            gateways[hash(message.topic) % _GATEWAYS].publish(message)
            at = time.monotonic()
            late = max(late, at - began - n / town.rate)
            if home is not None:
                alarms[home] = at
        sent = max(sent, wanted)
        for gateway in gateways:
            gateway.hear(0)
        time.sleep(_SLOT_S)
    ended = time.monotonic()
    give_up = ended + _PATIENCE_S
    for gateway in gateways:
        while gateway.unanswered and time.monotonic() < give_up:
            gateway.hear(0.05)
    unanswered = sum(gateway.unanswered for gateway in gateways)
    for gateway in gateways:
        gateway.close()
    return Sent(sent, alarms, ended, late, unanswered)


class Gateway:
    """One connection. A PUBACK is four bytes, so counting bytes counts answers."""

    def __init__(self, url: str, client_id: str) -> None:
        to = urlsplit(url)
        self._socket = socket.create_connection((to.hostname or "127.0.0.1", to.port or 1883), timeout=_PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._number, self._heard, self._sent = 0, 0, 0
        words = [client_id, unquote(to.username or ""), unquote(to.password or "")]
        flags = 0x02 | (0xC0 if to.username else 0)
        head = _text("MQTT") + bytes([4, flags]) + _KEEPALIVE.to_bytes(2, "big")
        self._socket.sendall(_packet(0x10, head + b"".join(map(_text, words if to.username else words[:1]))))
        answer = self._socket.recv(4)
        if len(answer) != 4 or answer[3]:
            raise ConnectionRefusedError(f"the broker answered {answer!r}")

    @property
    def unanswered(self) -> int:
        return self._sent - self._heard // 4

    def publish(self, message: Message) -> None:
        self._number = self._number % 65535 + 1
        self._sent += 1
        self._socket.sendall(_packet(0x32, _text(message.topic) + self._number.to_bytes(2, "big") + message.payload))

    def hear(self, timeout: float) -> None:
        while select.select([self._socket], [], [], timeout)[0]:
            heard = len(self._socket.recv(65536))
            if not heard:
                raise ConnectionResetError("the broker closed the connection")
            self._heard += heard
            timeout = 0

    def close(self) -> None:
        self._socket.sendall(_packet(0xE0, b""))
        self._socket.close()


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _packet(kind: int, body: bytes) -> bytes:
    length, digits = len(body), bytearray([kind])
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(digits) + body
