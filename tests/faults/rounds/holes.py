"""Numbers that never came: holes are reported, refilled in any order or declared lost, and no `ack` passes one."""

import itertools
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from events.database import Database
from events.types.device import ReadingsGapClosed, ReadingsGapOpened, ReadingsLost
from events.types.fact import SECOND
from tests.faults.audit import audit
from tests.faults.crowd import Crowd, Said, stamp
from tests.faults.lives import backfill, live, now_us
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town
from tests.faults.whole_log import facts_of

_HOMES = 40
_WORDS = 120
_ACKED_WITHIN_S = 60.0
_FEW = 5


class Acks:
    """Hears every `ack` as the devices do, and holds it at once against what has left the device by then."""

    def __init__(self, url: str) -> None:
        self.heard: Counter[str] = Counter()
        self.last: dict[tuple[str, str], int] = {}
        self.too_high: list[tuple[str, str, int, int]] = []
        self._there: dict[tuple[str, str], set[int]] = {}
        self._door = threading.Lock()
        to = urlsplit(url)
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="acks-heard")
        self._client.username_pw_set(to.username or "", to.password or "")
        self._client.on_connect = lambda client, *_: client.subscribe("shouwang/v1/+/+/ack", qos=1)
        self._client.on_message = self._hear
        self._client.connect(to.hostname or "", to.port or 1883)

    def leaves(self, device: str, boot: str, *seqs: int) -> None:
        """These numbers are on their way, or declared lost: from now on they may be acknowledged."""
        with self._door:
            self._there.setdefault((device, boot), set()).update(seqs)

    def whole(self, device: str, boot: str) -> int:
        """The highest number without a hole among those that left."""
        there = self._there.get((device, boot), set())
        whole = 0
        while whole + 1 in there:
            whole += 1
        return whole

    def _hear(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        device = "/".join(message.topic.split("/")[2:4])
        ack = json.loads(message.payload)
        boot, seq = ack["bootid"], ack["seq"]
        with self._door:
            self.heard[device] += 1
            self.last[device, boot] = max(seq, self.last.get((device, boot), 0))
            if seq > (most := self.whole(device, boot)):
                self.too_high.append((device, boot, seq, most))

    def __enter__(self) -> Self:
        self._client.loop_start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def run(ground: Ground) -> Outcome:
    """Each device leaves out stretches, sends them later out of order or says that they are lost, and starts anew once."""
    chance = random.Random(ground.seed)
    homes = max(4, round(_HOMES * ground.scale))
    with Service(ground, Town(homes)) as service, service.crowd() as crowd, Acks(service.broker.devices_url) as acks:
        service.start(well=True)
        devices = [service.town.device(home, what) for home in range(1, homes + 1) for what in ("hall", "bed")]
        lost = holes = 0
        for boot in ("b1", "b2"):
            kept: dict[str, list[int]] = {}
            for device in devices:
                _live(crowd, acks, device, boot, 1)  # the first word of a boot says where it begins
            _until_sent(service, crowd)
            for device in devices:
                left_out = _stretches(chance)
                holes += len(left_out)
                kept[device] = [seq for stretch in left_out for seq in stretch]
                for seq in range(2, _WORDS):
                    if seq not in kept[device]:
                        _live(crowd, acks, device, boot, seq)
            ground.say(f"{boot}: what was left out comes later")
            _until_sent(service, crowd)
            refills = {device: _refill(crowd, acks, device, boot, kept[device], chance) for device in devices}
            lost += sum(next(refill) for refill in refills.values())
            told = [(device, boot) for device in devices]
            service.until(lambda t=told: acks.last.keys() >= set(t), "every device is told how far we are")
            for device, refill in refills.items():
                next(refill, None)
                _live(crowd, acks, device, boot, _WORDS)
            _until_sent(service, crowd)
        wanted = {(device, "b2"): _WORDS for device in devices}
        missing = _until_acked(service, acks, wanted)
        outcome = audit(service, crowd)
        with service.memory() as database:
            figures = _gaps(database)
    outcome.figures |= {
        "devices": len(devices), "holes_made": holes, "numbers_declared_lost": lost, "acks": sum(acks.heard.values()),
        "acks_that_passed_a_hole": len(acks.too_high), **figures,
    }  # fmt: skip
    if acks.too_high:
        outcome.failures.append(f"{len(acks.too_high)} acks passed a hole, the first: {acks.too_high[:_FEW]}")
    if missing:
        outcome.failures.append(f"{len(missing)} devices were never told that all is on disk: {missing[:_FEW]}")
    if figures["lost_recorded"] == 0 or figures["gaps_opened"] == 0:
        outcome.failures.append("no hole was ever seen")
    return outcome


def _stretches(chance: random.Random) -> list[range]:
    """A few holes, apart from each other."""
    starts = sorted(chance.sample(range(3, _WORDS - 12, 12), chance.randint(1, 5)))
    return [range(start, start + chance.randint(1, 10)) for start in starts]


def _word(boot: str, seq: int) -> dict[str, Any]:
    return {
        "id": f"{boot}-{seq}", "seq": seq, "type": "shouwang.motion.v1", "time": stamp(now_us() - SECOND),
        "data": {"occupied": seq % 2 == 0},
    }  # fmt: skip


def _live(crowd: Crowd, acks: Acks, device: str, boot: str, seq: int) -> None:
    acks.leaves(device, boot, seq)
    word = _word(boot, seq)
    body = live(device, word) | {"bootid": boot}
    crowd.sends(Said(device, (word["id"],), f"shouwang/v1/{device}/event", json.dumps(body).encode()))


def _refill(crowd: Crowd, acks: Acks, device: str, boot: str, kept: list[int], chance: random.Random) -> Iterator[int]:
    """Half of the devices have lost the first of what they kept; the rest comes in no order, in several messages.

    Behind the first of them it waits, and says how many were lost.
    """
    gone = kept[: chance.randrange(len(kept))] if chance.random() < 0.5 else []
    gone = gone[: next((n for n, (a, b) in enumerate(itertools.pairwise(gone), 1) if b != a + 1), len(gone))]
    rest = [seq for seq in kept if seq not in gone]
    chance.shuffle(rest)
    first = True
    while rest or first:
        take = chance.randint(1, 8)
        part, rest = rest[:take], rest[take:]
        lost = {"lost": [gone[0], gone[-1]]} if first and gone else {}
        acks.leaves(device, boot, *part, *(gone if first else []))
        items = [_word(boot, seq) for seq in part]
        name = f"{boot}-kept-{len(rest)}"
        body = json.dumps(backfill(device, items, name, **lost) | {"bootid": boot}).encode()
        crowd.sends(Said(device, tuple(item["id"] for item in items), f"shouwang/v1/{device}/event", body))
        if first:
            yield len(gone)
        first = False


def _until_sent(service: Service, crowd: Crowd) -> None:
    service.until(lambda: not crowd.waiting, "all is acknowledged")


def _until_acked(service: Service, acks: Acks, wanted: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
    def left() -> list[tuple[str, str]]:
        return [where for where, seq in wanted.items() if acks.last.get(where, 0) < seq]

    try:
        service.until(lambda: not left(), "all devices are told", _ACKED_WITHIN_S)
    except AssertionError:
        return left()
    return []


def _gaps(database: Database) -> dict[str, int]:
    """What the log says of holes; that each is closed the audit sees."""
    found: Counter[str] = Counter()
    for record in facts_of(database):
        match record.event:
            case ReadingsGapOpened():
                found["opened"] += 1
            case ReadingsGapClosed():
                found["closed"] += 1
            case ReadingsLost(first=first, last=last):
                found["lost"] += last - first + 1
    return {"gaps_opened": found["opened"], "gaps_closed": found["closed"], "lost_recorded": found["lost"]}


HOLES = Round(
    "holes",
    "Numbers left out, sent later in no order, or declared lost, over two boots of each device: every hole is reported and "
    "closed, and no `ack` passes one.",
    run,
)
