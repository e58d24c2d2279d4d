"""The load of a night with leaks: daily life of many homes at a steady rate, and CO alarms from ever new ones."""

import random
import time
from typing import NamedTuple

from measuring.messages import Voices
from measuring.publishers import Gateway
from shouwang.moment import now

_REST_S = 0.002
"""Devices elsewhere would not take this machine's time: those here wake up rarely, and say then what is due."""


class Night(NamedTuple):
    """The first `warming` alarms of `alarms` come in the first `warming_s` seconds and are not counted."""

    homes: int
    facts_per_s: float
    warming: int
    warming_s: float
    alarms: int
    alarms_s: float
    seed: int


class Published(NamedTuple):
    """House number -> when its alarm was handed to the client, monotonic seconds; and what else was said."""

    alarms: dict[int, float]
    wall: dict[int, int]
    facts: int
    late_ms: float


def publish_night(url: str, night: Night) -> Published:
    """Publish at QoS 1 in the rhythm of the night. `late_ms`: how far behind the plan the worst message was."""
    voices = Voices(night.homes)
    daily, alarming = Gateway(url, "measuring-daily"), Gateway(url, "measuring-alarms")
    began, late = time.monotonic() + 0.1, 0.0
    alarms: dict[int, float] = {}
    wall: dict[int, int] = {}
    plan = _plan(night)
    facts = 0
    for at, home in plan:
        until = began + at
        late = max(late, time.monotonic() - until)
        while (left := until - time.monotonic()) > 0:
            daily.hear(0)
            alarming.hear(0)
            time.sleep(max(left, _REST_S))
        if home is None:
            daily.publish(voices.next_of(facts * 7, now()))  # a stride, so that neighbours do not speak in a row
            facts += 1
        else:
            wall[home] = now()
            message = voices.carbon_monoxide(home, wall[home])
            alarms[home] = time.monotonic()
            alarming.publish(message)
    for gateway in (daily, alarming):
        gateway.hear(_REST_S)
        gateway.close()
    return Published(alarms, wall, facts, late * 1000)


def _plan(night: Night) -> list[tuple[float, int | None]]:
    """Seconds from the start -> the house that gives alarm, or None for daily life. Alarms keep no rhythm."""
    chance = random.Random(night.seed)
    whole_s = night.warming_s + night.alarms_s
    daily = [(n / night.facts_per_s, None) for n in range(int(whole_s * night.facts_per_s))]
    warming = sorted(chance.uniform(0, night.warming_s) for _ in range(night.warming))
    counted = sorted(chance.uniform(night.warming_s, whole_s) for _ in range(night.alarms))
    alarms: list[tuple[float, int | None]] = [(at, home) for home, at in enumerate([*warming, *counted], 1)]
    return sorted([*daily, *alarms], key=lambda each: each[0])
