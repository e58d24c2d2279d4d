"""A third of all that is sent is no message: broken, hostile, or from devices nobody listens to; alarms among it."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from events.database import Database
from events.store import New, append, version_of
from events.types.alert import AlertRaised
from events.types.device import DeviceFact
from events.types.fact import SECOND, Event
from events.types.home import HomePaused, HomeRetired
from events.types.system import ReadingQuarantined
from ingest import codec, quarantine
from tests.faults.audit import audit
from tests.faults.crowd import Said
from tests.faults.poisons import IN_ALARM, POISONS, good, mutant
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town
from tests.faults.whole_log import facts_of

_MESSAGES = 20_000
_RATE = 400.0
_HOMES = 40
_PAUSED, _RETIRED = 39, 40
_MOST_KEPT = 64 * 1024
_LARGE_ONE_IN = 10
"""So many of the large ones are left out at random: two cores have better to do than to carry half a megabyte."""
_FEW = 5
_ALARM_WITHIN_S = 5.0


@dataclass(frozen=True)
class Bad:
    """One message as it goes out. `reason`: its word in quarantine; empty: it is a message after all, with this key."""

    topic: str
    payload: bytes
    reason: str
    danger: str = ""
    key: str = ""
    device: str = ""

    @property
    def kept(self) -> tuple[str, bytes]:
        """As it must lie in quarantine: exactly, up to 64 KiB; an item of a backfill as a message of its own."""
        if self.reason and b'"shouwang.backfill.v1"' in self.payload[:400] and _items(self.payload) == 1:
            alone = json.dumps(json.loads(self.payload), ensure_ascii=False, separators=(",", ":"))
            return self.topic, alone.encode()
        return self.topic, self.payload[:_MOST_KEPT]


def _items(payload: bytes) -> int:
    items = json.loads(payload)["data"]["items"]
    return len(items) if isinstance(items, list) else 0


def run(ground: Ground) -> Outcome:
    """Two good ones for each bad one; at the end every one of them is accounted for."""
    chance = random.Random(ground.seed)
    count = max(len(POISONS) + 20, round(_MESSAGES * ground.scale / 3))
    sent: list[Bad] = []
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        with service.memory() as database:
            _stand_apart(database, service.town)
        service.start(well=True)
        crowd.homes, crowd.rate = range(1, _PAUSED), _RATE
        for n, bad in enumerate(_poisons(chance, service.town, count)):
            if n % 500 == 0:
                ground.say(f"bad message {n} of {count}")
                crowd.alarm(1 + n // 500 % (_PAUSED - 1))
            sent.append(bad)
            if bad.key:
                crowd.said.add((bad.device, bad.key))
            crowd.sends(Said(service.town.device(1 + n % _HOMES, "hall"), (), bad.topic, bad.payload))
            while crowd.waiting > 500 or len(crowd.said) < 2 * n:
                time.sleep(0.002)
        outcome = audit(service, crowd, quarantined=None)
        with service.memory() as database:
            found = _Found(database)
        _accounted(found, sent, outcome)
        _operators(found, service.town, sent, outcome)
    outcome.figures = {"sent": len(crowd.said) + len(sent), "of_them_bad": len(sent)} | outcome.figures
    outcome.figures |= found.speed()
    if crowd.broken:
        outcome.failures.append(f"the broker cut {crowd.broken} connections")
    return outcome


def _stand_apart(database: Database, town: Town) -> None:
    """One home is paused, one retired; in both the alarms go on."""
    now = time.time_ns() // 1000
    for home, what in ((_PAUSED, HomePaused), (_RETIRED, HomeRetired)):
        _decide(database, f"home-h{home}", town.site(home), what(home=f"h{home}", by="user:round"), now)


def _decide(database: Database, stream: str, site: str, event: Event, now: int) -> None:
    new = New(stream, site, event, now)
    database.write(lambda db: append(db, [new], recorded_at=now, after={stream: version_of(db, stream)}))


def _poisons(chance: random.Random, town: Town, count: int) -> Iterator[Bad]:
    """Every kind once, then all kinds at random, good messages spoilt at random, and alarms of strangers."""
    small = [p for p in POISONS if len(p.payload("s0001/hall-1", "1")) <= _MOST_KEPT]
    for n in range(count):
        device = town.device(chance.randrange(1, _PAUSED), chance.choice(["hall", "co", "door"]))
        nonce, pick = f"{n + 100}", chance.random()
        if n >= len(POISONS) and pick < 0.25:
            yield _spoilt(f"shouwang/v1/{device}/event", mutant(chance, device, nonce), device)
        elif n >= len(POISONS) and pick < 0.30:
            yield _stranger(chance, town, nonce)
        else:
            kinds = POISONS if chance.randrange(_LARGE_ONE_IN) == 0 else small
            poison = POISONS[n] if n < len(POISONS) else chance.choice(kinds)
            payload = poison.payload(device, nonce)
            yield Bad(poison.topic.format(device=device), payload, poison.reason, poison.danger)


def _spoilt(topic: str, payload: bytes, device: str) -> Bad:
    """Of a message spoilt by chance the codec itself says what it is; then it must lie where that says."""
    try:
        found = codec.decode(topic, payload, retained=False, received_at=time.time_ns() // 1000)
    except codec.Refused as why:
        return Bad(topic, payload, why.reason)
    return Bad(topic, payload, "", key=found.readings[0].key, device=device)


def _stranger(chance: random.Random, town: Town, nonce: str) -> Bad:
    """An alarm of a device nobody registered, of a paused home or of a retired one."""
    device, reason = chance.choice([
        (f"{town.site(1)}/stranger", "unknown_device"),
        (town.device(_PAUSED, "co"), "paused"),
        (town.device(_RETIRED, "co"), "retired"),
    ])  # fmt: skip
    payload = json.dumps(good(device, nonce, **IN_ALARM)).encode()
    return Bad(f"shouwang/v1/{device}/event", payload, reason, "carbon_monoxide")


class _Found:
    """What is in quarantine and in the log."""

    def __init__(self, database: Database) -> None:
        self.rows: dict[int, quarantine.Quarantined] = {}
        self.readings: set[tuple[str, str]] = set()
        self.dangers: dict[int, str] = {}
        self.first_danger: dict[str, int] = {}
        self.raised: dict[str, int] = {}
        self._batches: list[int] = []
        self._slowest = 0
        with database.read() as db:
            before: int | None = None
            while page := quarantine.newest(db, before=before, limit=500):
                self.rows |= {row.id: row for row in page}
                before = page[-1].id
        for record in facts_of(database):
            self._take(record.event, record.key or "", record.at, record.recorded_at)

    def _take(self, event: Event, key: str, at: int, recorded_at: int) -> None:
        match event:
            case ReadingQuarantined(quarantine=number, danger=danger, site=site):
                self.dangers[number] = danger
                if danger:
                    self.first_danger.setdefault(site, recorded_at)
            case AlertRaised(danger="unknown_device_alarm", site=site):
                self.raised.setdefault(site, recorded_at)
            case DeviceFact(device=device) if key[:1] != "~":
                self.readings.add((device, key))
                self._batches.append(recorded_at)
                if not event.clock_suspect:
                    self._slowest = max(self._slowest, recorded_at - at)

    def speed(self) -> dict[str, float]:
        """From one batch with good messages to the next, and from a device's word to the disk, at worst."""
        between = max((b - a for a, b in zip(self._batches, self._batches[1:], strict=False)), default=0)
        return {"longest_between_batches_s": between / SECOND, "slowest_good_s": self._slowest / SECOND}


def _accounted(found: _Found, sent: list[Bad], outcome: Outcome) -> None:
    """Each bad one lies under its word with all its bytes, or is in the log where it turned out to be a message."""
    lying = {(row.topic, row.payload): row for row in found.rows.values()}
    expected = {bad.kept: bad for bad in sent}
    gone, wrong, landed = [], [], 0
    for bad in sent:
        row = lying.get(bad.kept)
        if not bad.reason:
            landed += (bad.device, bad.key) in found.readings
            if (bad.device, bad.key) not in found.readings and row is None:
                gone.append(bad)
        elif row is None:
            gone.append(bad)
        elif row.reason != bad.reason or (found.dangers.get(row.id) != bad.danger and bad.danger):
            wrong.append((row.reason, bad))
    strange = [row.reason for where, row in lying.items() if where not in expected]
    outcome.figures |= {"spoilt_and_still_messages": landed, "quarantined": len(found.rows)}
    outcome.figures |= {
        f"kept_{reason}": n for reason, n in Counter(r.reason for r in found.rows.values()).most_common()
    }
    for what, which in (
        ("bad messages are neither in the log nor in quarantine", gone),
        ("bad messages lie under another word", wrong),
        ("rows in quarantine are of messages nobody sent", strange),
    ):
        if which:
            outcome.failures.append(f"{len(which)} {what}, the first: {str(which[:_FEW])[:1500]}")


def _operators(found: _Found, town: Town, sent: list[Bad], outcome: Outcome) -> None:
    """Where even bad bytes spoke of danger, the operator has an alert of that site at once."""
    late = {site: found.raised.get(site, 0) - since for site, since in found.first_danger.items()}
    never = [site for site in late if site not in found.raised]
    outcome.figures |= {
        "dangers_in_bad_ones": sum(bool(danger) for danger in found.dangers.values()),
        "sites_with_an_operators_alert": len(found.raised),
        "slowest_operators_alert_s": max(late.values(), default=0) / SECOND,
    }
    owed = {town.site(1), town.site(_PAUSED), town.site(_RETIRED)}
    if never or not owed <= found.raised.keys():
        outcome.failures.append(f"no alert for the operator of {sorted({*never, *owed} - found.raised.keys())}")
    if slow := {site: by for site, by in late.items() if by > _ALARM_WITHIN_S * SECOND}:
        outcome.failures.append(f"the operator's alert came late: {slow}")


POISON = Round(
    "poison",
    f"{_MESSAGES:,} messages, a third of them poison of every kind: none lost, all acknowledged, every bad one kept byte for "
    "byte under its word, and an alarm in it shown to the operator at once.",
    run,
    slow=True,
)
"""Slow, because PostgreSQL and two cores carry every bad byte."""
