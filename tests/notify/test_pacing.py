"""No more a second than the provider takes, class 1 always, and no channel waits for another."""

import itertools
import threading
import time
from collections.abc import Collection
from dataclasses import replace

import pytest
from sending_room import Room, until

from alerts.notify.channel import Capabilities, Outgoing, Report, SendFailed, Sent
from alerts.notify.pacing import Bucket
from events.types.message import MessageFailed, MessageSent

_CAN = Capabilities(two_way=True, links=False, receipts=False, keypad=False)


class Line:
    """A provider that keeps what came and when; while `blocked` is set its calls do not end."""

    really_sends = True

    def __init__(self, name: str = "line", rate: float | None = None) -> None:
        self.name, self.capabilities = name, replace(_CAN, rate_per_s=rate)
        self.came: list[tuple[float, str]] = []
        self.blocked = threading.Event()
        self._numbers = itertools.count()

    def send(self, outgoing: Outgoing) -> Sent:
        self.came.append((time.monotonic(), outgoing.message))
        if self.blocked.is_set():
            until(lambda: not self.blocked.is_set())
            raise SendFailed("hung", permanent=True, ambiguous=False)
        return Sent(f"{self.name}-{next(self._numbers)}", "queued")

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:
        return None

    def fetch(self, provider_id: str) -> Report:
        return Report("sent", "")


def test_a_bucket_fills_with_its_rate_and_never_overflows() -> None:
    bucket = Bucket(2.0, now=0.0)
    assert bucket.level(100.0) == 2.0
    for _ in range(4):  # class 1 takes what is not there
        bucket.take(100.0)
    assert bucket.level(100.0) == -2.0
    assert bucket.level(101.4) < 1 <= bucket.level(101.5)
    for _ in range(1000):
        bucket.take(102.0)
    assert bucket.level(112.6) >= 1, "a storm of class 1 keeps the others waiting for ten seconds and no longer"


@pytest.mark.both
def test_lesser_messages_go_at_the_providers_rate_and_class_1_at_once(room: Room) -> None:
    line = Line(rate=20.0)
    for number in range(40):
        room.plans(f"m{number}", ("wang", "li", "zhao")[number % 3], alert_class=2, channel="line")
    began = time.monotonic()
    room.senders(line)
    until(lambda: len(line.came) > 20)
    for number in range(5):
        room.plans(f"co{number}", "wang", alert_class=1, channel="line")
    until(lambda: len(line.came) == 45, seconds=20)
    took = {name: at - began for at, name in line.came}
    assert max(took.values()) > (45 - 20 - 1) / 20, "45 messages, 20 of them from a full bucket, 20 a second"
    waiting = sum(name.startswith("m") for _, name in line.came[line.came.index(_of(line, "co4")) :])
    assert waiting >= 15, "class 1 went before what was waiting"


def _of(line: Line, name: str) -> tuple[float, str]:
    return next(one for one in line.came if one[1] == name)


@pytest.mark.both
def test_people_take_turns_for_the_tokens(room: Room) -> None:
    line = Line(rate=8.0)
    for number in range(20):
        room.plans(f"wang{number}", "wang", alert_class=2, channel="line")
    room.waits(1)
    room.plans("li", "li", alert_class=2, channel="line")
    room.senders(line, workers=1)
    until(lambda: "li" in [name for _, name in line.came])
    assert [name for _, name in line.came].index("li") <= 1


@pytest.mark.both
def test_a_provider_that_hangs_holds_up_no_other(room: Room) -> None:
    hangs, well = Line("hangs"), Line("well")
    hangs.blocked.set()
    room.senders(hangs, well, workers=2)
    for number in range(8):
        room.plans(f"h{number}", channel="hangs")
    until(lambda: len(hangs.came) == 2)
    for number in range(8):
        room.plans(f"w{number}", channel="well")
    until(lambda: len(well.came) == 8)
    assert len(hangs.came) == 2
    room.hears(MessageSent, "w7")
    hangs.blocked.clear()


@pytest.mark.both
def test_a_message_for_a_channel_that_is_not_there_fails_at_once(room: Room) -> None:
    room.senders(Line())
    room.plans("m1", channel="sold")
    assert room.hears(MessageFailed, "m1").code == "no_channel"
