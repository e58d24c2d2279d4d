"""Standing in line: in a storm who is next is looked up once for many, and nobody is held up or told twice for it."""

import threading

import pytest
from sending_room import Room

from alerts.notify import claiming
from alerts.notify.claiming import Line, Of, claim, due_classes
from alerts.notify.desk import Desk
from alerts.notify.outbox import OutboxRow

pytestmark = pytest.mark.both

TEXTS = Of(channel="twilio_sms")


class Looks:
    """How often everything that is due was looked through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, look = 0, claiming.due

        def counted(*args, **more):
            self.count += 1
            return look(*args, **more)

        monkeypatch.setattr(claiming, "due", counted)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


def claims(room: Room, line: Line, *, claimer: str = "today", of: Of = TEXTS) -> list[OutboxRow]:
    return claim(room.database, claimer=claimer, now=room.time, limit=1, of=of, line=line)


def storm(room: Room, count: int = 60) -> None:
    for number in range(count):
        room.plans(f"m{number:02}", f"p{number % 7}", alert_class=2)


def standing(*, most: int = 64, seconds: float = 3600.0) -> Line:
    return Line(most=most, kept_s=seconds)


def test_sixty_messages_of_a_storm_are_taken_after_one_look(room: Room, looks: Looks):
    storm(room)
    line = standing()
    taken = [claims(room, line)[0].message for _ in range(60)]
    assert sorted(taken) == [f"m{number:02}" for number in range(60)]
    assert looks.count == 1
    assert claims(room, line) == []


def test_each_persons_first_comes_before_anybodys_second_though_they_were_looked_up_together(room: Room):
    storm(room)
    line = standing()
    assert len({claims(room, line)[0].person for _ in range(7)}) == 7


def test_class_1_waits_behind_nobody_who_stands_in_line(room: Room):
    storm(room, 20)
    desk = Desk("twilio_sms", 4, threading.Event())
    assert claims(room, desk.line)[0].alert_class == 2
    room.plans("co")
    desk.wake(1, 0)
    assert claims(room, desk.line)[0].message == "co"


def test_what_was_seen_too_long_ago_is_looked_up_again(room: Room, looks: Looks):
    storm(room, 5)
    monotonic = [100.0]
    line = Line(most=64, clock=lambda: monotonic[0])
    claims(room, line)
    monotonic[0] += 0.2
    claims(room, line)
    assert looks.count == 1
    monotonic[0] += 0.2
    room.plans("co")
    assert claims(room, line)[0].message == "co"
    assert looks.count == 2


def test_two_processes_with_the_same_line_before_their_eyes_send_each_message_once(room: Room):
    storm(room, 12)
    ours, theirs = standing(), standing()
    taken = []
    for _ in range(6):
        taken += claims(room, ours, claimer="today") + claims(room, theirs, claimer="other")
    assert len(taken) == len({row.message for row in taken}) == 12


def test_a_message_of_class_1_stands_in_two_lines_and_is_taken_from_both(room: Room, looks: Looks):
    for number in range(6):
        room.plans(f"co-{number}", f"p{number}")
    line = standing()
    urgent = Of(1, "twilio_sms")
    taken = [claims(room, line, of=of)[0].message for of in (urgent, TEXTS, urgent, TEXTS, urgent, TEXTS)]
    assert len(set(taken)) == 6
    assert looks.count == 2, "once for each of the two"


def test_who_is_to_be_woken_is_told_by_class_the_most_urgent_first(room: Room):
    storm(room, 9)
    room.plans("co")
    with room.database.read() as db:
        assert due_classes(db, claimer="today", now=room.time, limit=3, of=TEXTS) == [1, 2, 2]
        assert due_classes(db, claimer="today", now=room.time, limit=3, of=Of(1, "twilio_sms")) == [1]
        assert due_classes(db, claimer="today", now=room.time, limit=3, of=Of(but=("twilio_sms",))) == []
