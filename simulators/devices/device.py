"""One device: it gives what it says an id, a seq and a time, remembers it until confirmed, and never touches a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from simulators.devices import messages
from simulators.devices.body import Battery, Clock, stamp
from simulators.devices.messages import Message
from simulators.devices.ring import Item, Ring

ON_MAINS = frozenset({"co-sensor", "gas-alarm", "power-plug", "gateway"})
DANGER_OF = {"smoke-alarm": messages.SMOKE, "gas-alarm": messages.GAS, "water-leak": messages.WATER}
ITEMS_AN_ENVELOPE = 200
COMMANDS_KNOWN = 16


@dataclass(frozen=True)
class Publication:
    """What goes to the broker, at QoS 1."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True)
class Command:
    """What the device was told to do."""

    id: str
    do: str
    for_s: float


class Device:
    """`seq` counts from 1 in each boot over everything it says, statuses apart."""

    def __init__(
        self,
        site: str,
        id: str,
        model: str = "motion-pir",
        *,
        bootid: str,
        seq: int = 0,
        backfills: int = 0,
        interval_s: int = 900,
        clock: Clock | None = None,
        battery: Battery | None = None,
        ring: Ring | None = None,
        reachable: bool = True,
    ) -> None:
        self.site, self.id, self.model = site, id, model
        self.bootid, self.seq, self.backfills = bootid, seq, backfills
        self.interval_s = interval_s
        self.clock = clock or Clock()
        self.battery = None if model in ON_MAINS else battery or Battery(full_pct=70 + crc32(id.encode()) % 30)
        self.ring = Ring() if ring is None else ring  # an empty ring is false
        self.reachable = reachable
        self.acked = 0
        self.said: dict[str, Mapping[str, Any]] = {}
        self.commands: list[Command] = []
        self.doing: dict[str, datetime] = {}
        self._last: Publication | None = None
        self._swap = False
        self._held: list[Publication] = []

    @property
    def source(self) -> str:
        """Its address on the wire, without the topic's tail."""
        return f"shouwang/v1/{self.site}/{self.id}"

    def say(self, message: Message, at: datetime) -> list[Publication]:
        """One fact: remembered always, sent now when there is a way out."""
        self.seq += 1
        self.said[message.type] = message.data
        item: Item = {
            "id": f"{self.bootid}-{self.seq}",
            "seq": self.seq,
            "type": message.type,
            "time": stamp(self.clock.reads(at)),
            "data": dict(message.data),
        }
        self.ring.keep(item)
        if not self.reachable:
            return []
        out = Publication(f"{self.source}/{message.tail}", self._envelope(item))
        self._last = out
        if self._swap:
            self._swap, self._held = False, [out]
            return []
        held, self._held = self._held, []
        return [out, *held]

    def repeats(self, message: Message) -> bool:
        """It would say what it said last: a sensor reports changes."""
        return self.said.get(message.type) == message.data

    def heartbeat(self, at: datetime) -> list[Publication]:
        """I am here, with what is left of the battery."""
        level = self.battery.level(at) if self.battery else None
        rssi = -58 - crc32(f"{self.id}{self.seq}".encode()) % 25
        mains = None if self.battery else True
        said = messages.heartbeat(interval_s=self.interval_s, rssi_dbm=rssi, battery_pct=level, mains=mains)
        return self.say(said, at)

    def status(self, state: str = "online") -> Publication:
        """The retained status; "offline" is also what a will says."""
        said = json.dumps({"state": state, "bootid": self.bootid}, separators=(",", ":"))
        return Publication(f"{self.source}/status", said.encode(), retain=True)

    def resend(self) -> list[Publication]:
        """The last one again, byte for byte: a device that saw no PUBACK."""
        return [self._last] if self._last else []

    def swap_next(self) -> None:
        """What it says next will leave after what it says then."""
        self._swap = True

    def goes_dark(self) -> None:
        """The uplink is gone; what it says from now on waits in its memory."""
        self.reachable = False
        self._held = []  # it is in the ring and comes with the backfill

    def comes_back(self, at: datetime) -> list[Publication]:
        """The uplink is there: everything unconfirmed, oldest first, 200 an envelope, under the same ids."""
        self.reachable = True
        items, lost = self.ring.items, self.ring.lost
        parts = [items[n : n + ITEMS_AN_ENVELOPE] for n in range(0, len(items), ITEMS_AN_ENVELOPE)]
        if lost and not parts:
            parts = [[]]
        out = []
        for n, part in enumerate(parts):
            self.backfills += 1
            body: dict[str, Any] = {"items": part}
            if lost and n == 0:
                body["lost"] = list(lost)
            head = {"id": f"{self.bootid}-b{self.backfills}", "type": messages.BACKFILL, "data": body}
            out.append(
                Publication(f"{self.source}/event", self._envelope({**head, "time": stamp(self.clock.reads(at))}))
            )
        return out

    def restarts(self, bootid: str) -> None:
        """Power gone and back: a new boot, seq from 1, its memory empty."""
        self.bootid, self.seq, self.backfills, self.acked = bootid, 0, 0, 0
        self.ring = Ring(self.ring.capacity)
        self.said, self._last, self._held, self._swap = {}, None, [], False

    def hears_ack(self, payload: bytes) -> None:
        """`/ack`: the service has committed everything up to a seq of this boot; another boot's is not ours."""
        ack = _object(payload)
        if ack.get("bootid") == self.bootid and isinstance(ack.get("seq"), int):
            self.acked = max(self.acked, ack["seq"])
            self.ring.trim(ack["seq"])

    def hears_command(self, payload: bytes, at: datetime) -> list[Publication]:
        """`/cmd`: remembered; a self-test answers with a short test alarm, or a heartbeat where there is nothing to test."""
        told = _object(payload)
        if not isinstance(told.get("do"), str):
            return []
        seconds = told.get("for_s")
        for_s = float(seconds) if isinstance(seconds, int | float) else 0.0
        command = Command(str(told.get("id", "")), told["do"], for_s)
        if any(known.id == command.id for known in self.commands):
            return []  # told twice, done once
        self.commands = [*self.commands[1 - COMMANDS_KNOWN :], command]
        if command.do == "selftest":
            return self.self_test(at)
        self.doing[command.do] = at + timedelta(seconds=for_s)
        return []

    def does(self, what: str, at: datetime) -> bool:
        """Its siren sounds, its light shines."""
        until = self.doing.get(what)
        return until is not None and at < until

    def self_test(self, at: datetime) -> list[Publication]:
        """On and off again at once: a test that lasted five minutes would count as real."""
        if self.model == "co-alarm":
            both = [messages.co(alarm=on, ppm=0, test=True) for on in (True, False)]
        elif self.model in DANGER_OF:
            both = [messages.danger(DANGER_OF[self.model], alarm=on, test=True) for on in (True, False)]
        else:
            return self.heartbeat(at)
        return [out for each in both for out in self.say(each, at)]

    def _envelope(self, item: Item) -> bytes:
        about = {"specversion": "1.0", "source": self.source, "clock": self.clock.kind, "bootid": self.bootid}
        return json.dumps(about | item, ensure_ascii=False, separators=(",", ":")).encode()


def _object(payload: bytes) -> dict[str, Any]:
    """Whatever arrives, a device does not fall over it."""
    try:
        found = json.loads(payload)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
