"""The highest rate that a system holds: found in short steps, confirmed by a long one."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from ingest.broker import Broker
from measuring import lines
from measuring.apart import begun_apart
from measuring.effort import process_s
from measuring.provider import Provider
from measuring.publishers import Rush, Sent, rush

BEHIND_S = 1.0
"""So far behind its publishers a system may be when they end."""
_PATIENCE_S = 30.0
_STEP_UP, _NEAR_ENOUGH = 1.5, 1.08
_ALARM_EVERY_S = 2.0


class System(NamedTuple):
    """What is compared: `open` gives its process id when it hears everything, `stored` what is on disk."""

    open: Callable[[Path, str, int], AbstractContextManager[int]]
    stored: Callable[[Path], int]


class Step(NamedTuple):
    """One rate for so long. `behind_s`: from the last publication until all was stored and the last alarm told."""

    rate: float
    seconds: float
    behind_s: float
    late_s: float
    lost: int
    cores: float

    @property
    def held(self) -> bool:
        """By publishers, broker and system alike."""
        return self.behind_s <= BEHIND_S and self.late_s <= BEHIND_S and not self.lost


def highest(
    step: Callable[[float, float], Step],
    *,
    start: float,
    most: float,
    short_s: float,
    long_s: float,
    say: Callable[[Step], None],
) -> Step:
    """Up by half until it does not hold, then ever nearer; then for as long as it must hold, downwards until it does."""

    def tried(rate: float, seconds: float) -> Step:
        done = step(rate, seconds)
        say(done)
        return done

    held, failed = 0.0, 0.0
    rate = start
    while held < most and (not (held and failed) or failed / held > _NEAR_ENOUGH):
        if tried(rate, short_s).held:
            held = rate
        else:
            failed = rate
        further = min(most, rate * _STEP_UP) if held else rate / _STEP_UP
        rate = (held * failed) ** 0.5 if held and failed else further
        if rate < 1:
            raise lines.BrokerStalled("not even one message a second was held")
    while not (confirmed := tried(held, long_s)).held:
        held *= 0.93
    return confirmed


async def one_step(
    folder: Path, brokers: Path, system: System, rate: float, seconds: float, homes: int, seed: int
) -> Step:
    """Broker, system and publishers, all new. `brokers`: where the broker's messages lie."""
    broker = Broker(brokers / "broker", port=lines.free_port())
    broker.start()
    try:
        broker.wait_ready()
        async with Provider().open() as provider:
            opening = system.open(folder, broker.service_url, provider.port)
            pid = await asyncio.to_thread(opening.__enter__)
            try:
                alarms = list(range(1, 1 + min(homes, max(1, round(seconds / _ALARM_EVERY_S)))))
                before = process_s(pid)
                with begun_apart(rush, broker.devices_url, Rush(homes, rate, seconds, alarms, seed)) as under_way:
                    try:
                        sent = await asyncio.wrap_future(under_way)
                    except (ConnectionError, lines.BrokerStalled):  # the broker cut its publishers off: not held by far
                        return Step(rate, seconds, math.inf, math.inf, round(rate * seconds), 0.0)
                    behind, lost = await _behind(folder, system, sent, provider)
                cores = (process_s(pid) - before) / seconds
            finally:
                await asyncio.to_thread(opening.__exit__, None, None, None)
    finally:
        broker.stop()
    return Step(rate, seconds, behind, sent.late_s, lost, cores)


async def _behind(folder: Path, system: System, sent: Sent, provider: Provider) -> tuple[float, int]:
    """Seconds, and what never came: messages without a row, and alarms without a call."""
    stored, stored_at = 0, time.monotonic()
    give_up = sent.ended + _PATIENCE_S
    while time.monotonic() < give_up:
        stored, stored_at = await asyncio.to_thread(system.stored, folder), time.monotonic()
        if stored >= sent.count and sent.alarms.keys() <= provider.first_told.keys():
            break
        await asyncio.sleep(0.05)
    untold = len(sent.alarms.keys() - provider.first_told.keys())
    told_at = max(provider.first_told.values(), default=0.0)
    return max(0.0, stored_at - sent.ended, told_at - sent.ended), max(0, sent.count - stored) + untold


def figures(step: Step) -> dict[str, Any]:
    """Of the confirmed step."""
    return {"held_per_s": step.rate, "behind_s": step.behind_s, "late_s": step.late_s, "cores": step.cores}
