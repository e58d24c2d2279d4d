"""Somebody is called: what the telephone says, which keys answer, and what counts as having reached a person."""

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests
from hooked_house import doors, plans, sends, voice_of
from sending_room import until
from twilio.request_validator import RequestValidator

from alerts.calls import Calls
from alerts.notify.receipts import poll_receipts
from events.types.alert import AlertAcknowledged, AlertClosed, OutcomeProposed, ResponderDeclined, ResponderEnRoute
from events.types.message import MessageDelivered, MessageFailed, MessageSent, ReplyReceived
from events.types.system import SecurityNoted
from simulators.twilio import SimulatedTwilio
from tests.house import House
from tests.ports import free_port

WANG = "+8612000000001"


@pytest.fixture
def line(house: House, provider: SimulatedTwilio) -> Iterator[SimpleNamespace]:
    """A house that calls: a CO alarm has just been raised, and the watcher's telephone is about to ring."""
    port = free_port()
    voice = voice_of(provider, port=port)
    house.hears("co-1", "co", {"alarm": True, "ppm": 210})
    calls = Calls(house.database, channel=voice.name, keys_of=voice.keys_of)
    with doors(house, port=port, twilio_auth_token=provider.auth_token, take_key=calls.take_key) as address:
        yield SimpleNamespace(house=house, provider=provider, voice=voice, calls=calls, address=address)


def rings(line: SimpleNamespace, **habit: object) -> str:
    """The watcher is called; `habit` is how she takes it. Returns the message's id."""
    line.provider.takes_calls(WANG, **habit)
    message = plans(line.house, "twilio_voice")
    sends(line.house, line.voice)
    return message


def is_over(line: SimpleNamespace):
    """The call when it has ended and everything it reported was answered."""
    call = line.provider.wait_for_call(WANG, lambda one: one.over)
    until(lambda: any(post["params"].get("CallStatus") == call.status for post in line.provider.callbacks))
    return call


def of(line: SimpleNamespace, kind: type, message: str) -> list:
    return [one for one in line.house.said(kind) if one.message == message]


def test_a_call_says_it_twice_in_chinese_and_offers_keys_instead_of_codes(line):
    rings(line, pick_up="answers")
    call = is_over(line)
    first, second, last = call.said
    assert first == second
    assert first.startswith("示例守望。")
    assert "12号家一氧化碳超标,16:00" in first
    assert "去看请按1" in first
    assert "请按9" in first
    assert "星号" in first
    assert not re.search("31|39|回", first)
    assert "没有按键" in last
    assert set(call.languages) == {"zh-CN"}


def test_who_reads_english_hears_english(line):
    line.provider.takes_calls(WANG, pick_up="answers")
    plans(line.house, "twilio_voice", language="en")
    sends(line.house, line.voice)
    call = is_over(line)
    assert "press 1" in call.said[0]
    assert set(call.languages) == {"en-US"}


def test_key_1_is_on_the_way_and_the_call_says_that_it_was_noted(line):
    message = rings(line, pick_up="answers", keys="1")
    call = is_over(line)
    assert "已记下：我去" in "".join(call.said)
    [reply] = line.house.said(ReplyReceived)
    assert (reply.channel, reply.outcome, reply.person) == ("twilio_voice", "going", "w1")
    assert [one.who for one in line.house.said(ResponderEnRoute)] == ["w1"]
    assert of(line, MessageDelivered, message)


def test_a_wrong_key_can_be_mended_in_the_same_call(line):
    rings(line, pick_up="answers", keys="19")
    is_over(line)
    assert [one.outcome for one in line.house.said(ReplyReceived)] == ["going", "cannot_go"]
    assert [one.who for one in line.house.said(ResponderDeclined)] == ["w1"]


def test_star_says_it_again_and_is_no_answer(line):
    message = rings(line, pick_up="answers", keys="**")
    call = is_over(line)
    assert sum("一氧化碳超标" in one for one in call.said) == 6
    assert line.house.said(ReplyReceived) == []
    assert of(line, MessageDelivered, message) == []


def test_a_key_that_means_nothing_is_said_to_mean_nothing(line):
    rings(line, pick_up="answers", keys="71")
    assert "没有这个键" in "".join(is_over(line).said)
    assert [one.outcome for one in line.house.said(ReplyReceived)] == ["going"]


def test_a_call_answered_without_a_key_reached_nobody_for_certain(line):
    message = rings(line, pick_up="answers")
    is_over(line)
    assert line.house.said(AlertAcknowledged) == []
    assert line.house.said(ResponderEnRoute) == []
    assert of(line, MessageDelivered, message) == []
    assert of(line, MessageFailed, message) == []
    assert of(line, MessageSent, message)


def test_a_mailbox_never_counts_and_is_a_failure_at_once(line):
    message = rings(line, pick_up="mailbox")
    is_over(line)
    [failed] = until(lambda: of(line, MessageFailed, message))
    assert (failed.code, failed.permanent) == ("machine", False)
    assert of(line, MessageDelivered, message) == []
    (sent,) = of(line, MessageSent, message)
    assert line.voice.fetch(sent.provider_id).status == "machine", "and so it is when somebody has to ask"


def test_a_call_that_nobody_takes_has_failed(line):
    for habit, code in (("busy", "busy"), ("no_answer", "no-answer"), ("failed", "failed")):
        message = rings(line, pick_up=habit)
        [failed] = until(lambda: of(line, MessageFailed, message))  # noqa: B023  # asked at once
        assert failed.code == code


def test_a_phone_in_the_hand_answers_presses_and_hangs_up(line):
    message = rings(line)
    line.provider.answer(line.provider.wait_for_call(WANG, lambda one: one.status == "ringing"))
    asking = line.provider.wait_for_call(WANG, lambda one: one.asks)
    line.provider.press(asking, "2")
    line.provider.wait_for_call(WANG, lambda one: one.pressed and one.asks)
    line.provider.hang_up(asking)
    assert is_over(line).status == "completed"
    assert of(line, MessageDelivered, message)
    # Class 1 is closed by the duty desk alone, whatever a telephone says.
    assert line.house.said(OutcomeProposed)
    assert line.house.said(AlertClosed) == []
    assert line.house.alert("carbon_monoxide").open


def test_a_call_that_rang_while_the_alert_was_closed_says_to_any_key_that_it_is_over(line):
    rings(line)
    line.provider.answer(line.provider.wait_for_call(WANG, lambda one: one.status == "ringing"))
    asking = line.provider.wait_for_call(WANG, lambda one: one.asks)
    line.house.operator_closes("carbon_monoxide", "device_false_alarm")
    line.provider.press(asking, "1")
    call = line.provider.wait_for_call(WANG, lambda one: any("已经了结" in said for said in one.said))
    assert "不用去了" in "".join(call.said)
    assert not line.house.said(ResponderEnRoute)


def test_reports_late_twice_and_backwards_change_nothing(line):
    message = rings(line, pick_up="answers", keys="1", twice=True, backwards=True)
    is_over(line)
    until(lambda: len([one for one in line.provider.callbacks if "/calls/" in one["url"]]) >= 8)
    assert len(of(line, MessageSent, message)) == 1
    assert len(of(line, MessageDelivered, message)) == 1
    assert of(line, MessageFailed, message) == []
    assert {one["status"] for one in line.provider.callbacks} == {200}


def test_the_same_key_told_four_times_is_one_answer_and_sounds_the_same(line):
    message = rings(line)
    said = {
        line.calls.take_key(message=message, turn=1, key="1", call="CA1", number=WANG, at=line.house.at)
        for _ in range(4)
    }
    assert len(said) == 1
    assert len(line.house.said(ReplyReceived)) == 1


def test_keys_without_a_signature_are_refused(line):
    message = rings(line)
    path = f"/hooks/twilio/keys/1/{message}"
    form = {"CallSid": "CA1", "Digits": "2", "To": WANG}
    for headers in ({}, {"x-twilio-signature": RequestValidator("x").compute_signature(line.address + path, form)}):
        assert requests.post(line.address + path, data=form, headers=headers, timeout=5).status_code == 403
    assert line.house.said(ReplyReceived) == []


def test_a_key_from_another_number_is_not_about_this_call(line):
    message = rings(line)
    for number in ("+8612000000005", "+8612000099999"):
        line.calls.take_key(message=message, turn=1, key="1", call=f"CA{number}", number=number, at=line.house.at)
    assert line.house.said(ResponderEnRoute) == []
    assert [one.what for one in line.house.said(SecurityNoted)] == ["unknown_phone"]


def test_a_key_after_the_end_says_that_it_is_over(line):
    message = rings(line)
    line.house.operator_closes("carbon_monoxide", "device_fault")
    says = line.calls.take_key(message=message, turn=1, key="1", call="CA1", number=WANG, at=line.house.at)
    assert "了结" in says
    assert "了结" in line.calls.take_key(message=message, turn=2, key="*", call="CA1", number=WANG, at=line.house.at)
    assert line.house.said(ResponderEnRoute) == []


def test_what_became_of_a_call_is_asked_for_where_no_report_comes(line):
    line.provider.takes_calls(WANG, pick_up="mailbox")
    silent = voice_of(line.provider)
    message = plans(line.house, "twilio_voice")
    sends(line.house, silent)
    line.provider.wait_for_call(WANG, lambda one: one.over)
    assert not silent.capabilities.keypad
    line.house.at += 61_000_000
    assert poll_receipts(line.house.database, line.voice, line.house.at) == 1
    assert (
        of(line, MessageFailed, message) == []
    )  # it was not asked to tell machines from people, and says nothing of it
