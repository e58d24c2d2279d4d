"""A batch full of what cannot be taken: each kept under its own number, and the whole at the price of a few statements."""

import pytest
from door import NOON

from events.database import Database
from events.store import New, read
from events.types.device import CarbonMonoxideReported, OccupancyReported, ReadingConflicted
from events.types.system import ReadingQuarantined
from ingest import quarantine
from ingest.batch import Piece, Stored, store
from ingest.inbox import Raw
from ingest.quarantine import Kept
from tests.statements import statements

TOPIC = "shouwang/v1/dp03/hall-1/event"


def raw(payload: bytes) -> Raw:
    return Raw(1, 1, 1, TOPIC, payload, False, NOON)


def nonsense(payload: bytes) -> Piece:
    return Piece(raw(payload), [], [Kept(NOON, TOPIC, payload, False, "not_json", site="dp03", device="dp03/hall-1")])


def reading(seq: int, occupied: bool, *, alarm: bool | None = None) -> Piece:
    event = OccupancyReported(device="dp03/hall-1", seq=seq, occupied=occupied)
    key, digest = f"b1-{seq}", int(occupied)
    if alarm is not None:
        event = CarbonMonoxideReported(device="dp03/hall-1", seq=seq, alarm=alarm)
        digest = int(alarm)
    return Piece(
        raw(f"{seq} {occupied} {alarm}".encode()), [New("device-dp03/hall-1", "dp03", event, NOON, key, digest)], []
    )


def stores(database: Database, pieces: list[Piece]) -> Stored:
    return database.write(lambda db: store(db, pieces, [], recorded_at=NOON))


def lying_there(database: Database) -> dict[int, bytes]:
    with database.read() as db:
        return {row.id: row.payload for row in quarantine.newest(db, limit=1000)}


def said(database: Database, kind: type) -> list:
    with database.read() as db:
        return [each.event for each in read(db, 0) if isinstance(each.event, kind)]


def test_each_lies_under_the_number_that_the_log_gives_it(any_database):
    sent = [f"nonsense {n}".encode() for n in range(230)]  # more than go into one statement
    done = stores(any_database, [nonsense(payload) for payload in sent])
    there = lying_there(any_database)
    assert done.quarantined == 230
    assert [there[fact.quarantine] for fact in said(any_database, ReadingQuarantined)] == sent


def test_what_comes_twice_in_one_batch_or_has_come_before_is_counted_once(any_database):
    stores(any_database, [nonsense(b"known")])
    batch = [b"one", b"known", b"two", b"one", b"three"]
    assert stores(any_database, [nonsense(payload) for payload in batch]).quarantined == 3
    there = lying_there(any_database)
    assert sorted(there.values()) == [b"known", b"one", b"three", b"two"]
    assert [there[fact.quarantine] for fact in said(any_database, ReadingQuarantined)] == [
        b"known",
        b"one",
        b"two",
        b"three",
    ]


def test_of_two_devices_with_one_name_every_word_is_kept_and_every_alarm_counts(any_database):
    stores(any_database, [reading(n, True, alarm=False if n % 2 else None) for n in range(40)])
    twin = [reading(n, False, alarm=True if n % 2 else None) for n in range(40)]
    done = stores(any_database, twin)
    assert (done.quarantined, done.facts) == (40, 20)
    there, conflicts = lying_there(any_database), said(any_database, ReadingConflicted)
    assert [(fact.id, there[fact.quarantine]) for fact in conflicts] == [(p.news[0].key, p.raw.payload) for p in twin]
    assert [fact.seq for fact in said(any_database, CarbonMonoxideReported) if fact.alarm] == [*range(1, 40, 2)]
    again = stores(any_database, twin)
    assert (again.quarantined, again.facts) == (0, 0), "the broker delivers the batch once more"
    assert lying_there(any_database) == there


@pytest.mark.parametrize("of", ["nonsense", "a twin"])
def test_a_batch_full_of_it_costs_few_statements(any_database, of):
    def batch(first: int, count: int) -> list[Piece]:
        if of == "nonsense":
            return [nonsense(f"nonsense {n}".encode()) for n in range(first, first + count)]
        return [reading(n, True, alarm=True) for n in range(first, first + count)]

    if of == "a twin":
        stores(any_database, [reading(n, False) for n in range(100)])
    cost = [
        statements(any_database, lambda db, p=p: store(db, p, [], recorded_at=NOON))
        for p in (batch(0, 2), batch(2, 98))
    ]
    assert cost[1] <= cost[0] + 25, "98 messages more would be 294 statements if each were kept by itself"
