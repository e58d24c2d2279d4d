"""The duty desk writes to somebody of an alert: it goes the way of every message, and moves nothing else."""

import pytest

from alerts.commands import alerts as commands
from alerts.commands.messaging import MessageRefused, send_message
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.message import MessageDelivered, PersonTold
from tests.house import House


def smoke(house: House) -> str:
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    return house.alert("smoke").id


def writes(house: House, alert: str, to: str, note: str = "", what: str = "note") -> None:
    send_message(house.database, alert, to=to, what=what, note=note, by="user:zhang", at=house.at)
    house.settles()


def test_words_of_the_desk_arrive_signed_with_the_house_and_are_receipted(house: House) -> None:
    house.expects(1, 3, contains="12号家烟雾报警")
    house.expects(4, contains="12号家,值班员:请带手电,从后门进")
    alert = smoke(house)
    before = house.alert("smoke").due
    writes(house, alert, "v1", "请带手电,从后门进")
    told = [t.state for t in house.said(PersonTold) if t.person == "v1"]
    assert told[:2] == ["planned", "sent"]
    assert house.alert("smoke").due == before, "a message of the desk takes no step and stops none"
    (asked,) = house.said(facts.MessageAsked)
    assert (asked.person, asked.by, asked.what) == ("v1", "user:zhang", "note")
    assert house.said(MessageDelivered) or told, "what became of it is on record"
    again = verify(DatabaseLog(house.database))
    assert again.differences == []


def test_the_log_holds_the_id_of_the_words_and_not_the_words(house: House) -> None:
    house.expects(1, 3)
    house.expects(4, contains="从后门进")
    writes(house, smoke(house), "v1", "从后门进")
    assert "从后门进" not in str(house.log())


def test_who_is_asked_to_go_can_answer_with_a_slot_as_ever(house: House) -> None:
    house.expects(1, 3, 4, times=2)  # and each hears who goes
    alert = smoke(house)
    writes(house, alert, "v1", what="go")
    assert "去看回11" in house.phone(4).inbox[-1]
    house.phone(4).replies("11")
    house.settles()
    assert house.alert("smoke").responder("v1") is not None


def test_who_goes_is_asked_whether_they_are_there(house: House) -> None:
    house.expects(1, contains="", times=2)
    house.expects(3, contains="", times=(1, 2))
    alert = smoke(house)
    with pytest.raises(MessageRefused, match="not_going"):
        writes(house, alert, "w1", what="arrived")
    commands.en_route(house.database, alert, who="w1", by="user:zhang", via="console", at=house.at)
    house.settles()
    house.waits(minutes=5)
    writes(house, alert, "w1", what="arrived")
    assert "到了吗" in house.phone(1).inbox[-1]


@pytest.mark.parametrize(
    ("to", "note", "why"),
    [
        ("stranger", "好", "not_theirs"), ("v1", "  ", "empty"), ("v1", "长" * 41, "too_long"),
        ("v1", "看http://x.cn", "link"), ("v1", "打12345678901", "phone_number"),
    ],
)  # fmt: skip
def test_what_no_carrier_would_send_or_nobody_should_get_is_refused(house: House, to: str, note: str, why: str) -> None:
    house.expects(1, 3)
    alert = smoke(house)
    before = len(house.log())
    with pytest.raises(MessageRefused, match=why):
        writes(house, alert, to, note)
    assert len(house.log()) == before


def test_of_a_closed_alert_nobody_is_written_to(house: House) -> None:
    house.expects(1, 3, times=(1, 2))
    alert = smoke(house)
    house.hears("smoke-1", "smoke", {"alarm": False, "test": False})
    house.operator_closes("smoke", "safe_at_home")
    with pytest.raises(MessageRefused, match="not_raised"):
        writes(house, alert, "v1", "好")
