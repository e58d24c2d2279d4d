"""What a text does to open alerts, told through the whole service: over eighty of them, two alerts open, then ten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.commands import alerts as commands
from events.store import read_stream
from events.types import alert as facts
from events.types.fact import DAY, HOUR, MINUTE
from events.types.home import AwaySet, PhoneOptedOut, ResponderUnreachable
from events.types.message import MessagePlanned, PersonLost, ReplyReceived
from tests.house import House

FORWARDED = "【示例守望】12号家一氧化碳超标,16:00。先喊人开窗。去看回11,去不了回19"

# Text -> what it was taken for, and the slot it was about (0: none). Open are 1 (carbon monoxide) and 2 (smoke).
TEXTS: dict[str, tuple[str, int]] = {
    "11": ("going", 1), "21": ("going", 2), "12": ("safe", 1), "22": ("safe", 2), "13": ("need_help", 1),
    "14": ("false_alarm", 1), "24": ("false_alarm", 2), "15": ("away", 1), "25": ("away", 2), "29": ("cannot_go", 2),
    "１１": ("going", 1), "2１": ("going", 2), "1 1": ("going", 1), "1\u30001": ("going", 1), " 21\n": ("going", 2),
    "11。": ("going", 1), "11！": ("going", 1), "《21》": ("going", 2), "“12”": ("safe", 1), "（22）": ("safe", 2),
    "一一": ("going", 1), "一幺": ("going", 1), "两一": ("going", 2), "二幺": ("going", 2), "两2": ("safe", 2),
    "十一": ("going", 1), "二十一": ("going", 2), "十二": ("safe", 1), "十四": ("false_alarm", 1), "二九": ("cannot_go", 2),
    "回11": ("going", 1), "回复：21": ("going", 2), "答12": ("safe", 1), "11我去": ("going", 1), "21 我马上去": ("going", 2),
    "去看回11": ("going", 1), "22没事": ("safe", 2), "13要帮忙！": ("need_help", 1), "14误报": ("false_alarm", 1),
    "25外出": ("away", 2), "29 去不了": ("cannot_go", 2), "收到，11": ("going", 1), "21 谢谢": ("going", 2),
    "好的11": ("going", 1), "11👌": ("going", 1), "11 11": ("going", 1), "21，21": ("going", 2), "21 going": ("going", 2),
    # an action without a slot names no alert while two are open
    "1": ("which_slot", 0), "２": ("which_slot", 0), "幺": ("which_slot", 0), "两": ("which_slot", 0), "我去": ("which_slot", 0),
    "平安": ("which_slot", 0), "去不了": ("which_slot", 0), "误报": ("which_slot", 0), "已外出": ("which_slot", 0), "要帮忙": ("which_slot", 0),
    # slots of nothing
    "31": ("unknown_slot", 0), "92": ("unknown_slot", 0), "99": ("unknown_slot", 0), "三一": ("unknown_slot", 0),
    # polite words answer nothing
    "收到": ("chatter", 0), "好": ("chatter", 0), "好的，谢谢": ("chatter", 0), "嗯嗯": ("chatter", 0), "OK": ("chatter", 0),
    "👍": ("chatter", 0), "知道了": ("chatter", 0), "辛苦了": ("chatter", 0),
    # what could mean two things, or came back to us
    FORWARDED: ("not_understood", 0), FORWARDED.removeprefix("【示例守望】"): ("not_understood", 0),
    "11 19": ("not_understood", 0), "1,1": ("which_slot", 0), "3,1": ("not_understood", 0), "1我去 9去不了": ("not_understood", 0),
    "16": ("not_understood", 0), "01": ("not_understood", 0), "111": ("not_understood", 0), "11?": ("not_understood", 0),
    "11平安": ("not_understood", 0), "1号我去": ("not_understood", 0), "不平安": ("not_understood", 0), "到了": ("not_understood", 0),
    "别去": ("not_understood", 0), "不用去": ("not_understood", 0), "": ("not_understood", 0), "13800000000": ("not_understood", 0),
    "老人摔倒了快来人": ("not_understood", 0), "外出35": ("not_understood", 0), "🔥": ("not_understood", 0), "١١": ("not_understood", 0),
    "帮助": ("help", 0), "？": ("help", 0), "help": ("help", 0),
}  # fmt: skip


@pytest.fixture
def two_open(tmp_path: Path) -> Iterator[House]:
    """Carbon monoxide and smoke in one house: slots 1 and 2 of the watcher."""
    house = House(tmp_path)
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    yield house
    house.close()


def newest(house: House) -> ReplyReceived:
    """What was made of the last text of the first watcher."""
    with house.database.read() as db:
        event = read_stream(db, "person-w1", types=["ReplyReceived"], limit=1)[0].event
    assert isinstance(event, ReplyReceived)
    return event


def test_over_eighty_texts_do_what_they_say_and_none_of_them_closes_a_life_safety_alert(two_open: House) -> None:
    house = two_open
    slots = {1: house.alert("carbon_monoxide").id, 2: house.alert("smoke").id}
    assert len(TEXTS) >= 80
    for text, (outcome, slot) in TEXTS.items():
        house.at += MINUTE
        assert house.phone(1).replies(text) == outcome, text
        taken = newest(house)
        assert (taken.slot, taken.alert) == (slot, slots[slot] if slot else ""), text
    assert not house.said(facts.AlertClosed), "who can forge a sender could close it"
    co = house.alert("carbon_monoxide")
    assert co.proposal == "device_false_alarm", "the last word waits for the operator"
    assert co.help_needed


def test_of_all_that_noise_five_are_answered_a_day_and_no_question_about_an_open_alert_is_left_out(
    two_open: House,
) -> None:
    house = two_open
    for _ in range(9):
        for text in ("那个啥", "1", "帮助"):
            house.phone(1).replies(text)
    answers = [m.template for m in house.said(MessagePlanned) if m.person == "w1" and not m.step]
    assert answers.count("not_understood") + answers.count("help_slots") == 5
    assert answers.count("which_slot") == 9, "she wants to answer and must know that it was not taken"
    house.at += DAY
    house.phone(1).replies("那个啥")
    assert "没看懂" in house.phone(1).last


def test_help_lists_what_is_open_and_how_to_answer(two_open: House) -> None:
    assert two_open.phone(1).replies("帮助") == "help"
    last = two_open.phone(1).last
    assert "1=" in last
    assert "2=" in last
    assert "12号家" in last
    assert "1去2平安3帮忙4误报5外出9不去" in last
    assert two_open.phone(2).replies("帮助") == "help", "nothing is open for her"
    assert "设外出" in two_open.phone(2).last


def test_a_wrong_slot_is_named_in_the_answer(two_open: House) -> None:
    two_open.phone(1).replies("71")
    assert "没有编号7" in two_open.phone(1).last
    assert "1=" in two_open.phone(1).last


def test_the_answer_goes_to_the_phone_it_came_from_and_words_reach_the_alert_they_are_about(house: House) -> None:
    house.hears("sos-1", "button", {"action": "sos"})
    assert house.phone(1).replies("老人摔倒了") == "not_understood"
    taken = house.said(ReplyReceived)[-1]
    assert taken.alert == house.alert("sos").id, "the operator reads it on the alert's page"
    assert house.said(MessagePlanned)[-1].phone == taken.phone
    assert house.phone(1).replies("收到") == "chatter"
    assert house.said(ReplyReceived)[-1].alert == house.alert("sos").id
    assert not house.alert("sos").responders


def test_in_a_call_the_key_alone_is_about_its_alert_however_many_are_open(two_open: House) -> None:
    house, smoke = two_open, two_open.alert("smoke").id
    assert house.phone(1).replies("1", about=smoke) == "going"
    assert [r.who for r in house.alert("smoke").responders] == ["w1"]
    assert not house.alert("carbon_monoxide").responders
    answers = len(house.phone(1).inbox)
    for key in ("6", "0", "*", "#", ""):
        assert house.phone(1).replies(key, about=smoke) == "not_understood"
    assert len(house.phone(1).inbox) == answers, "the voice says it again; no SMS"
    assert house.phone(4).replies("9", about=smoke) == "cannot_go", "who was told by voice only has no slot"
    assert house.alert("smoke").declined == ["v1"]
    house.operator_closes("smoke", "device_fault")
    assert house.phone(1).replies("2", about=smoke) == "already_closed"
    assert "设备故障" in house.phone(1).last


def test_who_goes_by_a_call_without_a_slot_is_not_asked_for_one(two_open: House) -> None:
    assert two_open.phone(4).replies("1", about=two_open.alert("smoke").id) == "going"
    assert "来电按键" in two_open.phone(4).last
    assert "回" not in two_open.phone(4).last.partition("】")[2]


def test_a_key_pressed_four_times_over_is_one_answer(two_open: House) -> None:
    smoke = two_open.alert("smoke").id
    made = [two_open.phone(1).replies("1", about=smoke, provider_id="CA1-1") for _ in range(4)]
    assert made == ["going", "", "", ""]
    assert len(two_open.said(facts.ResponderEnRoute)) == 1


@pytest.mark.both
def test_who_refuses_our_sms_is_lost_at_once_and_the_operator_knows(house: House) -> None:
    assert house.phone(1).replies("退订", provider_id="IN-same") == "opt_out"
    assert house.phone(1).replies("退订", provider_id="IN-same") == ""
    assert not house.phone(1).inbox, "who asks for silence gets it"
    task = house.alert("responder_unreachable")
    assert (task.alert_class, task.status, task.site) == (4, "raised", "dp03")
    assert task.reason["person"] == "w1"
    assert task.reason["homes"] == ["dp03-12"]
    assert len(house.said(ResponderUnreachable)) == 1
    house.lives()
    house.waits(hours=12, minutes=10)
    assert [lost.why for lost in house.said(PersonLost)] == ["refused"]
    assert "没动静" in house.phone(2).last, "the next step came at once"
    assert not house.phone(1).inbox
    house.operator_closes("responder_unreachable", "fixed")


def test_who_wants_them_again_gets_them_again(house: House) -> None:
    house.phone(1).replies("TD")
    assert house.phone(1).replies("开通短信") == "opt_in"
    assert "已恢复" in house.phone(1).last
    house.hears("sos-1", "button", {"action": "sos"})
    assert "呼救" in house.phone(1).last


def test_the_carriers_word_that_an_owner_refuses_counts_as_theirs(house: House) -> None:
    house.phone(1).refuses()
    house.hears("sos-1", "button", {"action": "sos"})
    assert [out.why for out in house.said(PhoneOptedOut)] == ["carrier"]
    assert house.alert("responder_unreachable").reason["why"] == "carrier"
    assert [lost.person for lost in house.said(PersonLost)] == ["w1"]


def test_two_who_refuse_are_one_task_that_names_both(house: House) -> None:
    house.phone(1).replies("TD")
    house.at += HOUR
    house.phone(2).replies("退订")
    task = house.alert("responder_unreachable")
    assert (task.reason["person"], task.reason["again"]["person"]) == ("w1", "w2")


def test_a_house_is_set_away_by_whoever_answers_for_it_and_by_nobody_else(house: House) -> None:
    house.lives()
    assert house.phone(1).replies("外出12 3") == "away"
    assert "外出3天" in house.phone(1).last
    assert [(a.home, a.by) for a in house.said(AwaySet)] == [("dp03-12", "w1")]
    assert "12号家已登记外出3天" in house.phone(3).last, "a forged or mistaken one is noticed by somebody who knows"
    assert house.phone(4).replies("外出12 3") == "refused", "the village head does not watch this house"
    assert house.phone(1).replies("外出13 3") == "refused", "no house of hers"
    assert "没有设外出" in house.phone(1).last
    house.waits(hours=13)
    assert not house.said(facts.AlertSuspected)


def test_who_says_away_before_anybody_was_told_of_the_silence_spares_them_all(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=3)
    assert house.alert("no_activity").status == "suspected"
    assert house.phone(1).replies("外出3") == "away", "she has one home, so its number may be left out"
    assert [(c.by, c.why) for c in house.said(facts.AlertCancelled)] == [("w1", "away")]
    house.waits(minutes=30)
    assert not [text for text in house.phone(1).inbox if "请上门" in text]


def test_an_alarm_of_life_safety_is_not_spared_by_an_away(house: House) -> None:
    house.phone(1).replies("外出3")
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    assert "一氧化碳" in house.phone(1).last


def test_a_reply_after_closing_says_how_it_ended_and_an_older_slot_does_not_act_on_a_newer_alert(house: House) -> None:
    house.hears("sos-1", "button", {"action": "sos"})
    house.operator_closes("sos", "hospital")
    house.at += 31 * MINUTE
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    assert "回21" in house.phone(1).last, "slot 1 still names the closed one"
    assert house.phone(1).replies("11") == "already_closed"
    assert "已送医" in house.phone(1).last
    assert not house.alert("carbon_monoxide").responders
    assert house.phone(1).replies("21") == "going"


def test_an_elder_hears_nothing_of_a_death_by_sms(house: House) -> None:
    house.hears("sos-1", "button", {"action": "sos"})
    house.phone(1).replies("11")
    alert = house.alert("sos")
    commands.close(
        house.database, alert.id, outcome="deceased", by="user:li", via="console", seen_version=None, at=house.at
    )
    house.settles()
    house.phone(1).replies("12")
    assert "去世" not in "".join(house.phone(1).inbox)
