"""An urgent message is claimed as it is planned, where somebody has his hands free, and is sent once whatever happens."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sending_room import Room, intended, text_of, twilio, until, write_plan
from sqlalchemy import make_url

from alerts.notify import delivering as delivering_module
from alerts.notify import senders as senders_module
from alerts.notify.claiming import claim
from alerts.notify.desk import Desk, Draft
from alerts.notify.handing import Handing
from alerts.notify.outbox import OutboxRow, plan
from alerts.notify.senders import Senders
from events.database import CommitUnclear
from events.types.message import MessageSent
from simulators.twilio import SimulatedTwilio
from tests.postgres import Databases
from tests.wire import FirstCommit, Wire, through

both = pytest.mark.both


class Refused(Exception):
    """By the database."""


def refuses() -> None:
    raise Refused


def free_hands(senders: Senders) -> Handing:
    """Once all of them wait for something to do."""
    desk = senders._desks["twilio_sms"]
    until(lambda: desk._waiting == desk.workers)
    return senders.hands


def at_work(room: Room, provider: SimulatedTwilio, **more: int) -> Handing:
    return free_hands(room.senders(twilio(provider), **more))


def told_once(room: Room, provider: SimulatedTwilio, message: str = "m1") -> MessageSent:
    sent = room.hears(MessageSent, message)
    assert [one.body for one in provider.messages].count(text_of(message)) == 1
    return sent


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks for a message breaks the senders, and with them the story."""

    def looks(*_args: object, **_more: object) -> None:
        raise AssertionError("somebody looked for a message")

    monkeypatch.setattr(senders_module, "claim", looks)


@both
@pytest.mark.usefixtures("nobody_looks")
def test_an_urgent_message_leaves_with_its_plan_and_nobody_looks_for_it(room: Room, provider):
    hands = at_work(room, provider)
    room.plans("m1", hands=hands)
    sent, row = told_once(room, provider), room.row("m1")
    assert (sent.found, sent.possible_duplicate) == (False, False)
    assert (row.state, row.claim, row.attempts, row.first_claimed_at) == ("sent", 1, 1, room.time)


@both
def test_as_many_are_handed_over_as_there_are_hands_and_the_rest_is_looked_for(room: Room, provider, monkeypatch):
    sms, go = twilio(provider), threading.Event()
    send = sms.send
    monkeypatch.setattr(sms, "send", lambda outgoing: (go.wait(10), send(outgoing))[1])
    hands = free_hands(room.senders(sms, workers=2))
    for name in ("m1", "m2", "m3"):
        room.plans(name, hands=hands)
    assert [room.row(name).state for name in ("m1", "m2", "m3")] == ["claimed", "claimed", "waiting"]
    go.set()
    for name in ("m1", "m2", "m3"):
        told_once(room, provider, name)


def test_what_is_not_urgent_and_what_no_sender_is_for_waits_in_line(room: Room, provider):
    hands = at_work(room, provider)
    others = [intended("m1", alert_class=2), intended("m2", channel="aliyun_sms")]
    with hands.promised([intended("m3"), *others], room.time) as plans:
        assert [bool(each.claim) for each in plans] == [True, False, False]


@both
@pytest.mark.usefixtures("nobody_looks")
def test_after_plans_that_failed_all_hands_are_free_again(room: Room, provider):
    hands = at_work(room, provider)
    for _ in range(9):
        with pytest.raises(Refused):
            room.plans("m1", hands=hands, then=refuses)
    assert provider.messages == []
    room.plans("m1", hands=hands)
    told_once(room, provider)


@both
def test_a_message_that_was_planned_before_is_not_sent_again(room: Room, provider):
    senders = room.senders(twilio(provider))
    room.plans("m1")
    told_once(room, provider)
    hands, before = free_hands(senders), room.row("m1")
    for _ in range(5):  # more often than there are hands
        room.plans("m1", hands=hands)
    room.plans("m2", hands=free_hands(senders))
    told_once(room, provider, "m2")
    assert room.row("m1") == before
    assert len(provider.messages) == 2


@both
def test_what_another_has_claimed_is_not_sent_because_it_is_planned_again(room: Room, provider):
    room.plans("m1")
    claim(room.database, claimer="yesterday", now=room.time, limit=1)
    hands, before = at_work(room, provider), room.row("m1")
    room.plans("m1", hands=hands)
    room.plans("m2", hands=hands)
    told_once(room, provider, "m2")
    assert (room.row("m1"), len(provider.messages)) == (before, 1)


def test_what_was_there_already_and_nobody_has_seen_is_looked_for(room: Room, provider, monkeypatch):
    monkeypatch.setattr(senders_module, "_POLL_S", 3600)
    hands = at_work(room, provider)
    room.database.write(lambda db: plan(db, [intended("m1", at=room.time)]))
    room.plans("m1", hands=hands)
    told_once(room, provider)


def test_a_plan_that_failed_takes_nothing_from_the_same_plan_that_did_not(room: Room, provider, monkeypatch):
    sms, go, called = twilio(provider), threading.Event(), threading.Event()
    send = sms.send
    monkeypatch.setattr(sms, "send", lambda outgoing: (called.set(), go.wait(10), send(outgoing))[2])
    hands = free_hands(room.senders(sms))
    with pytest.raises(Refused):
        room.plans("m1", hands=hands, then=refuses)
    room.plans("m1", hands=hands)
    assert called.wait(10)
    hands.look(room.time)
    assert (room.row("m1").state, room.row("m1").claim) == ("claimed", 1)
    go.set()
    told_once(room, provider)


@both
def test_held_up_between_plan_and_call_it_is_given_back_and_goes_once(room: Room, provider):
    hands = at_work(room, provider)
    room.plans("m1", hands=hands, then=lambda: room.waits(6))  # somebody may take us for dead meanwhile
    assert not told_once(room, provider).possible_duplicate
    assert room.row("m1").claim == 2


@both
def test_stopped_as_it_lands_it_is_given_back_and_the_next_ones_send_it_at_once(room: Room, provider):
    senders = room.senders(twilio(provider))
    stop = threading.Thread(target=senders.stop)

    def stops() -> None:
        stop.start()
        until(senders._stopping.is_set)

    room.plans("m1", hands=free_hands(senders), then=stops)
    stop.join()
    senders.stop()  # as at the end of the service: whoever plans has ended by now
    assert (room.row("m1").state, provider.messages) == ("waiting", [])
    room.senders(twilio(provider))
    assert not told_once(room, provider).possible_duplicate


@pytest.mark.parametrize("fate", ["cut", "deaf"], ids=["it never arrived", "it is done and the answer is lost"])
def test_a_plan_whose_commit_is_unclear_is_told_within_a_second_and_once(
    postgresql: Databases, provider: SimulatedTwilio, fate: str
) -> None:
    with postgresql.fresh() as url:
        room, wire = Room(url), Wire(make_url(url).port or 5432)
        far, hands = through(url, wire), at_work(room, provider)
        wire.on_asked = lost = FirstCommit(fate)
        meant = intended("m1", at=room.time)
        with pytest.raises(CommitUnclear):
            write_plan(far, meant, hands=hands)
        assert lost.met
        if fate == "cut":  # whoever plans reads again from his bookmark, and plans it anew
            write_plan(far, meant, hands=hands)
        assert not told_once(room, provider).possible_duplicate
        far.close()
        wire.close()
        room.close()


@pytest.fixture
def desk() -> Iterator[tuple[Desk, list[str]]]:
    """With one who says what he does."""
    stopping, done = threading.Event(), list[str]()
    made = Desk("sms", 1, stopping)

    def word(at_desk: Desk, draft: Draft) -> None:
        done.append(f"worded {draft.row.message}")
        row = at_desk.planned(draft)
        done.append(row.message if row else "nothing")

    [(_, job)] = made.jobs(
        lambda _desk, _class: done.append("looked"), lambda _desk, row: done.append(row.message), word
    )
    thread = threading.Thread(target=job)
    thread.start()
    until(lambda: made._waiting)
    yield made, done
    stopping.set()
    made.wake(0, 0)
    thread.join()


def test_who_was_promised_does_nothing_else_meanwhile(desk: tuple[Desk, list[str]], room: Room):
    at_desk, done = desk
    assert at_desk.promise()
    assert not at_desk.promise()
    at_desk.wake(1, 0)
    room.plans("m1")
    assert at_desk.hand(room.row("m1"))
    until(lambda: len(done) == 2)
    assert done == ["m1", "looked"]


def test_who_was_promised_for_nothing_does_what_has_come_meanwhile(desk: tuple[Desk, list[str]]):
    at_desk, done = desk
    assert at_desk.promise()
    at_desk.wake(1, 0)
    time.sleep(0.05)  # he looks up, and may not go
    at_desk.withdraw("m1")
    until(lambda: done)
    assert at_desk.promise()


def test_what_is_being_worded_is_worded_once_however_often_its_plan_is_begun_anew(
    desk: tuple[Desk, list[str]], room: Room
):
    at_desk, done = desk
    room.plans("m1")
    row = room.row("m1")
    for _ in range(3):
        assert at_desk.promise()
        at_desk.draft(row)
        until(lambda: "worded m1" in done)
        at_desk.draft(row)
        assert not at_desk.promise(), "he waits for this one"
        at_desk.wake(1, 0)
        assert at_desk.hand(row)
        until(lambda: at_desk._waiting and not at_desk._urgent)
        assert done == ["worded m1", "m1", "looked"]
        assert (at_desk._promised, at_desk._worded, at_desk._drafts) == (0, {}, {})
        done.clear()


def test_what_lands_before_anybody_could_word_it_is_sent_as_it_is(desk: tuple[Desk, list[str]], room: Room):
    at_desk, done = desk
    room.plans("m1")
    row = room.row("m1")
    assert at_desk.promise()
    with at_desk._woken:
        at_desk.draft(row)
        at_desk.hand(row)
    until(lambda: done and at_desk._waiting)
    assert done == ["m1"]
    assert at_desk.promise()


def test_who_has_worded_for_nothing_is_free_again(desk: tuple[Desk, list[str]], room: Room):
    at_desk, done = desk
    room.plans("m1")
    for _ in range(3):
        assert at_desk.promise()
        at_desk.draft(room.row("m1"))
        until(lambda: "worded m1" in done)
        at_desk.withdraw("m1")
        until(lambda: at_desk._waiting)
        assert done == ["worded m1", "nothing"]
        done.clear()
    assert at_desk.promise()


def test_who_words_when_they_end_sends_what_he_was_given_and_nothing_else(desk: tuple[Desk, list[str]], room: Room):
    at_desk, done = desk
    room.plans("m1")
    row = room.row("m1")
    assert at_desk.promise()
    at_desk.draft(row)
    until(lambda: "worded m1" in done)
    with at_desk._woken:
        at_desk.hand(row)
        at_desk._stopping.set()
    until(lambda: done == ["worded m1", "m1"])


def test_what_was_handed_over_is_sent_before_they_end(desk: tuple[Desk, list[str]], room: Room):
    at_desk, done = desk
    room.plans("m1")
    assert at_desk.promise()
    with at_desk._woken:
        at_desk.hand(room.row("m1"))
        at_desk._stopping.set()
    until(lambda: done == ["m1"])


@pytest.fixture
def worded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages whose words were read, each time."""
    said, meant = list[str](), delivering_module.Delivering._read

    def reads(self: delivering_module.Delivering, row: OutboxRow, **more: bool) -> delivering_module.Letter | None:
        letter = meant(self, row, **more)
        said.append(row.message)
        return letter

    monkeypatch.setattr(delivering_module.Delivering, "_read", reads)
    return said


@both
def test_the_letter_is_worded_while_its_plan_is_being_written(room: Room, provider, worded: list[str]):
    hands = at_work(room, provider)
    room.plans("m1", hands=hands, then=lambda: until(lambda: worded))
    told_once(room, provider)
    assert worded == ["m1"]


@both
def test_what_was_worded_and_is_not_planned_after_all_goes_to_nobody(room: Room, provider, worded: list[str]):
    hands = at_work(room, provider)

    def worded_and_refused() -> None:
        until(lambda: worded)
        refuses()

    for _ in range(9):  # more often than there are hands
        with pytest.raises(Refused):
            room.plans("m1", hands=hands, then=worded_and_refused)
    assert provider.messages == []
    room.plans("m2", hands=hands)
    told_once(room, provider, "m2")


@both
def test_a_letter_that_had_to_wait_for_its_plan_is_worded_anew(room: Room, provider, worded: list[str], monkeypatch):
    monkeypatch.setattr(delivering_module, "_FRESH_S", 0.05)
    hands = at_work(room, provider)

    def takes_long() -> None:
        until(lambda: worded)
        time.sleep(0.1)
        room.closed_alerts[intended("m1").message.alert] = "closed"

    room.plans("m1", hands=hands, then=takes_long)
    until(lambda: room.row("m1").state == "overtaken")
    assert provider.messages == []


@both
def test_what_could_not_be_worded_beside_its_plan_is_worded_after_it(room: Room, provider):
    hands = at_work(room, provider)
    room.unwordable.add("m1")

    def can_be() -> None:
        time.sleep(0.1)
        room.unwordable.clear()

    room.plans("m1", hands=hands, then=can_be)
    told_once(room, provider)


def test_a_message_that_cannot_be_worded_for_now_holds_up_no_other(room: Room, provider, monkeypatch):
    go, meant = threading.Event(), delivering_module.Delivering._read
    slow: Callable[..., object] = lambda self, row, **more: (  # noqa: E731
        row.message != "m1" or go.wait(60), meant(self, row, **more),
    )[1]  # fmt: skip
    monkeypatch.setattr(delivering_module.Delivering, "_read", slow)
    hands = at_work(room, provider)
    room.plans("m1", hands=hands)
    room.plans("m2", hands=hands)
    told_once(room, provider, "m2")
    go.set()
    told_once(room, provider, "m1")
