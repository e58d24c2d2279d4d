"""From the outbox to the phone: each message once, in time, and its end on record."""

from collections.abc import Callable

import pytest
from sending_room import NUMBERS, Room, text_of, twilio, until

from alerts.notify import senders as senders_module
from alerts.notify.channels.logbook import Logbook
from events.types.fact import SECOND
from events.types.message import MessageFailed, MessageOvertaken, MessageSent
from simulators.twilio import SimulatedTwilio
from tests.right_of_way import StandingWay

pytestmark = pytest.mark.both

WANG, LI = NUMBERS["ph-wang"], NUMBERS["ph-li"]


def bodies(provider: SimulatedTwilio) -> list[str]:
    return [one.body for one in provider.messages]


def test_a_planned_message_reaches_the_phone_without_waiting_for_a_poll(room: Room, provider, monkeypatch):
    monkeypatch.setattr(senders_module, "_POLL_S", 3600)
    room.senders(twilio(provider))
    room.plans("m1")
    assert provider.wait_for(WANG).body == text_of("m1")
    sent = room.hears(MessageSent, "m1")
    assert (sent.provider_id, sent.found, sent.possible_duplicate) == (provider.messages[0].sid, False, False)
    assert room.row("m1").state == "sent"


def test_an_alarm_has_the_right_of_way_from_its_claim_and_lesser_messages_have_none(room: Room, provider, monkeypatch):
    way, taken = StandingWay(), list[bool]()
    monkeypatch.setattr(senders_module, "WAY", way)
    sms = twilio(provider)
    send = sms.send
    monkeypatch.setattr(sms, "send", lambda outgoing: (taken.append(way.taken), send(outgoing))[1])
    room.senders(sms)
    room.plans("m1", alert_class=3)
    room.hears(MessageSent, "m1")
    room.plans("m2", alert_class=1)
    room.hears(MessageSent, "m2")
    assert taken == [False, True]


def test_what_was_planned_before_the_start_is_sent_too(room: Room, provider):
    room.plans("m1")
    room.senders(twilio(provider))
    room.hears(MessageSent, "m1")


def test_class_1_goes_first(room: Room, provider):
    for number in range(4):
        room.plans(f"battery-{number}", "li", alert_class=3)
    room.plans("co", "wang", alert_class=1)
    room.senders(twilio(provider), workers=1)
    until(lambda: len(provider.messages) == 5)
    assert bodies(provider)[0] == text_of("co")


def test_class_1_is_not_held_up_by_lesser_messages_that_hang(room: Room, provider):
    provider.fault("hang_before", LI, seconds=5)
    for number in range(6):
        room.plans(f"battery-{number}", "li", alert_class=3)
    room.senders(twilio(provider, timeout_s=5), workers=3)

    def batteries(**wanted) -> int:
        rows = [room.row(f"battery-{number}") for number in range(6)]
        return sum(all(getattr(row, name) == value for name, value in wanted.items()) for row in rows)

    until(lambda: all(batteries(state="claimed") == 2 for _ in range(3)))
    room.plans("co", "wang", alert_class=1)
    room.hears(MessageSent, "co")
    assert batteries(last_error="") == 6, "their calls are still under way"


def test_an_answer_lost_after_accepting_is_found_and_not_sent_again(room: Room, provider):
    provider.fault("500_after", times=1)
    room.senders(twilio(provider))
    room.plans("m1")
    row = until(lambda: (row := room.row("m1")).state == "waiting" and row.unsure_since and row)
    assert row.due_at == row.unsure_since + 5 * SECOND, "asking any earlier proves nothing"
    room.waits(5)
    assert room.hears(MessageSent, "m1").found
    assert bodies(provider) == [text_of("m1")]


def test_a_provider_that_hangs_after_accepting_is_asked(room: Room, provider):
    provider.fault("hang_after", times=1, seconds=3)
    room.senders(twilio(provider, timeout_s=0.4))
    room.plans("m1")
    until(lambda: room.row("m1").unsure_since)
    room.waits(6)
    assert room.hears(MessageSent, "m1").found
    assert bodies(provider) == [text_of("m1")]


def test_an_error_before_accepting_leads_to_a_second_try_that_is_marked(room: Room, provider):
    provider.fault("500_before", times=1)
    room.senders(twilio(provider))
    room.plans("m1")
    until(lambda: room.row("m1").unsure_since)
    room.waits(6)
    sent = room.hears(MessageSent, "m1")
    assert (sent.found, sent.possible_duplicate) == (False, True)
    assert bodies(provider) == [text_of("m1")]


def test_when_nobody_answers_the_question_it_is_sent_again_and_marked(room: Room, provider):
    provider.fault("500_after", times=1)
    provider.fault("500_before", on="read")
    room.senders(twilio(provider), ask_for_s=0.6)
    room.plans("m1")
    until(lambda: room.row("m1").unsure_since)
    room.waits(6)
    assert room.hears(MessageSent, "m1").possible_duplicate
    assert bodies(provider) == [text_of("m1")] * 2


def test_a_busy_provider_gets_it_a_second_later(room: Room, provider):
    provider.fault("429", times=2)
    room.senders(twilio(provider))
    room.plans("m1")
    until(lambda: room.row("m1").last_error)
    room.waits(1.3)
    until(lambda: room.row("m1").attempts == 2 and room.row("m1").state == "waiting")
    room.waits(2.5)
    assert not room.hears(MessageSent, "m1").possible_duplicate
    assert len(provider.messages) == 1


def tries_until(room: Room, message: str, ends: Callable[[], object]) -> None:
    """Push the clock from try to try."""

    def ended() -> bool:
        row = room.row(message)
        if ends():
            return True
        if row.state == "waiting":
            room.time = max(room.time, row.due_at)
        return False

    until(ended, 30)


def test_without_a_provider_class_1_is_given_up_after_a_minute_and_tried_until_the_next_round(room: Room, provider):
    provider.__exit__(None, None, None)
    room.senders(twilio(provider))
    room.plans("m1")
    tries_until(room, "m1", lambda: room.facts(MessageFailed))
    (failed,) = room.facts(MessageFailed)
    assert (failed.code, failed.permanent) == ("gave_up", False)
    row = room.row("m1")
    assert 40 <= (room.time - row.first_claimed_at) / 1e6 <= 60
    assert row.attempts >= 7
    assert "+86" not in row.last_error
    tries_until(room, "m1", lambda: room.row("m1").state == "failed")
    assert 100 <= (room.time - row.first_claimed_at) / 1e6 <= 120
    assert [one.code for one in room.facts(MessageFailed)] == ["gave_up", "gave_up"]


def test_who_was_given_up_is_told_all_the_same_when_the_provider_is_back(room: Room, provider):
    provider.fault("401")
    room.senders(twilio(provider))
    room.plans("m1")
    tries_until(room, "m1", lambda: room.facts(MessageFailed))
    provider.fault("ok")
    provider.expect(WANG, text_of("m1"))
    tries_until(room, "m1", lambda: room.facts(MessageSent))
    assert not room.facts(MessageSent)[0].possible_duplicate
    assert room.row("m1").state == "sent"
    assert len(room.facts(MessageFailed)) == 1


@pytest.mark.parametrize(("mode", "code"), [("opted_out", "21610"), ("landline", "21614")])
def test_a_phone_that_can_never_get_it_is_a_failure_at_once(room: Room, provider, mode, code):
    provider.fault(mode)
    room.senders(twilio(provider))
    room.plans("m1")
    failed = room.hears(MessageFailed, "m1")
    assert (failed.code, failed.permanent, room.row("m1").attempts) == (code, True, 1)


def test_what_nobody_wants_any_more_is_not_sent(room: Room, provider):
    room.closed_alerts["a-m1"] = "closed"
    room.unwordable.add("m1")  # nobody need find words for it
    room.senders(twilio(provider))
    room.plans("m1")
    assert room.hears(MessageOvertaken, "m1").why == "closed"
    assert provider.messages == []


def test_a_message_that_cannot_be_worded_fails_alone_and_tells_no_name(room: Room, provider, caplog):
    room.unwordable.add("m1")
    room.senders(twilio(provider), workers=1)
    room.plans("m1")
    failed = room.hears(MessageFailed, "m1")
    assert (failed.code, failed.permanent) == ("internal", True)
    room.plans("m2")
    room.hears(MessageSent, "m2")
    assert "ValueError" in caplog.text
    assert "王一一" not in caplog.text
    assert "+86" not in caplog.text


def test_somebody_without_a_number_and_a_way_that_is_not_there_are_failures(room: Room, provider):
    room.senders(twilio(provider))
    room.plans("m1", "nobody")
    room.plans("m2", channel="carrier_pigeon")
    assert room.hears(MessageFailed, "m1", "nobody").code == "no_phone"
    assert room.hears(MessageFailed, "m2").code == "no_channel"


def test_the_logbook_sends_nothing_and_says_so(room: Room, caplog):
    room.senders(Logbook())
    room.plans("m1", channel="logbook")
    sent = room.hears(MessageSent, "m1")
    assert sent.channel == "logbook"
    assert "NOT SENT" in caplog.text
    assert "m1" in caplog.text
    assert not Logbook.really_sends
    assert "12号家" not in caplog.text


def test_two_pools_over_one_outbox_send_each_message_once(room: Room, provider):
    first, second = room.senders(twilio(provider)), room.senders(twilio(provider))
    assert first is not second
    for number in range(30):
        room.plans(f"m{number}", ("wang", "li", "zhao")[number % 3])
    until(lambda: sum(len(room.facts(MessageSent, person)) for person in ("wang", "li", "zhao")) == 30)
    assert sorted(bodies(provider)) == sorted(text_of(f"m{number}") for number in range(30))


def test_stopping_waits_for_the_call_under_way(room: Room, provider):
    provider.fault("hang_after", seconds=0.5, times=1)
    senders = room.senders(twilio(provider))
    room.plans("m1")
    until(lambda: provider.messages)
    assert room.facts(MessageSent) == []
    senders.stop()
    assert len(room.facts(MessageSent)) == 1
