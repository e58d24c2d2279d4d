"""Receipts come late, twice, reversed, for lost answers and for strangers; the log tells each end once."""

import threading
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sending_room import NUMBERS, Room, hooks, twilio, until

from alerts.notify import receipts as receipts_module
from alerts.notify.channel import Outgoing, Sent
from alerts.notify.channels.logbook import Logbook
from alerts.notify.claiming import claim
from alerts.notify.outbox import OutboxRow
from alerts.notify.receipts import RANK, poll_receipts, take_receipt
from alerts.notify.recording import ClaimLost, record_failed, record_sent, release
from events.store import read_stream
from events.types.message import MessageDelivered, MessageFailed, MessageSent
from events.types.system import SecurityNoted
from simulators.twilio import SimulatedTwilio
from tests.right_of_way import StandingWay

pytestmark = pytest.mark.both

WANG = NUMBERS["ph-wang"]


def claimed(room: Room, message: str = "m1") -> OutboxRow:
    room.plans(message)
    return claim(room.database, claimer="today", now=room.time, limit=1)[0]


def sent(room: Room, message: str = "m1", provider_id: str = "SM1") -> None:
    record_sent(room.database, claimed(room, message), Sent(provider_id, "queued"), at=room.time)


def reports(room: Room, status: str, code: str = "", *, message: str = "m1", provider_id: str = "SM1") -> bool:
    return take_receipt(
        room.database, message=message, provider_id=provider_id, status=status, error_code=code, at=room.time
    )


def test_a_delivered_message_is_told_once_by_the_providers_own_callbacks(room: Room, provider: SimulatedTwilio):
    provider.behave(WANG, delivery="delivered", twice=True, backwards=True)
    with hooks(room) as public:
        room.senders(twilio(provider, public_base_url=public))
        room.plans("m1")
        room.hears(MessageDelivered, "m1")
        until(lambda: len(provider.callbacks) == 6)
    assert [one["status"] for one in provider.callbacks] == [204] * 6
    assert len(room.facts(MessageDelivered)) == len(room.facts(MessageSent)) == 1
    assert room.row("m1").state == "delivered"


@pytest.mark.parametrize(("code", "permanent"), [(30003, True), (30001, False), (30008, False)])
def test_undelivered_is_a_failure_and_some_are_temporary(room: Room, provider: SimulatedTwilio, code, permanent):
    provider.fault("undelivered", WANG, code=code)
    with hooks(room) as public:
        room.senders(twilio(provider, public_base_url=public))
        room.plans("m1")
        failed = room.hears(MessageFailed, "m1")
    assert (failed.code, failed.permanent) == (str(code), permanent)
    assert len(room.facts(MessageSent)) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(st.sampled_from(["queued", "sending", "sent", "delivered", "undelivered"]), max_size=7))
def test_in_whatever_order_they_come_the_first_last_word_stands(room: Room, words):
    message = f"m-{len(room.facts(MessageSent))}"
    sent(room, message, provider_id=message)
    seen = []
    for word in words:
        reports(room, word, message=message, provider_id=message)
        seen.append(room.row(message).receipt)
    last_words = [word for word in words if RANK[word] == 5][:1]
    delivered = [one for one in room.facts(MessageDelivered) if one.message == message]
    failed = [one for one in room.facts(MessageFailed) if one.message == message]
    assert len(delivered) == last_words.count("delivered")
    assert len(failed) == last_words.count("undelivered")
    assert all(RANK[one] <= RANK[other] for one, other in pairwise(seen))
    expected = {"delivered": "delivered", "undelivered": "failed"}
    assert room.row(message).state == (expected[last_words[0]] if last_words else "sent")


def test_a_receipt_faster_than_the_answer_is_recorded_and_the_answer_changes_nothing(room: Room):
    row = claimed(room)
    assert reports(room, "delivered")
    record_sent(room.database, row, Sent("SM1", "queued"), at=room.time)
    assert [one.provider_id for one in room.facts(MessageSent)] == ["SM1"]
    assert room.row("m1").state == "delivered"
    with pytest.raises(ClaimLost):
        record_failed(room.database, row, code="x", permanent=True, error="", at=room.time)


def test_a_receipt_settles_a_message_whose_answer_was_lost(room: Room):
    row = claimed(room)
    release(room.database, row, retry_at=room.time, error="no answer", unsure=True)
    reports(room, "sent")
    assert room.facts(MessageSent)[0].found
    room.waits(60)
    assert claim(room.database, claimer="today", now=room.time, limit=1) == []


def test_a_message_given_up_that_arrived_all_the_same_is_known_to_have_arrived(room: Room):
    record_failed(room.database, claimed(room), code="gave_up", permanent=False, error="", at=room.time)
    reports(room, "delivered")
    assert len(room.facts(MessageDelivered)) == 1
    assert room.row("m1").state == "delivered"


def test_of_two_copies_the_one_that_arrived_counts(room: Room):
    sent(room, provider_id="SM2")
    reports(room, "undelivered", "30003", provider_id="SM1")
    assert room.facts(MessageFailed) == []
    reports(room, "delivered", provider_id="SM1")
    reports(room, "undelivered", "30003", provider_id="SM2")
    assert room.facts(MessageFailed) == []
    assert [one.provider_id for one in room.facts(MessageDelivered)] == ["SM1"]


def test_a_receipt_for_a_stranger_is_refused_and_noted_once(room: Room):
    assert [reports(room, "delivered", message="x\x00y" * 90) for _ in range(3)] == [False] * 3
    with room.database.read() as db:
        noted = [one.event for one in read_stream(db, "security")]
    assert noted == [SecurityNoted(what="receipt_unknown", ref=("xy" * 90)[:120])]


def test_a_word_we_do_not_know_changes_nothing(room: Room):
    sent(room)
    before = room.row("m1")
    assert reports(room, "partially_delivered")
    assert room.row("m1") == before


def test_a_missing_receipt_is_asked_for_twice_within_a_minute_and_then_less_and_less(
    room: Room, provider: SimulatedTwilio
):
    provider.behave(WANG, delivery="never")
    channel = twilio(provider)
    sid = channel.send(outgoing()).provider_id
    sent(room, provider_id=sid)
    start, asked_after = room.time, []
    for _ in range(70):
        if poll_receipts(room.database, channel, room.now()):
            asked_after.append((room.time - start) // 1_000_000)
        room.waits(20)
    assert asked_after == [20, 40, 80, 160, 320, 640, 1280]
    assert room.facts(MessageDelivered) == []


def outgoing() -> Outgoing:
    return Outgoing("m1", WANG, "【示例守望】m1", 1, 120)


def test_a_provider_that_cannot_report_by_itself_is_asked(room: Room, provider: SimulatedTwilio):
    provider.fault("undelivered", WANG, code=30005)
    channel = twilio(provider)
    sid = channel.send(outgoing()).provider_id
    sent(room, provider_id=sid)
    until(lambda: provider.messages[0].settled)
    room.waits(61)
    assert poll_receipts(room.database, channel, room.now()) == 1
    assert room.facts(MessageFailed)[0].code == "30005"


def test_one_receipt_that_cannot_be_had_does_not_keep_the_others_from_theirs(room: Room, provider: SimulatedTwilio):
    channel = twilio(provider)
    sent(room, "lost", provider_id="SM" + "0" * 32)
    sid = channel.send(outgoing()).provider_id
    sent(room, "m1", provider_id=sid)
    until(lambda: provider.messages[0].settled)
    room.waits(61)
    assert sum(poll_receipts(room.database, channel, room.now()) for _ in range(2)) == 1
    assert len(room.facts(MessageDelivered)) == 1


def test_nobody_is_asked_while_an_alarm_passes(room: Room, provider: SimulatedTwilio, monkeypatch: pytest.MonkeyPatch):
    standing = StandingWay()
    monkeypatch.setattr(receipts_module, "WAY", standing)
    channel = twilio(provider)
    sent(room, provider_id=channel.send(outgoing()).provider_id)
    until(lambda: provider.messages[0].settled)
    room.waits(61)
    standing.begins()
    asking = threading.Thread(target=poll_receipts, args=(room.database, channel, room.now()))
    asking.start()
    asking.join(0.2)
    assert room.facts(MessageDelivered) == []
    standing.has_gone()
    asking.join(20)
    assert len(room.facts(MessageDelivered)) == 1


def test_the_logbook_is_not_asked(room: Room):
    assert poll_receipts(room.database, Logbook(), room.now()) == 0
