"""Whose claim is dead: at once nobody's, soon that of a process known to be gone, in the end anybody's; and what is old goes."""

import pytest
from sending_room import Room
from sqlalchemy import select, update

from alerts.notify.channel import Sent
from alerts.notify.claiming import claim
from alerts.notify.clearing import KEPT, clear_settled
from alerts.notify.outbox import CLAIM_LIFE, outbox
from alerts.notify.recording import record_sent, release
from events.types.fact import SECOND

pytestmark = pytest.mark.both


def claims(room: Room, claimer: str, *, living: tuple[str, ...] = ()) -> list[str]:
    rows = claim(room.database, claimer=claimer, now=room.time, limit=9, living=lambda _: living)
    return [row.message for row in rows]


def test_a_living_process_keeps_its_claim_until_its_call_must_have_ended(room: Room) -> None:
    room.plans("m1")
    assert claims(room, "first") == ["m1"]
    room.waits(CLAIM_LIFE / SECOND - 1)
    assert claims(room, "second", living=("first",)) == []
    room.waits(1)
    assert claims(room, "second", living=("first",)) == ["m1"]
    assert room.row("m1").state == "asking"


def test_the_claim_of_a_process_known_to_be_gone_is_taken_over_after_five_seconds(room: Room) -> None:
    room.plans("m1")
    assert claims(room, "first") == ["m1"]
    room.waits(4)
    assert claims(room, "second", living=("third",)) == []
    room.waits(1)
    assert claims(room, "second", living=("third",)) == ["m1"]


def messages(room: Room) -> set[str]:
    with room.database.read() as db:
        return set(db.execute(select(outbox.c.message)).scalars())


def test_what_was_settled_a_month_ago_leaves_and_nothing_else(room: Room) -> None:
    for name in ("old", "old-waiting", "old-claimed"):
        room.plans(name)
    rows = {row.message: row for row in claim(room.database, claimer="first", now=room.time, limit=9)}
    record_sent(room.database, rows["old"], Sent("SM1", "queued"), at=room.time)
    release(room.database, rows["old-waiting"], retry_at=room.time, error="later", unsure=False)
    room.waits(KEPT / SECOND - 1)
    room.plans("young")
    assert clear_settled(room.database, now=room.time)
    assert messages(room) == {"old", "old-waiting", "old-claimed", "young"}
    room.waits(2)
    assert clear_settled(room.database, now=room.time)
    assert messages(room) == {"old-waiting", "old-claimed", "young"}


def test_many_leave_in_pieces(room: Room) -> None:
    for number in range(1200):
        room.plans(f"m{number:04d}")
    room.database.write(lambda db: db.execute(update(outbox).values(state="delivered")))
    room.waits(KEPT / SECOND + 1)
    assert not clear_settled(room.database, now=room.time), "there is more"
    assert len(messages(room)) == 200
    assert clear_settled(room.database, now=room.time)
    assert messages(room) == set()
