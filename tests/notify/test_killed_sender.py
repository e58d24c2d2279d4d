"""A sender killed at the worst moments: its successor asks first, and the phone gets the message once."""

import pytest
from sending_room import NUMBERS, Room, killed_sender, text_of, twilio, until

from alerts.notify.channel import Outgoing
from alerts.notify.claiming import claim
from events.types.message import MessageOvertaken, MessageSent
from simulators.twilio import SimulatedTwilio

pytestmark = pytest.mark.both

WANG = NUMBERS["ph-wang"]


def test_killed_after_the_provider_took_it_and_before_it_was_recorded(room: Room, provider: SimulatedTwilio):
    provider.fault("hang_after", seconds=4, times=1)
    room.plans("m1")
    victim = killed_sender(room, provider)
    try:
        until(lambda: provider.messages)
    finally:
        victim.kill()
        victim.wait()
    claimed = room.row("m1")
    assert (claimed.state, room.facts(MessageSent)) == ("claimed", [])
    room.senders(twilio(provider))
    room.time = claimed.claimed_at + 4_900_000
    assert room.row("m1") == claimed
    room.waits(0.2)
    found = room.hears(MessageSent, "m1")
    assert (found.found, found.provider_id) == (True, provider.messages[0].sid)
    assert len(provider.messages) == 1


def test_killed_between_claim_and_call(room: Room, provider: SimulatedTwilio):
    room.plans("m1")
    claim(room.database, claimer="yesterday", now=room.time, limit=1)
    room.waits(5)
    room.senders(twilio(provider))
    sent = room.hears(MessageSent, "m1")
    assert (sent.found, sent.possible_duplicate) == (False, True)
    assert [one.body for one in provider.messages] == [text_of("m1")]


def test_what_a_dead_sender_had_sent_is_on_record_though_the_alert_is_closed_by_now(
    room: Room, provider: SimulatedTwilio
):
    for message in ("gone", "kept"):
        room.plans(message)
        room.closed_alerts[f"a-{message}"] = "closed"
    claim(room.database, claimer="yesterday", now=room.time, limit=2)
    channel = twilio(provider)
    channel.send(Outgoing("gone", WANG, text_of("gone"), 1, 120))
    room.waits(5)
    room.senders(channel)
    assert room.hears(MessageSent, "gone").found
    assert room.hears(MessageOvertaken, "kept").why == "closed"
    assert len(provider.messages) == 1


def test_a_sender_that_slept_since_its_claim_does_not_call(room: Room, provider: SimulatedTwilio):
    room.plans("m1")
    (asleep,) = claim(room.database, claimer="today", now=room.time, limit=1)
    room.waits(13)
    senders = room.senders(twilio(provider), start=False)
    senders._delivering.deliver(asleep)
    assert provider.messages == []
    assert room.row("m1").state == "waiting"
    assert room.row("m1").unsure_since == 0
