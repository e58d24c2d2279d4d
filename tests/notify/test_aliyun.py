"""Aliyun, with its own clients: templates and variables, reports and answers in arrays that nobody signed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import requests
from hooked_house import doors, plans, sends
from sending_room import until

from alerts.calls import take_pressed
from alerts.core.wording import TEMPLATES
from alerts.letters import number_of
from alerts.notify.channel import Outgoing, SendFailed
from alerts.notify.channels.aliyun_sms import AliyunSms
from alerts.notify.channels.aliyun_voice import AliyunVoice
from alerts.notify.receipts import poll_receipts
from events.types.alert import AlertClosed, OutcomeProposed, ResponderEnRoute
from events.types.fact import MINUTE
from events.types.message import MessageDelivered, MessageFailed, MessageSent, ReplyReceived
from events.types.system import SecurityNoted
from simulators.aliyun import SimulatedAliyun
from tests.house import House
from tests.ports import free_port

WANG = "+8612000000001"
JSON = {"content-type": "application/json"}
TOKEN = "a-token-of-the-test-0123456789"
CODES = {name: f"SMS_{place}" for place, name in enumerate(TEMPLATES)}
TEXTS = {CODES[name]: one.zh.replace("{", "${") for name, one in TEMPLATES.items()}
SPOKEN = {"TTS_1": "${house}${danger}，${clock}。去看请按1，去不了请按9。", "TTS_2": "已记下。"}


@pytest.fixture
def town(house: House) -> Iterator[SimpleNamespace]:
    """A house that sends by Aliyun; a CO alarm has just been raised."""
    port = free_port()
    hooks = {
        kind: f"http://127.0.0.1:{port}/hooks/aliyun/{TOKEN}/{kind}"
        for kind in ("sms-report", "sms-up", "voice-report")
    }
    house.hears("co-1", "co", {"alarm": True, "ppm": 210})
    with SimulatedAliyun(TEXTS | SPOKEN, hooks=hooks) as provider:
        provider.exchange.clock = lambda: datetime.fromtimestamp(house.at / 1_000_000, UTC)
        more = {"aliyun_hook_token": TOKEN, "take_pressed": lambda **said: take_pressed(house.database, **said)}
        with doors(house, port=port, **more) as address:
            yield SimpleNamespace(
                house=house, provider=provider, address=address, sms=sms(provider), voice=voice(provider)
            )


def sms(provider: SimulatedAliyun, **more) -> AliyunSms:
    return AliyunSms(**{
        "key_id": provider.key_id, "key_secret": provider.key_secret, "sign_name": provider.sign_name,
        "templates": CODES, "api_base": provider.base_url, "timeout_s": 3.0, **more,
    })  # fmt: skip


def voice(provider: SimulatedAliyun, **more) -> AliyunVoice:
    return AliyunVoice(**{
        "key_id": provider.key_id, "key_secret": provider.key_secret, "templates": {"any": "TTS_1", "taken": "TTS_2"},
        "api_base": provider.base_url, "timeout_s": 3.0, **more,
    })  # fmt: skip


def of(town: SimpleNamespace, kind: type, message: str) -> list:
    return [one for one in town.house.said(kind) if one.message == message]


def test_a_text_goes_as_template_and_variables_and_reads_like_any_other(town):
    message = plans(town.house, "aliyun_sms")
    sends(town.house, town.sms)
    [sent] = town.provider.sms
    assert sent.text == town.house.phone(1).last
    assert sent.out_id == message
    [recorded] = of(town, MessageSent, message)
    assert recorded.provider_id == sent.biz_id
    assert until(lambda: of(town, MessageDelivered, message))


def test_a_report_of_failure_is_one_and_a_second_copy_changes_nothing(town):
    town.provider.habit(WANG, sms="MOBILE_NOT_ON_SERVICE")
    message = plans(town.house, "aliyun_sms")
    sends(town.house, town.sms)
    [failed] = until(lambda: of(town, MessageFailed, message))
    assert failed.code == "MOBILE_NOT_ON_SERVICE"
    late = town.provider.exchange.report_of(town.provider.sms[0]) | {"success": True}
    assert requests.post(f"{town.address}/hooks/aliyun/{TOKEN}/sms-report", json=[late], timeout=5).status_code == 200
    assert of(town, MessageDelivered, message) == []


def test_an_answer_counts_once_however_often_it_is_told(town):
    slot = town.house.alert("carbon_monoxide") and town.house.phone(1).last[-7]
    town.provider.reply(WANG, f"{slot}1", times=4)
    until(lambda: len(town.provider.exchange.pushed) >= 4)
    assert [one.outcome for one in town.house.said(ReplyReceived)] == ["going"]
    assert [one.who for one in town.house.said(ResponderEnRoute)] == ["w1"]


def test_answers_from_strangers_get_nothing_and_are_noted(town):
    town.provider.reply("+8613900000000", "11")
    until(lambda: [one for one in town.house.said(SecurityNoted) if one.what == "unknown_phone"])
    assert town.house.said(ReplyReceived) == []


def test_without_the_secret_there_is_no_door(town):
    item = {"phone_number": "12000000001", "content": "12", "sequence_id": 1}
    for token in ("x", TOKEN + "x", TOKEN[:-1]):
        answer = requests.post(f"{town.address}/hooks/aliyun/{token}/sms-up", json=[item], timeout=5)
        assert answer.status_code == 404
    assert town.house.said(ReplyReceived) == []
    assert {one.what for one in town.house.said(SecurityNoted)} == {"wrong_signature"}


def test_who_knows_the_secret_still_cannot_close_class_1_or_report_on_what_was_never_sent(town):
    forged = {"phone_number": "12000000001", "content": "4", "sequence_id": 7}
    requests.post(f"{town.address}/hooks/aliyun/{TOKEN}/sms-up", json=[forged], timeout=5)
    unknown = {"out_id": "m1.99", "biz_id": "1^0", "success": True}
    requests.post(f"{town.address}/hooks/aliyun/{TOKEN}/sms-report", json=[unknown], timeout=5)
    assert town.house.said(OutcomeProposed)
    assert town.house.said(AlertClosed) == []
    assert town.house.alert("carbon_monoxide").open
    assert [one.ref for one in town.house.said(SecurityNoted)] == ["m1.99"]


def test_one_bad_item_does_not_lose_the_good_ones(town):
    good = {"phone_number": "8612000000001", "content": "帮助", "sequence_id": "8"}
    bad = ["x", None, {}, {"phone_number": None, "content": "1", "sequence_id": 3}, {"sequence_id": True}, [[]]]
    answer = requests.post(f"{town.address}/hooks/aliyun/{TOKEN}/sms-up", json=[*bad, good, *bad], timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "接收成功"})
    assert [one.outcome for one in town.house.said(ReplyReceived)] == ["help"]
    for body in (b"{", b"[" * 40_000, b"\xff\xfe", b"NaN"):
        answer = requests.post(f"{town.address}/hooks/aliyun/{TOKEN}/sms-up", data=body, timeout=5, headers=JSON)
        assert answer.status_code in {200, 400}


def test_a_report_that_could_not_be_recorded_is_told_again_until_it_is(town, monkeypatch):
    message = plans(town.house, "aliyun_sms")
    town.provider.habit(WANG, silent=True)
    sends(town.house, town.sms)
    tries = iter([True] * 3)
    write = town.house.database.write

    def full(work):
        if next(tries, False):
            raise OSError("no space left")
        return write(work)

    monkeypatch.setattr(town.house.database, "write", full)
    town.provider.exchange.push(
        "sms-report", [town.provider.exchange.report_of(town.provider.sms[0]) | {"success": True}]
    )
    until(lambda: (town.provider.exchange.pushed or [("", 0)])[-1][1] == 200)
    assert [status for _, status in town.provider.exchange.pushed] == [500, 500, 500, 200]
    assert of(town, MessageDelivered, message)


def test_a_key_in_a_call_is_an_answer_about_its_alert(town):
    town.provider.habit(WANG, keys="1")
    message = plans(town.house, "aliyun_voice")
    sends(town.house, town.voice)
    until(lambda: len(town.provider.exchange.pushed) >= 2)
    [call] = town.provider.calls
    assert call.times == 2
    assert "12号家一氧化碳超标" in call.said
    assert call.after_key == "已记下。"
    assert [(one.outcome, one.channel) for one in town.house.said(ReplyReceived)] == [("going", "aliyun_voice")]
    assert of(town, MessageDelivered, message)


def test_a_call_that_nobody_took_has_failed(town):
    for state, code in (("200002", "busy"), ("200003", "no-answer"), ("200011", "failed")):
        town.provider.habit(WANG, call=state)
        message = plans(town.house, "aliyun_voice")
        sends(town.house, town.voice)
        assert until(lambda: of(town, MessageFailed, message))[0].code == code  # noqa: B023  # asked at once


def test_a_call_without_a_key_reached_nobody_for_certain(town):
    message = plans(town.house, "aliyun_voice")
    sends(town.house, town.voice)
    until(lambda: town.provider.exchange.pushed)
    assert of(town, MessageDelivered, message) == []
    assert of(town, MessageFailed, message) == []


def test_keys_of_another_call_are_none_of_ours(town):
    message = plans(town.house, "aliyun_voice")
    sends(town.house, town.voice)
    until(lambda: town.provider.exchange.pushed)
    forged = {"call_id": "999^1", "out_id": message, "status_code": "300000", "dtmf": "2"}
    requests.post(f"{town.address}/hooks/aliyun/{TOKEN}/voice-report", json=[forged], timeout=5)
    assert town.house.said(ReplyReceived) == []


def test_where_no_report_comes_it_is_asked_for(town):
    town.provider.habit(WANG, silent=True, call="200003")
    text, call = plans(town.house, "aliyun_sms"), plans(town.house, "aliyun_voice")
    sends(town.house, town.sms, town.voice)
    until(lambda: town.provider.sms[0].status == 3 and town.provider.calls[0].state)
    town.house.at += 2 * MINUTE
    for channel in (town.sms, town.voice):
        poll_receipts(town.house.database, channel, town.house.at, address_of=number_of)
    assert of(town, MessageDelivered, text)
    assert [one.code for one in of(town, MessageFailed, call)] == ["no-answer"]


def test_a_message_found_by_our_id_takes_its_report_under_aliyuns(town):
    town.provider.habit(WANG, silent=True)
    town.provider.fault("500_after", WANG, times=1)
    message = plans(town.house, "aliyun_sms")
    sends(town.house, town.sms)
    town.house.at += 10_000_000
    sends(town.house, town.sms)
    [sent] = of(town, MessageSent, message)
    assert (sent.found, len(town.provider.sms)) == (True, 1)
    report = town.provider.exchange.report_of(town.provider.sms[0]) | {"success": False, "err_code": "X"}
    requests.post(f"{town.address}/hooks/aliyun/{TOKEN}/sms-report", json=[report], timeout=5)
    assert of(town, MessageFailed, message)


@pytest.fixture(scope="module")
def provider() -> Iterator[SimulatedAliyun]:
    with SimulatedAliyun(TEXTS | SPOKEN) as running:
        yield running


def outgoing(to: str = "+8613800000001", **more) -> Outgoing:
    said = {"house": "12号家", "clock": "14:32", "slot": "3", "danger": "一氧化碳超标", "do_first": "先喊人开窗"}
    return Outgoing(
        "m1", to, "text", 1, 120, **{"template": "first_carbon_monoxide", "variables": said, "keys": "19", **more}
    )


def refusal(channel, **more) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        channel.send(outgoing(**more))
    return caught.value


def test_what_is_about_the_message_is_final_and_what_is_about_the_account_is_not(provider):
    channel = sms(provider)
    for failed, code, permanent in (
        (refusal(channel, to="+8612"), "isv.MOBILE_NUMBER_ILLEGAL", True),
        (refusal(channel, to="+15005550006"), "not_mainland", True),
        (refusal(channel, template="never_approved"), "no_template", True),
        (refusal(channel, variables={}), "isv.TEMPLATE_MISSING_PARAMETERS", True),
        (refusal(sms(provider, sign_name="另一个")), "isv.SMS_SIGNATURE_ILLEGAL", True),
        (refusal(sms(provider, key_secret="wrong")), "SignatureDoesNotMatch", False),
        (refusal(sms(provider, key_id="LTAI-other")), "InvalidAccessKeyId.NotFound", False),
    ):
        assert (failed.code, failed.permanent, failed.ambiguous) == (code, permanent, False)
    assert provider.sms == []


def test_a_phone_that_has_had_its_fill_is_refused_for_the_day(provider):
    provider.exchange.a_day = len([one for one in provider.sms if one.number == "13800000001"])
    assert (refusal(sms(provider)).code, refusal(sms(provider)).permanent) == ("isv.BUSINESS_LIMIT_CONTROL", True)
    provider.exchange.a_day = 50


def test_a_voice_that_only_reads_out_is_slower_for_who_hears_badly(provider):
    channel = voice(provider, keypad=False)
    assert not channel.capabilities.two_way
    channel.send(outgoing(slow=True))
    assert provider.calls[-1].menu == {}
    assert json.loads(json.dumps(provider.calls[-1].said)).startswith("12号家")
