"""Device clocks that are wrong: 1970, 2099, five minutes fast, jumping; live and out of a memory."""

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

from events.database import Database
from events.serial import Recorded
from events.store import read
from events.types.device import OccupancyReported
from events.types.fact import DAY, HOUR, MINUTE, SECOND
from tests.faults.audit import audit
from tests.faults.crowd import Crowd, Said, stamp
from tests.faults.lives import OldTown, backfill, households, last_seen, live, now_us
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service

_HOMES_EACH = 6
_WALKS = 8
_ON_THE_WAY = 10 * SECOND
"""From a device's word to our receipt, at most, while nothing holds the service up."""
_1970, _2099 = 0, 4_070_908_800 * SECOND
_FEW = 5

Sent = dict[tuple[str, str], tuple[int, int, bool]]
"""Device and id -> when it was said, what its clock showed, whether it comes out of a memory."""
Clock = Callable[[int, int, random.Random], int]
"""What it shows at a moment, for the n-th word."""
CLOCKS: dict[str, Clock] = {
    "right": lambda at, _n, _c: at,
    "1970": lambda at, _n, _c: _1970 + at % HOUR,
    "2099": lambda _at, n, _c: _2099 + n * SECOND,
    "five minutes fast": lambda at, _n, _c: at + 5 * MINUTE,
    "one minute fast": lambda at, _n, _c: at + MINUTE,
    "four days slow": lambda at, _n, _c: at - 4 * DAY,
    "ten hours slow": lambda at, _n, _c: at - 10 * HOUR,
    "jumping": lambda at, n, c: (at, _1970, _2099, at + HOUR, at - HOUR, at - 5 * DAY)[(n + c.randrange(6)) % 6],
}


def run(ground: Ground) -> Outcome:
    """Each clock in homes of its own; in each somebody walks through two rooms, and a sensor empties its memory."""
    chance = random.Random(ground.seed)
    each = max(2, round(_HOMES_EACH * ground.scale))
    homes = {name: range(1 + n * each, 1 + (n + 1) * each) for n, name in enumerate(CLOCKS)}
    sent: Sent = {}
    with Service(ground, OldTown(each * len(CLOCKS))) as service, service.crowd() as crowd:
        service.start(well=True)
        for n in range(_WALKS):
            ground.say(f"walk {n + 1} of {_WALKS}")
            for name, numbers in homes.items():
                for home in numbers:
                    _walk(crowd, home, CLOCKS[name], n, chance, sent)
            service.until(lambda: not crowd.waiting, "all is acknowledged")
        for name, numbers in homes.items():
            for home in numbers:
                _memory(crowd, home, CLOCKS[name], chance, sent)
        service.until(lambda: not crowd.waiting, "all is acknowledged")
        outcome = audit(service, crowd)
        with service.memory() as database:
            landed = _landed(database)
            known = households(database)
    _judge(landed, sent, outcome)
    last = _signs(landed, homes, crowd)
    wrong = [
        (home, want, last_seen(known[f"h{home}"]))
        for home, want in last.items()
        if last_seen(known[f"h{home}"]) != want
    ]
    outcome.figures |= {"clocks": len(CLOCKS), "homes": len(last), "last_signs_wrong": len(wrong)}
    if wrong:
        outcome.failures.append(f"{len(wrong)} homes have another last sign of life, the first: {wrong[:_FEW]}")
    return outcome


def _walk(crowd: Crowd, home: int, clock: Clock, n: int, chance: random.Random, sent: Sent) -> None:
    for what in ("hall", "bed"):
        device = crowd.town.device(home, what)
        for nth, on in enumerate((True, False)):
            seq, at = 2 * n + nth + 1, now_us()
            shown = clock(at, n, chance)
            item = _item(seq, shown, on)
            crowd.sends(
                Said(device, (item["id"],), f"shouwang/v1/{device}/event", json.dumps(live(device, item)).encode())
            )
            sent[device, item["id"]] = (at, shown, False)


def _memory(crowd: Crowd, home: int, clock: Clock, chance: random.Random, sent: Sent) -> None:
    """The bed's sensor had kept some more, under the same clock."""
    device, items = crowd.town.device(home, "bed"), []
    for n in range(4):
        seq, at = 2 * _WALKS + n + 1, now_us()
        shown = clock(at, n, chance)
        items.append(_item(seq, shown, n % 2 == 0))
        sent[device, items[-1]["id"]] = (at, shown, True)
    body = json.dumps(backfill(device, items, "kept")).encode()
    crowd.sends(Said(device, tuple(item["id"] for item in items), f"shouwang/v1/{device}/event", body))


def _item(seq: int, shown: int, on: bool) -> dict[str, Any]:
    return {
        "id": f"b1-{seq}", "seq": seq, "type": "shouwang.motion.v1", "time": stamp(shown), "data": {"occupied": on},
    }  # fmt: skip


def _landed(database: Database) -> dict[tuple[str, str], Recorded]:
    found, position = {}, 0
    while True:
        with database.read() as db:
            log = read(db, position, limit=5000)
        if not log:
            return found
        position = log[-1].position
        found |= {(r.event.device, r.key or ""): r for r in log if isinstance(r.event, OccupancyReported)}


def _judge(landed: dict[tuple[str, str], Recorded], sent: Sent, outcome: Outcome) -> None:
    """By the words of the design: what is believed, what counts at receipt, what is history."""
    wrong, suspect, history = [], 0, 0
    for key, (said_at, shown, kept) in sent.items():
        record = landed.get(key)
        if record is None:
            continue  # the audit has said so
        event: Any = record.event
        wild = shown > said_at + 2 * MINUTE or (not kept and shown < said_at - 72 * HOUR)
        old = kept and (wild or shown < said_at - 72 * HOUR)
        own_time = record.at == shown
        at_receipt = said_at - SECOND <= record.at <= said_at + _ON_THE_WAY
        suspect, history = suspect + event.clock_suspect, history + event.history
        if (event.clock_suspect, event.history) != (wild, old) or not (at_receipt if wild else own_time):
            wrong.append((key, said_at, shown, kept, record.at, event.clock_suspect, event.history))
    outcome.figures |= {"words": len(sent), "clock_suspect": suspect, "history": history, "judged_wrong": len(wrong)}
    if wrong:
        outcome.failures.append(f"{len(wrong)} readings were placed wrongly in time, the first: {wrong[:_FEW]}")


def _signs(landed: dict[tuple[str, str], Recorded], homes: dict[str, range], crowd: Crowd) -> dict[int, int]:
    """The last sign of life of each home: motion that began, by its place in time, history left out, never alone."""
    last = {}
    for numbers in homes.values():
        for home in numbers:
            edges = []
            for what in ("hall", "bed"):
                device = crowd.town.device(home, what)
                states = sorted((r for (d, _), r in landed.items() if d == device), key=lambda r: _event(r).seq)
                edges += [
                    (after.at, what) for before, after in itertools.pairwise(states)
                    if _event(after).occupied and not _event(before).occupied and not _event(after).history
                ]  # fmt: skip
            last[home] = max((at for at, what in edges if _in_company(edges, at, what)), default=0)
    return last


def _in_company(edges: list[tuple[int, str]], at: int, what: str) -> bool:
    near = [other for then, other in edges if abs(then - at) <= 10 * MINUTE]
    return any(other != what for other in near) or len(near) >= 3


def _event(record: Recorded) -> Any:
    return record.event


CLOCKS_WRONG = Round(
    "clocks",
    "Device clocks at 1970, 2099, fast, slow and jumping, live and out of a memory: live words count at receipt and are "
    "marked, kept ones keep their time or are history, and nobody is alive by a wrong clock.",
    run,
)
