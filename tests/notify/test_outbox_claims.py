"""The outbox: one row a message, one sender a row, and no word from a sender whose claim was taken over."""

import threading

import pytest
from sending_room import Room
from sqlalchemy import func, select

from alerts.notify.channel import Sent
from alerts.notify.claiming import claim, due, take
from alerts.notify.outbox import OutboxRow, outbox
from alerts.notify.recording import (
    BelongsToAnother,
    ClaimLost,
    record_failed,
    record_overtaken,
    record_sent,
    release,
    send_again,
)
from events.store import read
from events.types.fact import SECOND
from events.types.message import MessagePlanned, MessageSent

pytestmark = pytest.mark.both

CONFIRMED = Sent("SM1", "queued")


def claims(room: Room, claimer: str = "today", *, limit: int = 1, **more) -> list[OutboxRow]:
    return claim(room.database, claimer=claimer, now=room.time, limit=limit, **more)


def names(rows: list[OutboxRow]) -> list[str]:
    return [row.message for row in rows]


def facts_in_log(room: Room) -> int:
    with room.database.read() as db:
        return sum(not isinstance(one.event, MessagePlanned) for one in read(db, 0))


def test_a_message_planned_twice_has_one_row(room: Room):
    room.plans("m1")
    room.plans("m1")
    with room.database.read() as db:
        assert db.execute(select(func.count()).select_from(outbox)).scalar() == 1
    row = claims(room, limit=5)[0]
    assert (row.words, row.slot, row.state, row.attempts) == ({"house": "12号家"}, 3, "claimed", 1)


def test_class_1_goes_first_then_what_is_due_longest(room: Room):
    room.plans("battery", alert_class=4)
    room.waits(1)
    room.plans("quiet", alert_class=2)
    room.waits(1)
    room.plans("co", alert_class=1)
    room.waits(1)
    room.plans("smoke", "li", alert_class=1)
    assert names(claims(room, limit=9)) == ["co", "smoke", "quiet", "battery"]


def test_nobody_waits_for_the_second_message_of_another(room: Room):
    for number in range(5):
        room.plans(f"wang-{number}")
    room.waits(1)
    room.plans("li-0", "li")
    assert names(claims(room, limit=3)) == ["wang-0", "li-0", "wang-1"]


def test_one_class_alone_can_be_claimed(room: Room):
    room.plans("quiet", alert_class=2)
    assert claims(room, only_class=1) == []
    assert names(claims(room)) == ["quiet"]


def test_many_claimers_share_the_rows_and_no_row_is_taken_twice(room: Room):
    for number in range(40):
        room.plans(f"m{number}", f"p{number % 7}")
    taken: list[str] = []

    def work(claimer: str) -> None:
        while rows := claims(room, claimer, limit=3):
            taken.extend(names(rows))

    threads = [threading.Thread(target=work, args=(f"c{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(f"m{number}" for number in range(40))


def test_of_two_that_saw_the_row_free_one_takes_it(room: Room):
    room.plans("m1")
    with room.database.read() as db:
        (seen,) = due(db, claimer="today", now=room.time, limit=1)
    assert room.database.write(lambda db: take(db, seen, "today", room.time)) is not None
    assert room.database.write(lambda db: take(db, seen, "other", room.time)) is None
    assert room.row("m1").claimed_by == "today"


def test_a_claim_of_a_living_process_holds_20_seconds_and_is_then_asked_about(room: Room):
    room.plans("m1")
    first = claims(room)[0]
    claimed_at = room.time
    room.waits(19.9)
    assert claims(room) == []
    room.waits(0.1)
    second = claims(room)[0]
    assert (second.state, second.unsure_since, second.claim) == ("asking", claimed_at, first.claim + 1)


def test_a_claim_of_a_process_that_is_gone_is_settled_after_5_seconds(room: Room):
    room.plans("m1")
    claims(room, "yesterday")
    claimed_at = room.time
    room.waits(4.9)
    assert claims(room) == []
    room.waits(0.1)
    row = claims(room)[0]
    assert (row.state, row.unsure_since) == ("asking", claimed_at)


@pytest.mark.parametrize("taken_over", [True, False])
def test_a_sender_that_slept_may_write_only_while_nobody_has_taken_over(room: Room, taken_over):
    ways = [
        lambda row: record_sent(room.database, row, CONFIRMED, at=room.time),
        lambda row: record_failed(room.database, row, code="x", permanent=True, error="x", at=room.time),
        lambda row: record_overtaken(room.database, row, why="closed", at=room.time),
        lambda row: release(room.database, row, retry_at=room.time, error="x", unsure=True),
        lambda row: send_again(room.database, row, at=room.time),
    ]
    for number, write in enumerate(ways):
        message, before = f"m{number}", facts_in_log(room)
        room.plans(message, f"p{number}")
        asleep = claims(room)[0]
        room.waits(21)
        if not taken_over:
            write(asleep)
            assert room.row(message).state != "claimed" or room.row(message).possible_duplicate
            record_any_end(room, message)
            continue
        awake = claims(room)[0]
        with pytest.raises(ClaimLost):
            write(asleep)
        assert facts_in_log(room) == before
        assert room.row(message) == awake
        record_sent(room.database, awake, Sent(f"SM-{number}", "queued"), at=room.time)


def record_any_end(room: Room, message: str) -> None:
    """So that the next claim of the story does not meet this message again."""
    row = room.row(message)
    if row.state == "waiting":
        row = claims(room)[0]
    if row.state in ("claimed", "asking"):
        record_failed(room.database, row, code="x", permanent=True, error="x", at=room.time)


def test_what_is_settled_is_never_claimed_again(room: Room):
    room.plans("m1")
    record_sent(room.database, claims(room)[0], CONFIRMED, at=room.time)
    room.waits(3600)
    assert claims(room) == []
    with pytest.raises(ClaimLost):
        record_failed(room.database, room.row("m1"), code="x", permanent=True, error="", at=room.time)


def test_a_message_given_back_waits_and_remembers_that_it_may_have_gone(room: Room):
    room.plans("m1")
    row = claims(room)[0]
    release(room.database, row, retry_at=room.time + 2 * SECOND, error="HTTP 500", unsure=True)
    assert claims(room) == []
    room.waits(2)
    again = claims(room)[0]
    assert (again.state, again.unsure_since, again.attempts) == ("asking", row.claimed_at, 2)
    assert again.first_claimed_at == row.claimed_at


def test_a_text_found_at_the_provider_counts_for_one_message_only(room: Room):
    room.plans("m1")
    room.plans("m2")
    first, second = claims(room, limit=2)
    record_sent(room.database, first, CONFIRMED, at=room.time, found=True)
    with pytest.raises(BelongsToAnother):
        record_sent(room.database, second, CONFIRMED, at=room.time, found=True)
    assert [one.message for one in room.facts(MessageSent)] == ["m1"]
    assert room.row("m2").state == "claimed"
