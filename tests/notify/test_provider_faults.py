"""A provider that fails in every way it can: each phone rings once, unless nobody can know, and then it is on record."""

import pytest
from sending_room import NUMBERS, Room, text_of, twilio, until

from events.types.message import MessageFailed, MessageSent
from simulators.twilio import SimulatedTwilio

WANG, LI = NUMBERS["ph-wang"], NUMBERS["ph-li"]


def tried(room: Room, message: str = "m1", *, times: int = 1) -> None:
    """So many tries are over, none of which settled it; then the clock stands where the next one is due."""
    row = until(lambda: (row := room.row(message)).state == "waiting" and row.attempts == times and row)
    room.time = max(room.time, row.due_at)


@pytest.mark.parametrize("mode", ["cut_after", "malformed", "500_after", "hang_after"])
def test_an_answer_that_says_nothing_certain_costs_no_second_sms(room: Room, provider: SimulatedTwilio, mode):
    provider.fault(mode, times=1, seconds=3)
    provider.expect(WANG, text_of("m1"))
    room.senders(twilio(provider, timeout_s=1))
    room.plans("m1")
    tried(room)
    sent = room.hears(MessageSent, "m1")
    assert (sent.found, sent.possible_duplicate) == (True, False)


@pytest.mark.parametrize("mode", ["cut_before", "500_before", "hang_before"])
def test_nothing_certain_and_nothing_accepted_leads_to_one_sms_that_is_marked(room: Room, provider, mode):
    provider.fault(mode, times=1, seconds=3)
    provider.expect(WANG, text_of("m1"))
    room.senders(twilio(provider, timeout_s=1))
    room.plans("m1")
    tried(room)
    sent = room.hears(MessageSent, "m1")
    assert (sent.found, sent.possible_duplicate) == (False, True)


@pytest.mark.parametrize("mode", ["cut_after", "malformed", "500_after", "hang_after"])
@pytest.mark.parametrize("asked", ["500_before", "cut_before", "malformed"])
def test_when_asking_tells_nothing_either_there_is_one_sms_too_many_and_it_is_marked(room: Room, provider, mode, asked):
    provider.fault(mode, times=1, seconds=3)
    provider.fault(asked, on="read")
    provider.expect(WANG, text_of("m1"), times=2)
    room.senders(twilio(provider, timeout_s=1), ask_for_s=0.1)
    room.plans("m1")
    tried(room)
    assert room.hears(MessageSent, "m1").possible_duplicate


def test_asking_a_provider_that_hangs_ends_when_the_time_for_asking_does(room: Room, provider):
    provider.fault("500_after", times=1)
    provider.fault("hang_before", on="read", seconds=120)
    provider.expect(WANG, text_of("m1"), times=2)
    room.senders(twilio(provider, timeout_s=60), ask_for_s=0.6)
    room.plans("m1")
    tried(room)
    assert room.hears(MessageSent, "m1").possible_duplicate


@pytest.mark.parametrize("mode", ["401", "429"])
def test_a_clear_no_is_tried_again_and_nothing_is_marked(room: Room, provider, mode):
    provider.fault(mode, times=3)
    provider.expect(WANG, text_of("m1"))
    room.senders(twilio(provider))
    room.plans("m1")
    for times in (1, 2, 3):
        tried(room, times=times)
    sent = room.hears(MessageSent, "m1")
    assert (sent.found, sent.possible_duplicate) == (False, False)


@pytest.mark.parametrize(
    ("said", "least_s", "most_s"),
    [
        ("3", 3, 3),
        ("0", 0.8, 1.2),
        ("86400", 8, 9.6),
        ("9" * 400, 0.8, 1.2),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.8, 1.2),
        ("-1", 0.8, 1.2),
        ("soon", 0.8, 1.2),
    ],
)
def test_whatever_patience_a_busy_provider_asks_for_class_1_is_tried_again_in_seconds(
    room: Room, provider, said, least_s, most_s
):
    provider.fault("429", times=1, retry_after=said)
    provider.expect(WANG, text_of("m1"))
    room.senders(twilio(provider))
    room.plans("m1")
    planned_at = room.time
    tried(room)
    assert least_s <= (room.time - planned_at) / 1e6 <= most_s
    assert not room.hears(MessageSent, "m1").possible_duplicate


def test_nobody_listening_is_no_doubt_that_it_was_not_sent(room: Room, provider):
    channel = twilio(provider)
    provider.__exit__(None, None, None)
    room.senders(channel)
    room.plans("m1")
    tried(room)
    row = room.row("m1")
    assert (row.unsure_since, row.last_error.partition(" (")[0]) == (0, "no connection")


def test_a_slow_provider_is_waited_for_and_not_asked_twice(room: Room, provider):
    provider.fault("hang_after", seconds=1.5)
    for to, message in ((WANG, "m1"), (LI, "m2")):
        provider.expect(to, text_of(message))
    room.senders(twilio(provider))
    room.plans("m1")
    room.plans("m2", "li")
    for message, person in (("m1", "wang"), ("m2", "li")):
        sent = room.hears(MessageSent, message, person)
        assert (sent.found, sent.possible_duplicate) == (False, False)
        assert room.row(message).attempts == 1


def test_one_phone_that_hangs_keeps_no_other_phone_waiting(room: Room, provider):
    provider.fault("hang_before", WANG, seconds=60)
    provider.expect(LI, text_of("m2"))
    room.senders(twilio(provider, timeout_s=60 * 60))
    room.plans("m1")
    until(lambda: room.row("m1").state == "claimed")
    room.plans("m2", "li")
    room.hears(MessageSent, "m2", "li")
    assert room.row("m1").attempts == 1
    provider.__exit__(None, None, None)  # ends the call that hangs


def test_a_fault_of_one_message_is_not_the_next_ones(room: Room, provider):
    provider.fault("landline", WANG)
    provider.expect(LI, text_of("m2"))
    room.senders(twilio(provider), workers=1)
    room.plans("m1")
    room.plans("m2", "li")
    room.hears(MessageSent, "m2", "li")
    assert room.hears(MessageFailed, "m1").code == "21614"
