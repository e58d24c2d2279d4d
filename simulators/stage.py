"""The town's devices behind their gateways, and their past: seventy-two hours, or the time since the last run."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from simulators.devices import Battery, Broker, Device, Gateway, messages
from simulators.devices.body import EPOCH
from simulators.devices.line import wait_until
from simulators.life import Happening
from simulators.memory import Memory, moment
from simulators.town import TownHome

STATES = frozenset({messages.MOTION, messages.CONTACT})  # sensors of these report changes only


class Stage:
    """Every device of every home; a site is one gateway and one connection."""

    def __init__(self, homes: list[TownHome], broker: Broker, memory: Memory, console: Console | None = None) -> None:
        self.homes = {each.id: each for each in homes}
        self._console = console or Console(stderr=True)
        installed = moment(memory.began) or EPOCH
        by_site: dict[str, list[Device]] = {}
        for home in homes:
            for each in home.devices:
                battery = Battery(full_pct=60 + len(each.id) * 7 % 38, since=installed)
                device = Device(
                    home.site, each.id, each.model, bootid=new_bootid(), interval_s=each.interval_s, battery=battery
                )
                memory.restore(device)
                by_site.setdefault(home.site, []).append(device)
        self.gateways = {site: Gateway(broker, site, devices) for site, devices in by_site.items()}

    def gateway(self, home: str) -> Gateway:
        """The gateway of a home's site."""
        return self.gateways[self.homes[home].site]

    def devices(self) -> list[Device]:
        """All of them."""
        return [each for gateway in self.gateways.values() for each in gateway.devices.values()]

    def of(self, home: str) -> list[Device]:
        """The devices of a home."""
        return [self.gateway(home).devices[each.id] for each in self.homes[home].devices]

    def open(self) -> None:
        """Connect every gateway; nobody speaks yet."""
        for each in self.gateways.values():
            each.open()

    def live(self, home: str, facts: list[Happening]) -> None:
        """Let happenings happen; a sensor that would say what it said last stays silent."""
        gateway = self.gateway(home)
        for each in facts:
            message = each.message
            if message and message.type in STATES and gateway.devices[each.device].repeats(message):
                continue
            gateway.say(each.device, message, each.at)

    def send_past(self, homes: list[str], at: datetime, stopping: Callable[[], bool]) -> None:
        """Everything their devices remember, as backfill, with a bar; waits for the broker's acknowledgements."""
        waiting = sum(len(each.ring) for home in homes for each in self.of(home))
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self._console, disable=waiting < 200) as bar:
            task = bar.add_task("补传历史 history", total=waiting)
            for home in homes:
                for device in self.of(home):
                    if stopping():
                        return
                    self.gateway(home).catch_up(device.id, at, lambda items: bar.advance(task, items))
        for each in self.gateways.values():
            each.line.settle()

    def wait_for_acks(self, homes: list[str], limit_s: float, stopping: Callable[[], bool]) -> float:
        """Until the service has confirmed every fact of the homes, or the limit; returns the seconds it took."""
        began = time.monotonic()
        devices = [device for home in homes for device in self.of(home)]
        wait_until(lambda: stopping() or all(each.acked >= each.seq for each in devices), limit_s)
        return time.monotonic() - began

    def close(self) -> None:
        """Leave without a word."""
        for each in self.gateways.values():
            each.close()


def new_bootid() -> str:
    """Another boot, never seen before."""
    return secrets.token_hex(4)
