"""A sender killed, broken or held up at each place between the outbox and the log: the phone gets the message once."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sending_room import NUMBERS, Room, killed_sender, text_of, twilio, until

from alerts.notify.claiming import claim
from events.failpoints import REGISTER
from events.types.message import MessageSent
from simulators.twilio import SimulatedTwilio
from tests.hatching import Hatched

WANG = NUMBERS["ph-wang"]
ENDS = {"kill": -9, "raise": 70}
PLACES = [name for name in REGISTER if name.startswith("outbox.")]
OWN_PLAN = "outbox.handed"
"""Here the message was planned by the process that meets the fault."""
TAKEN = {"outbox.called", "outbox.in_commit", "outbox.recorded"}
"""Where the provider has the message already."""


@contextmanager
def sender(room: Room, provider: SimulatedTwilio, failpoint: str) -> Iterator[Hatched]:
    """Another process that sends what the outbox has, and meets its fault there."""
    plans = {"PLANS": "1"} if failpoint.startswith(OWN_PLAN) else {}
    victim = killed_sender(room, provider, FAILPOINT=failpoint, **plans)
    try:
        yield victim
    finally:
        victim.kill()
        victim.wait()


def prepared(room: Room, place: str) -> None:
    """One message; for the place behind a question a dead sender has left it half done."""
    if place != OWN_PLAN:
        room.plans("m1")
    if place == "outbox.asked":
        claim(room.database, claimer="yesterday", now=room.time, limit=1)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("action", ENDS)
def test_whoever_comes_after_it_settles_the_message_and_the_phone_rings_once(room, provider, place, action):
    room.waits(-20)  # what was planned then is due by the clock of the other process
    prepared(room, place)
    provider.expect(WANG, text_of("m1"))
    with sender(room, provider, f"{place}:1:{action}") as victim:
        assert victim.wait(30) == ENDS[action]
    assert len(provider.messages) == (place in TAKEN)
    room.time = room.row("m1").claimed_at + 21_000_000
    room.senders(twilio(provider))
    sent = room.hears(MessageSent, "m1")
    assert (sent.found, sent.possible_duplicate) == (place in TAKEN - {"outbox.recorded"}, place not in TAKEN)
    assert len(room.facts(MessageSent)) == 1


@pytest.mark.parametrize("place", PLACES)
def test_held_up_for_a_moment_it_goes_on_and_the_phone_rings_once(room, provider, place):
    room.waits(-20)
    prepared(room, place)
    provider.expect(WANG, text_of("m1"))
    with sender(room, provider, f"{place}:1:sleep=0.5"):
        sent = room.hears(MessageSent, "m1")
    assert sent.possible_duplicate == (place == "outbox.asked")


@pytest.mark.parametrize("place", ["outbox.called", "outbox.asked"])
def test_held_up_until_another_has_taken_over_it_may_neither_send_nor_write(room, provider, place):
    room.waits(-20)
    prepared(room, place)
    provider.expect(WANG, text_of("m1"))
    held = room.row("m1").claim
    with sender(room, provider, f"{place}:1:sleep=4") as asleep:
        until(lambda: provider.messages if place in TAKEN else room.row("m1").claim > held)
        room.time = room.row("m1").claimed_at + 21_000_000
        room.senders(twilio(provider))
        sent = room.hears(MessageSent, "m1")
        settled = room.row("m1")
        assert settled.claim > held + 1 - (place in TAKEN)
        with pytest.raises(subprocess.TimeoutExpired):
            asleep.wait(5)  # it wakes meanwhile, finds the message taken over, and lives on
    assert (sent.found, sent.possible_duplicate) == (place in TAKEN, place not in TAKEN)
    assert room.row("m1") == settled
    assert len(room.facts(MessageSent)) == 1
