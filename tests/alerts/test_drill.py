"""测试: the chain is tested by the real way and the real answer, once a month or when somebody asks, and hides nothing."""

from pathlib import Path

from alerts import drills
from alerts.commands.lives import pause, start_drill
from alerts.commands.settings import change_settings
from alerts.core.policy import DRILL
from alerts.core.speaking import taken
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.channel import PersonPreferencesSet
from events.types.fact import DAY, HOUR, MINUTE
from events.types.life import DrillSummed
from events.types.message import MessagePlanned
from tests.house import START, VOICE, House, Phones


def begins(house: House) -> str:
    name = start_drill(house.database, homes=["dp03-12"], by="user:zhang", at=house.at)
    house.settles()
    return name


def replayed_alike(house: House) -> None:
    assert verify(DatabaseLog(house.database)).differences == []


def test_both_watchers_get_one_text_that_says_first_that_it_is_a_test_and_any_digit_answers(house: House) -> None:
    house.expects(1, 2, contains="】测试:")
    house.expects(1, 2, contains="收到您的回复了")
    begins(house)
    assert "不用出门" in house.phone(1).last
    house.phone(1).replies("11")
    assert house.alert(DRILL).open
    house.phone(2).replies("19")
    alert = house.alert(DRILL)
    assert (alert.status, alert.outcome, alert.answered) == ("closed", "drill", ["w1", "w2"])
    assert not house.said(facts.ResponderEnRoute)
    house.waits(hours=3)
    (summed,) = house.said(DrillSummed)
    assert (summed.asked, summed.silent) == (2, [])
    replayed_alike(house)


def test_who_does_not_answer_is_named_to_the_grid_member_in_one_text(house: House) -> None:
    house.expects(1, 2, contains="】测试:")
    house.expects(1, contains="收到您的回复了")
    house.expects(3, contains="1人没回:李守望员")
    name = begins(house)
    house.phone(1).replies("11")
    house.waits(hours=3)
    alert = house.alert(DRILL)
    assert (alert.outcome, alert.closed_by) == ("drill", "system")
    with house.database.read() as db:
        (found,) = drills.tested(db, name)
    assert (found.asked, found.silent) == (["w1", "w2"], ["w2"])
    replayed_alike(house)


def test_who_is_called_first_is_tested_by_a_call_and_a_key_and_who_reads_by_a_text(tmp_path: Path) -> None:
    house = House(tmp_path, also=[Phones(VOICE)])
    house.records(PersonPreferencesSet(person="w1", voice_first=True), "person-w1", "w1")
    begins(house)
    ways = [(m.person, m.channel, m.because) for m in house.said(MessagePlanned)]
    assert ways == [("w1", "twilio_voice", "voice_first"), ("w2", "twilio_sms", "first_choice")]
    assert house.phone(1).inbox == []
    (said,) = house.phone(1).calls
    assert "测试" in said
    assert "请按" in said
    assert house.phone(1).presses("1") == DRILL
    assert taken(DRILL, "zh").startswith("测试:收到")
    house.phone(2).replies("11")
    assert house.alert(DRILL).answered == ["w1", "w2"]
    assert [answer.via for answer in house.said(facts.DrillAnswered)] == ["twilio_sms"] * 2
    replayed_alike(house)
    house.close()


def test_a_call_of_the_test_that_nobody_takes_is_no_answer(tmp_path: Path) -> None:
    house = House(tmp_path, also=[Phones(VOICE)])
    house.records(PersonPreferencesSet(person="w1", voice_first=True), "person-w1", "w1")
    begins(house)
    house.phone(1).does_not_answer()
    assert "】测试:" in house.phone(1).last, "the text comes when the call has failed, as it would of an alarm"
    house.phone(2).replies("11")
    house.waits(hours=3)
    assert house.said(DrillSummed)[-1].silent == ["w1"]
    replayed_alike(house)
    house.close()


def test_a_real_alarm_in_the_midst_is_an_alert_of_its_own(house: House) -> None:
    begins(house)
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    house.hears("sos-1", "button", {"action": "sos"})
    assert [a.danger for a in house.alerts()] == [DRILL, "carbon_monoxide", "sos"]
    assert "一氧化碳超标" in "".join(house.phone(1).inbox)
    slot = house.phone(1).inbox[0].partition("请回")[2][:2]
    house.phone(1).replies(slot)
    assert house.alert("carbon_monoxide").responders == []
    assert "w1" in house.alert(DRILL).answered
    replayed_alike(house)


def test_at_night_it_waits_for_the_morning(house: House) -> None:
    house.at = START + 9 * HOUR  # 01:00
    begins(house)
    assert house.phone(1).inbox == []
    house.waits(hours=8)
    assert len(house.phone(1).inbox) == 1
    house.waits(hours=3)
    assert house.alert(DRILL).outcome == "drill"
    assert "没回" in house.phone(3).last
    replayed_alike(house)


def test_each_month_it_begins_by_itself_for_the_homes_that_are_watched(house: House) -> None:
    change_settings(house.database, {"drill.day": 17, "drill.hour": 10}, by="user:zhang", at=house.at)
    house.settles()
    house.waits(hours=42, beating=False)  # the 17th, 10:00
    drill = house.alert(DRILL)
    assert drill.raised_at == START + 42 * HOUR
    assert drill.reason["by"] == "system"
    replayed_alike(house)


def test_a_home_that_is_paused_is_not_tested(house: House) -> None:
    pause(house.database, "dp03-12", reason="", by="user:zhang", at=house.at)
    change_settings(house.database, {"drill.day": 17, "drill.hour": 10}, by="user:zhang", at=house.at)
    house.settles()
    house.waits(hours=44, beating=False)
    assert [a.danger for a in house.alerts() if a.danger == DRILL] == []


def test_an_answered_drill_counts_as_contact_and_a_silent_one_does_not(house: House) -> None:
    for _ in range(2):
        begins(house)
        house.at += MINUTE
        house.waits(hours=20, beating=False)
    assert house.engine.books.homes["dp03-12"].memory["visit_due"]["met"] == 0
    begins(house)
    house.phone(1).replies(house.phone(1).last.partition("请回")[2][:2])
    house.waits(hours=20, beating=False)
    assert house.engine.books.homes["dp03-12"].memory["visit_due"]["met"] > START + DAY
