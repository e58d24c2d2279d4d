"""Messages thrice, shuffled, two days late, four days late, of twins, and of devices that have moved house."""

import json
import random
import time
from typing import Any

from events.database import Database
from events.store import New, append, read, version_of
from events.types.alert import AlertSuspected
from events.types.fact import HOUR, MINUTE, SECOND, Event
from events.types.home import DeviceAssigned, DeviceRemoved
from ingest import codec
from tests.faults.audit import audit
from tests.faults.crowd import Alarm, Crowd, Said, stamp
from tests.faults.lives import LATE, Diary, Life, OldTown, backfill, households, last_seen, live, lived, now_us
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import NeverCame, Service

_HOMES = 24
_COPIES = 3
_MOST_ITEMS = 200
_SUSPECTED_WITHIN_S = 60.0
_MOVED_BEFORE = 20 * HOUR
_FEW = 5


def run(ground: Ground) -> Outcome:
    """Every fourth home has been quiet for long; in one pair a sensor has moved from the first home to the second."""
    chance = random.Random(ground.seed)
    homes = max(8, round(_HOMES * ground.scale) // 4 * 4)
    now = now_us()
    with Service(ground, OldTown(homes)) as service, service.crowd() as crowd:
        town, moved = service.town, now - _MOVED_BEFORE
        lives = [
            lived(town, home, now, chance, until=now - 14 * HOUR - home * MINUTE if home % 4 == 0 else now)
            for home in range(1, homes + 1)
        ]
        walker = _move(lives[4], lives[5], moved, now, chance)
        early, rest = _words(lives, walker, moved, chance)
        service.start(well=True)
        _alarms(lives, crowd, now, chance, rest)
        _twins(lives, crowd, rest)
        ground.say(f"{len(early) + len(rest)} messages")
        _send(crowd, early, chance)
        service.until(lambda: not crowd.waiting, "the first half is acknowledged")
        with service.memory() as database:
            _register(database, town.site(5), walker.device, moved)
        _send(crowd, rest, chance)
        service.until(lambda: not crowd.waiting, "all is acknowledged")
        late = _until_suspected(service, lives)
        twins = 1
        outcome = audit(service, crowd, quarantined=twins)
        with service.memory() as database:
            _judge(database, lives, outcome)
    outcome.figures = {
        "homes": homes, "truly_quiet": sum(life.quiet for life in lives),
        "publishes": _COPIES * (len(early) + len(rest)), "suspected_after_last_s": late,
    } | outcome.figures  # fmt: skip
    return outcome


def _move(old: Life, new: Life, moved: int, now: int, chance: random.Random) -> Diary:
    """The hall sensor of the first home stands in the second from `moved` on; all other sensors of both fall quiet."""
    for life in (old, new):
        for diary in life.diaries:
            diary.lines = [line for line in diary.lines if line[1] != "motion" or line[0] < moved - HOUR]
        life.last = max(at for d in life.diaries for at, kind, data in d.lines if kind == "motion" and data["occupied"])
    walker = old.diaries[0]
    for hour in range(_MOVED_BEFORE // HOUR):
        begin = moved + hour * HOUR + chance.randrange(5, 50) * MINUTE
        for nth in range(6):  # three times within ten minutes: somebody
            walker.notes(begin + nth * 20 * SECOND, "motion", {"occupied": nth % 2 == 0})
        new.last = begin + 80 * SECOND
    old.quiet, new.quiet = True, now - new.last > 12 * HOUR
    return walker


def _register(database: Database, site: str, device: str, since: int) -> None:
    for home, event in (
        ("h5", DeviceRemoved(device=device, home="h5")),
        ("h6", DeviceAssigned(device=device, home="h6", since=since, model="motion-pir", kind="motion")),
    ):
        _decide(database, f"home-{home}", site, event)


def _decide(database: Database, stream: str, site: str, event: Event) -> None:
    new = New(stream, site, event, now_us())
    database.write(lambda db: append(db, [new], recorded_at=new.at, after={stream: version_of(db, stream)}))


def _words(lives: list[Life], walker: Diary, moved: int, chance: random.Random) -> tuple[list[Said], list[Said]]:
    """What is sent before and after the registration of the move: live words come late, the old ones as backfills."""
    halves: tuple[list[Said], list[Said]] = ([], [])
    for life in lives:
        for diary in life.diaries:
            kept: list[dict[str, Any]] = []
            for item in diary.items():
                at, known_only_later = _at(item), diary is walker
                if at < now_us() - LATE or chance.random() < 0.5:
                    kept.append(item)
                    continue
                early = chance.random() < 0.5 and not (known_only_later and at >= moved)
                halves[not early].append(_said(diary.device, live(diary.device, item), (str(item["id"]),)))
            chance.shuffle(kept)  # not even within one message are the numbers in order
            for n in range(0, len(kept), _MOST_ITEMS):
                part = kept[n : n + _MOST_ITEMS]
                body = backfill(diary.device, part, f"kept-{n}")
                halves[1].append(_said(diary.device, body, tuple(str(item["id"]) for item in part)))
    return halves


def _at(item: dict[str, Any]) -> int:
    return codec.device_time("shouwang/v1/", json.dumps({"clock": "ntp", "time": item["time"]}).encode()) or 0


def _said(device: str, body: dict[str, Any], ids: tuple[str, ...]) -> Said:
    return Said(device, ids, f"shouwang/v1/{device}/event", json.dumps(body).encode())


def _alarms(lives: list[Life], crowd: Crowd, now: int, chance: random.Random, rest: list[Said]) -> None:
    """An alarm counts, two days late as a live word, four days late out of a memory."""
    for life, age in ((lives[0], 48 * HOUR), (lives[1], 96 * HOUR)):
        device = crowd.town.device(life.home, "co")
        data = {"alarm": True, "ppm": 100 + chance.randrange(200), "test": False}
        item = {"id": "b1-1", "seq": 1, "type": "shouwang.co.v1", "time": stamp(now - age), "data": data}
        body = live(device, item) if age < LATE else backfill(device, [item], "kept-co")
        said = _said(device, body, ("b1-1",))
        crowd.alarms.append(Alarm(life.home, "carbon_monoxide", said, now))
        rest.append(said)


def _twins(lives: list[Life], crowd: Crowd, rest: list[Said]) -> None:
    """Two detectors of one name, the same number: one says that all is well, the other is in alarm."""
    device = crowd.town.device(lives[2].home, "co")
    for alarm in (False, True):
        data = {"alarm": alarm, "ppm": 120 if alarm else 0, "test": False}
        item = {"id": "b1-1", "seq": 1, "type": "shouwang.co.v1", "time": stamp(now_us()), "data": data}
        said = _said(device, live(device, item), ("b1-1",))
        rest.append(said)
    found = codec.decode(said.topic, said.payload, retained=False, received_at=now_us())
    crowd.said.add((device, f"b1-1~{found.readings[0].digest:x}"))
    crowd.alarms.append(Alarm(lives[2].home, "carbon_monoxide", said, now_us()))


def _send(crowd: Crowd, words: list[Said], chance: random.Random) -> None:
    words = words * _COPIES
    chance.shuffle(words)
    for said in words:
        crowd.sends(said)


def _until_suspected(service: Service, lives: list[Life]) -> float:
    """Seconds from the last message until every home that was truly quiet is suspected."""
    owed = {f"h{life.home}" for life in lives if life.quiet}
    began, position, found = time.monotonic(), 0, set[str]()

    def all_there() -> bool:
        nonlocal position
        with service.memory() as database, database.read() as db:
            for record in read(db, position, limit=50_000):
                position = record.position
                if isinstance(record.event, AlertSuspected) and record.event.danger == "no_activity":
                    found.add(record.event.home)
        return owed <= found

    try:
        service.until(all_there, f"all of {len(owed)} quiet homes are suspected", _SUSPECTED_WITHIN_S)
    except NeverCame:
        return float("inf")  # the judgement says which
    return round(time.monotonic() - began, 1)


def _judge(database: Database, lives: list[Life], outcome: Outcome) -> None:
    """Who was quiet was suspected, once and with the true moment; nobody else; and the engine knows every last sign."""
    position, suspected = 0, dict[str, list[int]]()
    while True:
        with database.read() as db:
            log = read(db, position, limit=5000)
        if not log:
            break
        position = log[-1].position
        for record in log:
            if isinstance(record.event, AlertSuspected) and record.event.danger == "no_activity":
                suspected.setdefault(record.event.home, []).append(record.event.reason["last_seen"])
    known = households(database)
    wrong = [
        (life.home, life.last, last_seen(known[f"h{life.home}"]))
        for life in lives if last_seen(known[f"h{life.home}"]) != life.last
    ]  # fmt: skip
    expected = {f"h{life.home}": [life.last] for life in lives if life.quiet}
    missing, false = expected.keys() - suspected.keys(), suspected.keys() - expected.keys()
    other = [home for home, seen in expected.items() if home in suspected and suspected[home] != seen]
    outcome.figures |= {"suspected": len(suspected), "suspected_falsely": len(false), "last_signs_wrong": len(wrong)}
    for what, which in (
        ("homes have another last sign of life than the true one", wrong),
        ("quiet homes were not suspected", sorted(missing)),
        ("homes were suspected in which somebody lived", sorted(false)),
        ("homes were suspected for another silence", other),
    ):
        if which:
            outcome.failures.append(f"{len(which)} {what}, the first: {which[:_FEW]}")


MESSAGES = Round(
    "messages",
    "Four days of life, each message thrice, shuffled and late, with twins and a device that moved house: every sign of "
    "life counts once at its own time and place, what is older than 72 h never; alarms always.",
    run,
    slow=True,
)
