"""Each message says why this person, this way, now; each open alert what happens next and when."""

import pytest

from alerts.commands import alerts as commands
from alerts.core.explain import Explained, Naming, Said, explain
from alerts.core.templates.explaining import EN, ZH
from alerts.core.wording import local_clock
from alerts.notify.channels.aliyun_sms import AliyunSms
from alerts.notify.channels.aliyun_voice import AliyunVoice
from alerts.notify.channels.logbook import Logbook
from alerts.notify.channels.modem.sms import ModemSms
from alerts.notify.channels.twilio_sms import TwilioSms
from alerts.notify.channels.twilio_voice import TwilioVoice
from alerts.notify.channels.wecom_group import WeComGroup
from api.console.words import knows
from tests.house import House


def co(house: House, alarm: bool = True) -> None:
    house.hears("co-1", "co", {"alarm": alarm, "ppm": 210, "test": False})


def explained(house: House, danger: str, language: str = "zh") -> Explained:
    """From nothing but the log."""
    alert = house.alert(danger)
    said = [Said(r.position, r.at, r.event) for r in house.log() if getattr(r.event, "alert", "") == alert.id]
    return explain(alert, said, Naming(lambda person: person, local_clock, language))


def test_every_message_of_a_night_has_its_three_reasons(house: House) -> None:
    co(house)
    house.phone(4).refuses()
    house.waits(minutes=2)
    house.phone(1).replies("11")
    found = explained(house, "carbon_monoxide")
    first = found.messages[0]
    assert (first.person, first.step, first.why, first.levels) == ("w1", 1, "due", ["watcher"])
    assert first.sentence.startswith("通知w1：这户第1级负责人（守望员）。现在：到了第1轮第1步的时间。用")
    early = next(one for one in found.messages if one.person == "t1" and one.step)
    assert early.why == "lost"
    assert "前面的人没通知到" in early.sentence
    assert [(one.person, one.why) for one in found.lost] == [("v1", "failed"), ("v1", "refused")]
    assert ["马上找下一个人" in one.sentence for one in found.lost] == [True, False], (
        "who is only informed moves no step"
    )
    informed = next(one for one in found.messages if one.why == "other_going" and one.person == "g1")
    assert informed.sentence.startswith("告知g1：之前叫过，现在有别人去")
    assert "答复w1：对方发来了消息，用短信回到来信的电话。" in {one.sentence for one in found.messages}
    for one in found.messages:
        assert one.sentence
        assert "{" not in one.sentence


def test_what_happens_next_is_said_at_every_turn(house: House) -> None:
    house.lives()
    house.waits(hours=12)
    assert (
        explained(house, "no_activity").next.sentence
        == f"{local_clock(house.at + 600_000_000)}以前老人可以取消；没有取消就通知w1。"
    )
    house.waits(minutes=10)
    step = explained(house, "no_activity").next
    assert (step.what, step.step, step.persons) == ("step", 2, ["w2"])
    assert "还没有人说去，就叫第2级：w2" in step.sentence
    house.phone(1).replies("11")
    going = explained(house, "no_activity").next
    assert (going.what, going.persons) == ("arrival", ["w1"])
    assert "w1还没报到" in going.sentence
    house.phone(1).replies("13")
    assert explained(house, "no_activity", "en").next.what == "step"
    commands.close(
        house.database, house.alert("no_activity").id, outcome="hospital", by="user:li", via="console", seen_version=None, at=house.at
    )  # fmt: skip
    house.settles()
    assert explained(house, "no_activity").next.sentence == "已经结束，不会再做什么。"


def test_each_reason_that_a_step_may_have_is_a_sentence_in_both_languages(house: House) -> None:
    reasons = {"due", "lost", "declined", "overdue", "need_help", "still_active", "refired", "standstill", "empty", "stood_down", "escalated"}  # fmt: skip
    assert reasons == ZH.now.keys() == EN.now.keys()
    for field in ZH.__struct_fields__:
        if isinstance(table := getattr(ZH, field), dict):
            assert table.keys() == getattr(EN, field).keys(), field
    co(house)
    house.phone(1).replies("19")
    house.waits(minutes=1)
    commands.escalate_now(house.database, house.alert("carbon_monoxide").id, by="user:li", at=house.at)
    house.settles()
    found = explained(house, "carbon_monoxide", "en")
    assert {one.why for one in found.messages} >= {"due", "declined", "escalated"}
    assert any("somebody cannot go" in one.sentence for one in found.messages)
    assert any("the duty desk wants the next step now" in one.sentence for one in found.messages)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_alert_that_waits_for_the_desk_alone_says_so(house: House, language: str) -> None:
    house.phone(1).replies("TD")
    words = ZH if language == "zh" else EN
    assert explained(house, "responder_unreachable", language).next.sentence == words.nothing


def test_every_way_there_is_has_a_name_in_both_languages() -> None:
    ways = {TwilioSms, TwilioVoice, AliyunSms, AliyunVoice, ModemSms, WeComGroup, Logbook}
    names = {way.name for way in ways}
    for words in (ZH, EN):
        assert names <= set(words.channels)
    assert all(knows(f"channel.{name}") for name in names)
