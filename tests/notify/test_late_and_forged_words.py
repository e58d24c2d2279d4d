"""What the provider says late, twice, reversed, of strangers, or never said: the town's phones stay quiet, the log is true."""

import pytest

from alerts.notify.channel import SendFailed
from alerts.notify.receipts import take_receipt
from alerts.registry.texts import text
from events.store import New, append
from events.types.alert import ResponderEnRoute
from events.types.fact import SECOND
from events.types.message import MessageDelivered, MessageFailed, MessageSent, ReplyReceived
from events.types.system import PlannerFailed, RuleFailed, SecurityNoted
from tests.house import House, Phones

pytestmark = pytest.mark.both

ALARM = "一氧化碳超标,16:00"


def co(house: House, alarm: bool = True) -> None:
    house.hears("co-1", "co", {"alarm": alarm, "ppm": 210 if alarm else 3, "test": False})


def reports(house: House, status: str, *, message: str | None = None, code: str = "", provider_id: str = "") -> bool:
    """The provider's word on a message, by default on the first one."""
    name = message or next(iter(house.phones.ids))
    taken = take_receipt(
        house.database, message=name, provider_id=provider_id or house.phones.ids.get(name, "SM0"), status=status,
        error_code=code, at=house.at,
    )  # fmt: skip
    house.settles()
    return taken


def nothing_failed(house: House) -> bool:
    return not house.said(RuleFailed) and not house.said(PlannerFailed)


def test_days_late_and_after_the_end_a_failure_is_recorded_and_rings_no_phone(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, 3, contains="已了结")
    house.expects(3, contains="今日待办", times=3)  # devices that nobody hears for three days are on the digest
    co(house)
    co(house, False)
    house.operator_closes("carbon_monoxide", "rescued")
    house.waits(hours=72, beating=False)
    quiet = dict(house.phones.ids)
    assert reports(house, "undelivered", code="30003")
    assert house.phones.ids == quiet, "the late word rings no phone"
    assert [one.code for one in house.said(MessageFailed)] == ["30003"]
    assert nothing_failed(house)


def test_days_late_a_delivery_is_recorded_once_and_rings_no_phone(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, 3, contains="已了结")
    house.expects(3, contains="今日待办", times=3)  # devices that nobody hears for three days are on the digest
    co(house)
    co(house, False)
    house.operator_closes("carbon_monoxide", "rescued")
    house.waits(hours=72, beating=False)
    quiet = dict(house.phones.ids)
    for status in ("delivered", "delivered", "sent", "undelivered"):
        assert reports(house, status)
    assert house.phones.ids == quiet, "late words ring no phone"
    assert len(house.said(MessageDelivered)) == 1
    assert not house.said(MessageFailed)
    assert nothing_failed(house)


def test_of_a_message_nobody_sent_there_is_a_security_event_and_nothing_else(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    co(house)
    before = house.alert("carbon_monoxide")
    assert not any(reports(house, "undelivered", message="m999.1") for _ in range(3))
    assert [one.what for one in house.said(SecurityNoted)] == ["receipt_unknown"]
    assert house.alert("carbon_monoxide") == before


class Away(Phones):
    """Nobody listens until that moment."""

    def __init__(self, house: House, *, until: int) -> None:
        super().__init__()
        self._house, self._until = house, until

    def send(self, outgoing):
        if self._house.at < self._until:
            raise SendFailed("no connection", permanent=False, ambiguous=False, code="unreachable")
        return super().send(outgoing)


def test_after_three_minutes_without_a_provider_all_who_are_owed_the_alarm_get_it_at_once(house: House) -> None:
    house.phones = Away(house, until=house.at + 180 * SECOND)
    house._open()
    house.expects(1, 3, contains=ALARM)
    house.expects(4, contains="前面的人没回应")
    house.expects(5, contains="无人到场")
    co(house)
    for _ in range(30):
        house.waits(seconds=5)
        house.settles()
    assert set(house.alert("carbon_monoxide").lost) >= {"w1", "g1", "v1"}, "the chain went on meanwhile"
    assert not house.phones.inboxes
    for _ in range(9):
        house.waits(seconds=5)
        house.settles()
    assert house.alert("carbon_monoxide").lost == {}
    assert nothing_failed(house)


class Chatty(Phones):
    """Its report is there before its answer to the request that it reports on."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def send(self, outgoing):
        sent = super().send(outgoing)
        for status in ("sent", "delivered", "queued"):
            take_receipt(
                self._house.database, message=outgoing.message, provider_id=sent.provider_id, status=status,
                error_code="", at=self._house.at,
            )  # fmt: skip
        return sent


class Forgetful(Chatty):
    """The same, and then its answer is lost."""

    def send(self, outgoing):
        super().send(outgoing)
        raise SendFailed("no answer", permanent=False, ambiguous=True)


@pytest.mark.parametrize("kind", [Chatty, Forgetful])
def test_reports_that_come_before_the_answer_settle_the_message(house: House, kind) -> None:
    house.phones = kind(house)
    house._open()
    house.expects(1, 3, contains=ALARM)
    co(house)
    house.waits(seconds=119)
    assert len(house.said(MessageSent)) == len(house.said(MessageDelivered)) == 2
    assert not house.alert("carbon_monoxide").lost
    assert nothing_failed(house)


def a_busy_night(house: House) -> None:
    """Hundreds of facts about messages to the watcher."""
    news = [
        New("person-w1", "w1", MessageDelivered(message=f"old-{n}", provider_id="SM"), house.at, key=f"delivered-old-{n}")
        for n in range(500)
    ]  # fmt: skip
    house.database.write(lambda db: append(db, news, recorded_at=house.at))


def test_a_reply_is_understood_however_many_messages_came_since_the_alarm(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains="已记您去")
    house.expects(3, contains="王守望员说去")
    co(house)
    a_busy_night(house)
    assert house.phone(1).replies("11") == "going"


def test_a_reply_told_again_when_hundreds_of_facts_have_followed_does_nothing_more(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains="已记您去")
    house.expects(3, contains="王守望员说去")
    co(house)
    phone = house.phone(1)
    assert phone.replies("11", provider_id="IN-same") == "going"
    a_busy_night(house)
    alert = house.alert("carbon_monoxide")
    assert phone.replies("11", provider_id="IN-same") == ""
    assert phone.replies("19", provider_id="IN-same") == ""
    assert house.alert("carbon_monoxide") == alert
    assert len(house.said(ReplyReceived)) == len(house.said(ResponderEnRoute)) == 1


def test_a_stranger_told_four_times_is_one_security_event_with_one_text(house: House) -> None:
    house.expects()
    for _ in range(4):
        house.phone(77).replies("11", provider_id="IN-same")
    (noted,) = house.said(SecurityNoted)
    with house.database.read() as db:
        number = int(noted.ref.removeprefix("t"))
        assert text(db, noted.ref) is not None
        assert text(db, f"t{number + 1}") is None


def test_a_reply_with_what_no_database_keeps_is_taken(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains="没听懂", times=(0, 1))
    house.expects(1, times=(0, 1))
    co(house)
    house.phone(1).replies("1\x001\ud800")
    assert len(house.said(ReplyReceived)) == 1
