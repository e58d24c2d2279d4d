"""Class 1: nothing waits, nobody is forgotten, and nothing ends before somebody has been there."""

import pytest
from sqlalchemy import Connection

from alerts.commands.errors import ConditionStillActive
from alerts.core.due import Next, what_is_next
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.store import New, append, version_of
from events.types import alert as facts
from events.types.fact import MINUTE
from events.types.home import ChainSet, SensorBackInService, SensorTakenOutOfService
from tests.house import House

pytestmark = pytest.mark.both

ALARM = "一氧化碳超标,16:00。先喊人开窗"
AGAIN = "次叫:"
NOBODY_ANSWERED = "前面的人没回应"
NOBODY_THERE = "无人到场。请打119或120"
YOU_GO = "已记您去"
SOMEBODY_GOES = "王守望员说去,还没到"
CANNOT_GO = "没关系,已记您去不了"
YOU_ARE_THERE = "已记:您到了"
HELP_COMES = "要帮忙,正在叫人"
HELP_WANTED = "王守望员在东坪三组12号家说要帮忙"


def co(house: House, alarm: bool, ppm: float | None = 210, device: str = "co-1", **over: object) -> None:
    house.hears(device, "co", {"alarm": alarm, "ppm": ppm, "test": False}, **over)


def test_carbon_monoxide_tells_watcher_and_grid_member_at_once(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    co(house, True)
    assert "12号家一氧化碳超标" in house.phone(1).last
    assert "12号家一氧化碳超标" in house.phone(3).last
    assert not house.phone(2).inbox
    assert not house.phone(4).inbox


def test_the_flag_counts_whatever_ppm_says(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    co(house, True, ppm=3)
    assert house.alert("carbon_monoxide").alert_class == 1


def test_the_flag_of_a_detector_that_has_just_started_counts_at_once(house: House) -> None:
    """Whether it has warmed up is its own affair: the first word after a start is no baseline for an alarm."""
    house.expects(1, 3, contains=ALARM)
    co(house, False)
    house.boots("co-1", "b2")
    co(house, True)
    assert house.alert("carbon_monoxide").alert_class == 1


def test_ppm_without_the_flag_raises_nothing(house: House) -> None:
    house.expects()
    co(house, False, ppm=400)
    assert house.alerts() == []


def test_village_after_two_minutes_and_town_after_four(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(4, contains=NOBODY_ANSWERED)
    house.expects(5, contains=NOBODY_THERE)
    co(house, True)
    house.waits(seconds=119)
    assert not house.phone(4).inbox
    house.waits(seconds=1)
    assert "12号家" in house.phone(4).last
    house.waits(minutes=2)
    assert "119" in house.phone(5).last or "120" in house.phone(5).last


def test_rounds_go_on_until_somebody_goes(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(4, contains=NOBODY_ANSWERED)
    house.expects(1, 3, 4, contains=AGAIN, times=3)
    house.expects(5, contains=NOBODY_THERE, times=3)
    co(house, True)
    house.waits(minutes=30)
    assert house.alert("carbon_monoxide").round >= 3
    assert len(house.phone(1).inbox) >= 3
    assert len(set(house.phone(1).inbox)) == len(house.phone(1).inbox), "a re-page never repeats an identical text"


def test_going_stops_the_steps_and_is_told_to_the_others(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains=YOU_GO)
    house.expects(3, contains=SOMEBODY_GOES)
    co(house, True)
    assert house.phone(1).replies("11") == "going"
    house.waits(minutes=7)
    assert not house.phone(4).inbox
    assert "王守望员" in house.phone(3).last
    assert house.alert("carbon_monoxide").responders[0].who == "w1"


def test_an_overdue_arrival_tells_the_next_step_and_keeps_the_first_responder(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains=YOU_GO)
    house.expects(3, contains=SOMEBODY_GOES)
    house.expects(1, contains="到了吗?")
    house.expects(4, contains="王守望员说去,8分钟仍没报到")
    house.expects(5, contains=NOBODY_THERE)
    co(house, True)
    house.phone(1).replies("11")
    house.waits(minutes=8)
    assert house.said(facts.ArrivalOverdue)
    assert "王守望员" in house.phone(4).last
    assert house.alert("carbon_monoxide").responders[0].here
    house.waits(minutes=2)
    assert house.phone(5).inbox, "the rest follow at table distances"


def test_cannot_go_pulls_the_next_step_to_now(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, 3, contains=CANNOT_GO)
    house.expects(4, contains=NOBODY_ANSWERED)
    house.expects(5, contains=NOBODY_THERE)
    co(house, True)
    house.phone(1).replies("19")
    assert house.phone(4).inbox
    house.phone(3).replies("19")
    assert house.phone(5).inbox


def test_a_nine_beside_somebody_going_is_only_recorded(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains=YOU_GO)
    house.expects(3, contains=SOMEBODY_GOES)
    house.expects(3, contains=CANNOT_GO)
    co(house, True)
    house.phone(1).replies("11")
    house.phone(3).replies("19")
    assert house.alert("carbon_monoxide").declined == ["g1"]
    assert not house.phone(4).inbox


def test_the_only_responder_turning_back_moves_the_steps_on(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains=YOU_GO)
    house.expects(3, contains=SOMEBODY_GOES)
    house.expects(1, contains=CANNOT_GO)
    house.expects(4, contains=NOBODY_ANSWERED)
    house.expects(5, contains=NOBODY_THERE)
    co(house, True)
    house.phone(1).replies("11")
    house.phone(1).replies("19")
    assert house.phone(4).inbox
    house.waits(minutes=2)
    assert house.phone(5).inbox


def test_who_cannot_go_is_left_out_of_the_next_round_until_nobody_else_is_left(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(4, contains=NOBODY_ANSWERED)
    house.expects(1, 3, 4, 5, contains=CANNOT_GO)
    house.expects(1, contains=AGAIN)
    house.expects(3, 4, contains=AGAIN, times=2)
    house.expects(5, contains=NOBODY_THERE, times=3)
    co(house, True)
    house.phone(1).replies("19")
    told = len(house.phone(1).inbox)
    house.waits(minutes=10)
    assert house.alert("carbon_monoxide").round == 2
    assert len(house.phone(1).inbox) == told
    for number in (3, 4, 5):
        house.phone(number).replies("19")
    house.waits(minutes=10)
    assert len(house.phone(1).inbox) > told


def test_a_lost_person_pulls_the_next_step(house: House) -> None:
    house.expects(3, contains=ALARM)
    house.expects(4, contains=NOBODY_ANSWERED)
    house.phone(1).refuses()
    co(house, True)
    assert house.alert("carbon_monoxide").lost == {"w1": "failed"}
    assert house.phone(4).inbox


def test_undelivered_is_lost_too(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(4, contains=NOBODY_ANSWERED)
    co(house, True)
    house.phone(3).never_gets_the_last()
    assert house.phone(4).inbox


def test_help_needed_on_the_spot_tells_the_next_step_at_once(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains=YOU_GO)
    house.expects(3, contains=SOMEBODY_GOES)
    house.expects(1, contains=HELP_COMES)
    house.expects(4, contains=HELP_WANTED)
    co(house, True)
    house.phone(1).replies("11")
    house.waits(minutes=3)
    house.phone(1).replies("13")
    assert "120" in house.phone(4).last
    assert house.alert("carbon_monoxide").help_needed


def test_help_needed_when_everybody_was_told_tells_everybody_again_but_the_one_who_asks(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(4, contains=NOBODY_ANSWERED)
    house.expects(5, contains=NOBODY_THERE)
    house.expects(1, contains=YOU_GO)
    house.expects(3, 4, 5, contains=SOMEBODY_GOES)
    house.expects(1, contains=HELP_COMES)
    house.expects(3, contains=HELP_WANTED)
    co(house, True)
    house.waits(minutes=5)
    house.phone(1).replies("11")
    told = {n: len(house.phone(n).inbox) for n in (1, 3)}
    house.phone(1).replies("13")
    assert len(house.phone(3).inbox) > told[3]
    assert not [text for text in house.phone(1).inbox[told[1] :] if "要帮忙(" in text]


def test_still_in_alarm_ten_minutes_after_arrival_goes_on(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains=YOU_ARE_THERE)
    house.expects(4, contains=NOBODY_ANSWERED)
    co(house, True)
    house.phone(1).replies("12")
    house.waits(minutes=9)
    assert not house.phone(4).inbox
    house.waits(minutes=1)
    assert house.phone(4).inbox


def test_a_reply_of_safe_does_not_close_class_1(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains=YOU_ARE_THERE)
    co(house, True)
    house.phone(1).replies("12")
    alert = house.alert("carbon_monoxide")
    assert (alert.status, alert.proposal) == ("raised", "safe_at_home")


def test_cleared_never_closes_and_then_it_can_be_closed_as_rescued(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, 3, contains="已了结:已救助")
    co(house, True)
    with pytest.raises(ConditionStillActive):
        house.operator_closes("carbon_monoxide", "rescued")
    co(house, False, ppm=4)
    assert house.alert("carbon_monoxide").status == "raised"
    house.operator_closes("carbon_monoxide", "rescued")
    assert house.alert("carbon_monoxide").outcome == "rescued"
    assert "已救助" in house.phone(1).last


def test_closed_as_a_fault_while_in_alarm_takes_the_sensor_out_until_it_has_cleared(house: House) -> None:
    house.expects(1, 3, contains="先喊人开窗", times=3)
    house.expects(1, 3, contains="已了结:设备故障")
    house.expects(1, 3, contains="已了结:已救助")
    co(house, True)
    house.operator_closes("carbon_monoxide", "device_fault")
    assert [e.device for e in house.said(SensorTakenOutOfService)] == ["dp03/co-1"]
    assert house.alert("sensor_out_of_service").alert_class == 4
    house.waits(hours=1)
    co(house, True)
    assert len([a for a in house.alerts() if a.danger == "carbon_monoxide"]) == 1
    co(house, True, device="co-2")
    assert len([a for a in house.alerts() if a.danger == "carbon_monoxide"]) == 2
    house.hears("co-2", "co", {"alarm": False, "ppm": 0, "test": False})
    house.operator_closes("carbon_monoxide", "rescued")
    co(house, False)
    assert house.said(SensorBackInService)
    assert house.alert("sensor_out_of_service").outcome == "resolved_itself"
    house.waits(hours=1)
    co(house, True)
    assert house.alert("carbon_monoxide").status == "raised"


def test_an_open_alert_is_no_shield(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(4, contains=NOBODY_ANSWERED)
    house.expects(5, contains=NOBODY_THERE)
    house.expects(1, 3, contains="又报警(16:06)")
    co(house, True)
    house.waits(minutes=6)
    before = house.alert("carbon_monoxide").round
    co(house, False)
    co(house, True)
    alert = house.alert("carbon_monoxide")
    assert alert.round == before + 1
    assert "再次" in house.phone(1).last or "又" in house.phone(1).last
    co(house, False)
    co(house, True)
    assert house.alert("carbon_monoxide").round == alert.round, "at most one round per five minutes"


def test_while_somebody_is_on_the_way_only_they_are_told_of_a_second_alarm(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, contains=YOU_GO)
    house.expects(3, contains=SOMEBODY_GOES)
    house.expects(1, contains="又报警(16:05)")
    co(house, True)
    house.waits(minutes=1, seconds=50)
    house.phone(1).replies("11")
    house.waits(minutes=4)
    counts = {n: len(house.phone(n).inbox) for n in (1, 3, 4)}
    co(house, True, device="co-2")
    assert len(house.phone(1).inbox) == counts[1] + 1
    assert len(house.phone(3).inbox) == counts[3]
    assert len(house.phone(4).inbox) == counts[4]


def test_in_alarm_again_soon_after_closing_reopens(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, 3, contains="已了结:已救助")
    house.expects(1, 3, contains="又报警(16:20)")
    co(house, True)
    co(house, False)
    house.operator_closes("carbon_monoxide", "rescued")
    house.waits(minutes=20)
    co(house, True)
    alert = house.alert("carbon_monoxide")
    assert (alert.status, alert.outcome, alert.round) == ("raised", "", 2)
    assert len([a for a in house.alerts() if a.danger == "carbon_monoxide"]) == 1


def test_a_late_alarm_counts_with_its_own_time(house: House) -> None:
    house.expects(1, 3, contains="一氧化碳超标,14:00")
    then = house.at - 2 * 3600 * 1_000_000
    co(house, True, at=then)
    alert = house.alert("carbon_monoxide")
    assert alert.reason["at"] == then
    assert house.phone(1).inbox


def test_a_retained_alarm_raises_only_when_it_says_something_new(house: House) -> None:
    house.expects(1, 3, contains="先喊人开窗", times=2)
    house.expects(1, 3, contains="已了结", times=2)
    co(house, True, retained=True)
    assert len(house.alerts()) == 1
    co(house, False)
    house.operator_closes("carbon_monoxide", "rescued")
    house.waits(hours=1)
    co(house, True)
    house.operator_closes("carbon_monoxide", "device_fault")
    house.waits(hours=1)
    co(house, True, retained=True)
    assert len([a for a in house.alerts() if a.danger == "carbon_monoxide"]) == 2


def test_a_test_alarm_is_a_test_unless_it_is_high_or_lasts(house: House) -> None:
    house.expects(1, 3, contains="一氧化碳超标,16:06")
    house.hears("co-1", "co", {"alarm": True, "ppm": 5, "test": True})
    assert house.alerts() == []
    house.waits(minutes=6)
    house.hears("co-1", "co", {"alarm": True, "ppm": 5, "test": True})
    assert house.alert("carbon_monoxide").status == "raised"
    house.hears("co-2", "co", {"alarm": True, "ppm": 80, "test": True})
    assert "dp03/co-2" in house.alert("carbon_monoxide").devices


def test_smoke_is_a_danger_of_its_own(house: House) -> None:
    house.expects(1, 3, contains=ALARM)
    house.expects(1, 3, contains="烟雾报警")
    co(house, True)
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    assert {a.danger for a in house.alerts()} == {"carbon_monoxide", "smoke"}
    assert "回21" in house.phone(1).last, "the second open alert has the second slot"


def test_sos_closes_with_any_outcome_and_cancel_closes_nothing(house: House) -> None:
    house.expects(1, 3, contains="老人按了呼救")
    house.expects(1, contains=YOU_GO)
    house.expects(3, contains=SOMEBODY_GOES)
    house.expects(1, contains="按了取消,仍请去看")
    house.expects(1, 3, contains="已了结:本人取消")
    house.hears("sos-1", "button", {"action": "sos"})
    house.phone(1).replies("11")
    house.hears("sos-1", "button", {"action": "cancel"})
    assert "取消" in house.phone(1).last
    assert house.alert("sos").status == "raised"
    house.operator_closes("sos", "elder_cancelled")
    assert house.alert("sos").status == "closed"


def test_a_second_press_after_five_minutes_is_a_new_round(house: House) -> None:
    house.expects(1, 3, contains="老人按了呼救")
    house.expects(4, contains=NOBODY_ANSWERED)
    house.expects(5, contains=NOBODY_THERE)
    house.expects(1, 3, contains="又报警(16:05)")
    house.hears("sos-1", "button", {"action": "sos"})
    house.waits(minutes=5)
    house.hears("sos-1", "button", {"action": "sos"})
    assert house.said(facts.AlertRefired)[-1].new_round


def neighbour_was_there(house: House) -> None:
    """SOS; the watcher goes, is there, says that all is well, and the operator has not closed it yet."""
    house.hears("sos-1", "button", {"action": "sos"})
    house.phone(1).replies("11")
    house.waits(minutes=4)
    house.phone(1).replies("12")
    house.waits(minutes=7)


def test_pressed_again_when_the_neighbour_may_have_left_others_are_called_if_nobody_says_anything(house: House) -> None:
    neighbour_was_there(house)
    house.hears("sos-1", "button", {"action": "sos"})
    assert "又报警(16:11)" in house.phone(1).last, "who was there hears it at once"
    before = len(house.phone(3).inbox)
    assert what_is_next(house.alert("sos")) == Next(house.at + 10 * MINUTE, "refired")
    house.waits(minutes=9, seconds=59)
    assert len(house.phone(3).inbox) == before
    house.restarts()
    house.waits(seconds=1)
    assert "又报警(16:11)" in house.phone(4).last, "the village head, the next step that nobody was told yet"
    house.waits(minutes=5)
    assert house.phone(5).inbox, "and so on, until somebody goes"
    assert verify(DatabaseLog(house.database)).same


def test_pressed_again_within_minutes_of_the_first_time_is_not_forgotten_either(house: House) -> None:
    house.hears("sos-1", "button", {"action": "sos"})
    house.waits(minutes=1)
    house.phone(1).replies("12")
    house.waits(minutes=2)
    house.hears("sos-1", "button", {"action": "sos"})
    house.waits(minutes=6)
    house.hears("sos-1", "button", {"action": "sos"})
    assert house.phone(4).inbox == []
    house.waits(minutes=4)
    assert "又报警" in house.phone(4).last, "ten minutes after the first of them, however often it is pressed"


def test_pressed_again_and_somebody_sets_out_nobody_else_is_called(house: House) -> None:
    neighbour_was_there(house)
    house.hears("sos-1", "button", {"action": "sos"})
    house.phone(3).replies("11")
    house.waits(minutes=7, seconds=59)
    house.phone(3).replies("12")
    house.waits(minutes=30)
    assert house.phone(4).inbox == []


def test_pressed_again_and_closed_by_the_operator_nobody_else_is_called(house: House) -> None:
    neighbour_was_there(house)
    house.hears("sos-1", "button", {"action": "sos"})
    house.operator_closes("sos", "safe_at_home")
    house.waits(minutes=30)
    assert house.phone(4).inbox == []


def test_pressed_again_minutes_after_closing_it_opens_again_and_does_not_end_with_who_was_there(house: House) -> None:
    neighbour_was_there(house)
    house.operator_closes("sos", "safe_at_home")
    house.hears("sos-1", "button", {"action": "sos"})
    assert house.alert("sos").status == "raised"
    before = len(house.phone(3).inbox)
    house.waits(minutes=10)
    assert "又报警(16:11)" in house.phone(3).inbox[before], "a new round, from the first step on"


def test_the_outcome_is_asked_for_when_nobody_closes(house: House) -> None:
    house.expects(1, 3, contains="老人按了呼救")
    house.expects(1, contains=YOU_ARE_THERE)
    house.expects(3, contains="未结案", times=2)
    house.hears("sos-1", "button", {"action": "sos"})
    house.phone(1).replies("12")
    house.waits(hours=2)
    assert len(house.said(facts.OutcomeAsked)) == 1
    assert "结" in house.phone(3).last
    house.waits(hours=2)
    assert len(house.said(facts.OutcomeAsked)) == 2


def test_where_one_person_is_the_whole_chain_they_are_told_even_when_they_are_there(house: House) -> None:
    house.expects(1, contains=ALARM)
    house.expects(1, contains=YOU_ARE_THERE)
    house.expects(1, contains=AGAIN, times=3)
    chain = ChainSet(home="dp03-12", watcher=["w1"], second_watcher=[], grid_member=[], village=[], town=[])
    stream = "home-dp03-12"

    def work(db: Connection) -> None:
        append(db, [New(stream, "dp03", chain, house.at)], recorded_at=house.at, after={stream: version_of(db, stream)})

    house.database.write(work)
    house.settles()
    co(house, True)
    house.phone(1).replies("12")
    told = len(house.phone(1).inbox)
    house.waits(minutes=30)
    assert len(house.phone(1).inbox) > told, "still in alarm, and nobody else to tell"
