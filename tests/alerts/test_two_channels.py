"""Two providers of one medium under trouble: nobody is told less, nobody more than once too often, and all of it is decided again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.notify.claiming import Of, claim
from alerts.notify.receipts import take_receipt
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from alerts.timers import ring
from events.types.message import MessageDelivered, MessageFailed, MessagePlanned, MessageSent, PersonLost
from events.types.system import DeadlinePassed, SecurityNoted
from tests.house import House, Phones

pytestmark = pytest.mark.both

FIRST, SECOND_ONE = "twilio_sms", "modem_sms"


@pytest.fixture
def doubled(address: str | Path) -> Iterator[House]:
    made = House(address, also=[Phones(name=SECOND_ONE)])
    yield made
    again = verify(DatabaseLog(made.database))
    assert (again.differences, again.waiting) == ([], 0)
    made.close()


def co(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})


def of_watcher(house: House) -> list[MessagePlanned]:
    return [m for m in house.said(MessagePlanned) if m.person == "w1"]


def texts(house: House, phone: int = 1) -> list[str]:
    """What reached this phone, by whichever provider."""
    number = house.phone(phone).number
    return [text for channel in house.channels for text in channel.inboxes.get(number, [])]


def test_a_provider_that_hangs_may_bring_one_text_too_many_and_never_two_alike(doubled: House) -> None:
    doubled.phones.slow = True  # it may have taken what it does not confirm
    co(doubled)
    doubled.waits(seconds=16)
    assert len(texts(doubled)) == 1
    doubled.phones.slow = False
    for _ in range(3):
        doubled.waits(seconds=9)
        doubled.rows_go_out()
    assert len(set(texts(doubled))) == len(texts(doubled)) == 2
    assert [s.possible_duplicate for s in doubled.said(MessageSent) if s.channel == FIRST].count(True) == 2
    assert not doubled.said(PersonLost)


def test_a_sender_that_dies_with_its_claim_holds_up_only_its_own_channel(doubled: House) -> None:
    doubled.hears("co-1", "co", {"alarm": False, "ppm": 1, "test": False})
    sends, doubled.settles = doubled.settles, lambda: None  # type: ignore[method-assign]
    co(doubled)
    while doubled.engine.step(0) + doubled.planner.step(0):
        pass
    held = claim(doubled.database, claimer="dead", now=doubled.at, limit=100, of=Of(channel=FIRST))
    assert len(held) == 2, "watcher and grid member"
    doubled.settles = sends  # type: ignore[method-assign]
    doubled.waits(seconds=26)
    doubled.rows_go_out()
    assert len(set(texts(doubled))) == len(texts(doubled)) == 2
    assert all(s.possible_duplicate for s in doubled.said(MessageSent) if s.channel == FIRST)


def test_a_deadline_that_rang_before_a_crash_is_acted_on_once_after_it(doubled: House) -> None:
    doubled.phones.down = True
    co(doubled)
    doubled.at += 15_000_000
    assert doubled.database.write(lambda db: ring(db, doubled.at)) == 2
    doubled.restarts()
    doubled.restarts()
    assert [m.because for m in of_watcher(doubled)] == ["all_at_once", "provider_slow"]


def test_a_clock_that_jumps_rings_each_deadline_once(doubled: House) -> None:
    doubled.phones.down = True
    co(doubled)
    doubled.at += 100_000_000
    doubled.rings()
    doubled.at -= 50_000_000
    doubled.rings()
    doubled.at += 60_000_000
    doubled.rings()
    assert [m.because for m in of_watcher(doubled)].count("provider_slow") == 1
    assert len([d for d in doubled.said(DeadlinePassed) if d.owner == "person:w1"]) == 1


def test_both_providers_down_lose_the_person_when_the_last_has_given_up(doubled: House) -> None:
    for channel in doubled.channels:
        channel.down = True
    co(doubled)
    for _ in range(12):
        doubled.waits(seconds=9)
        doubled.rows_go_out()
    lost = [(one.person, one.why) for one in doubled.said(PersonLost) if one.step == 1]
    assert lost.count(("w1", "failed")) == 1
    assert {f.channel for f in doubled.said(MessageFailed)} == {FIRST, SECOND_ONE}
    assert any(m.person == "v1" for m in doubled.said(MessagePlanned)), "the village is not left out"


def test_receipts_late_twice_reversed_and_strange_change_nothing_more(doubled: House) -> None:
    doubled.phones.down = True
    co(doubled)
    doubled.waits(seconds=16)
    doubled.phones.down = False
    doubled.waits(seconds=10)
    doubled.rows_go_out()
    planned = len(doubled.said(MessagePlanned))
    second = doubled.channels[1]
    name = of_watcher(doubled)[1].message

    def reports(message: str, status: str, provider_id: str) -> bool:
        taken = take_receipt(
            doubled.database, message=message, provider_id=provider_id, status=status, error_code="", at=doubled.at
        )
        doubled.settles()
        return taken

    for status in ("delivered", "sent", "delivered", "undelivered"):
        assert reports(name, status, second.ids[name])
    assert not reports("m999.1", "delivered", "strange-1")
    assert [d.message for d in doubled.said(MessageDelivered)] == [name]
    assert [n.what for n in doubled.said(SecurityNoted)] == ["receipt_unknown"]
    assert len(doubled.said(MessagePlanned)) == planned
    assert not doubled.said(PersonLost)
