"""Replies, slots, operators: what people say is recorded once, does what it says, and never more."""

import pytest

from alerts.commands import alerts as commands
from alerts.commands.errors import AlertAlreadyClosed, NotInThisState, OutcomeNotAllowed, StaleView
from alerts.core.rules import smoke
from alerts.timers import ring
from events.types import alert as facts
from events.types.home import HomeResumed, HomeRetired
from events.types.message import MessageOvertaken, MessagePlanned, ReplyReceived
from events.types.system import RuleFailed, RuleMended, SecurityNoted
from tests.house import House

pytestmark = pytest.mark.both


def co(house: House, alarm: bool = True) -> None:
    house.hears("co-1", "co", {"alarm": alarm, "ppm": 210, "test": False})


def sos(house: House) -> None:
    house.hears("sos-1", "button", {"action": "sos"})


def test_a_bare_action_is_taken_only_when_one_alert_is_open(house: House) -> None:
    co(house)
    assert house.phone(1).replies("1") == "going"
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    assert house.phone(1).replies("9") == "which_slot"
    assert "编号" in house.phone(1).last
    assert house.alert("smoke").declined == []


def test_who_closes_by_a_reply_gets_the_answer_though_the_alert_is_closed(house: House) -> None:
    house.hears("sos-1", "button", {"action": "help"})
    house.phone(1).replies("12")
    assert house.alert("help").status == "closed"
    assert "已了结" in house.phone(1).last
    answers = [m for m in house.said(MessagePlanned) if m.template.startswith("taken_")]
    assert [m.alert for m in answers] == [house.alert("help").id]


def test_the_same_provider_message_four_times_is_one_fact(house: House) -> None:
    co(house)
    for _ in range(4):
        house.phone(1).replies("11", provider_id="IN-same")
        house.phone(3).replies("13", provider_id="IN-other")
    assert len(house.said(ReplyReceived)) == 2
    assert len(house.said(facts.ResponderEnRoute)) == 1
    assert len(house.said(facts.HelpNeeded)) == 1, "and what would count each time counts once"


def test_a_stranger_gets_no_answer_and_leaves_a_security_event(house: House) -> None:
    co(house)
    house.phone(77).replies("11")
    assert not house.phone(77).inbox
    assert house.said(SecurityNoted)[0].what == "unknown_phone"
    assert not house.said(facts.ResponderEnRoute)


def test_a_reply_after_closing_is_told_how_it_ended(house: House) -> None:
    sos(house)
    house.operator_closes("sos", "elder_cancelled")
    assert house.phone(1).replies("11") == "already_closed"
    assert "本人取消" in house.phone(1).last


def test_a_slot_is_freed_24_hours_after_closing(house: House) -> None:
    sos(house)
    house.operator_closes("sos", "safe_at_home")
    house.waits(hours=23, beating=False)
    co(house)
    assert "回11" not in house.phone(1).last
    house.operator_closes("carbon_monoxide", "device_fault")
    house.waits(hours=25, beating=False)
    sos(house)
    assert [text for text in house.phone(1).inbox if "呼救" in text and "回11" in text][1:]


def test_texts_that_mean_nothing_are_answered_five_times_at_most(house: House) -> None:
    co(house)
    before = len(house.phone(1).inbox)
    for _ in range(12):
        house.phone(1).replies("那个啥啊这是")
    assert len(house.phone(1).inbox) - before <= 5


def test_acknowledge_is_seen_and_stops_nothing(house: House) -> None:
    co(house)
    alert = house.alert("carbon_monoxide")
    first = commands.acknowledge(house.database, alert.id, by="user:zhang", via="console", at=house.at)
    again = commands.acknowledge(house.database, alert.id, by="user:li", via="console", at=house.at)
    assert first == again
    house.waits(minutes=2)
    assert house.phone(4).inbox


def test_closing_without_having_seen_what_happened_is_refused(house: House) -> None:
    co(house)
    co(house, alarm=False)
    seen = house.alert("carbon_monoxide").version
    house.phone(1).replies("11")
    with pytest.raises(StaleView) as refused:
        house.operator_closes("carbon_monoxide", "rescued", seen_version=seen)
    assert refused.value.changes == ["en_route"]
    house.operator_closes("carbon_monoxide", "rescued")


def test_the_same_outcome_twice_is_one_closing_and_another_is_refused(house: House) -> None:
    sos(house)
    house.operator_closes("sos", "safe_at_home")
    house.operator_closes("sos", "safe_at_home")
    assert len(house.said(facts.AlertClosed)) == 1
    with pytest.raises(AlertAlreadyClosed) as refused:
        house.operator_closes("sos", "hospital")
    assert (refused.value.outcome, refused.value.by) == ("safe_at_home", "user:zhang")


def test_an_outcome_is_required_and_belongs_to_the_class(house: House) -> None:
    sos(house)
    for wrong in ("", "fixed", "whatever"):
        with pytest.raises(OutcomeNotAllowed):
            house.operator_closes("sos", wrong)


def test_a_mistake_is_mended_with_a_reason(house: House) -> None:
    sos(house)
    house.operator_closes("sos", "safe_at_home")
    alert = house.alert("sos")
    commands.correct_outcome(house.database, alert.id, outcome="hospital", reason="看错了", by="user:li", at=house.at)
    assert house.alert("sos").outcome == "hospital"


def test_deceased_retires_the_home_only_on_a_second_confirmation_that_can_be_undone(house: House) -> None:
    sos(house)
    house.operator_closes("sos", "deceased")
    assert not house.said(HomeRetired)
    alert = house.alert("sos")
    commands.confirm_death(house.database, alert.id, by="user:li", at=house.at)
    house.settles()
    assert house.said(HomeRetired)
    co(house)
    assert [a.danger for a in house.alerts() if a.home] == ["sos"], (
        "a retired home raises nothing: it is the operator's"
    )
    commands.undo_death(house.database, alert.id, by="user:li", at=house.at)
    house.settles()
    assert house.said(HomeResumed)
    co(house)
    assert house.alert("carbon_monoxide").status == "raised"


def test_stand_down_is_a_persons_word_and_moves_on_when_nobody_else_goes(house: House) -> None:
    co(house)
    house.phone(1).replies("11")
    alert = house.alert("carbon_monoxide")
    commands.stand_down(house.database, alert.id, who="w1", by="user:li", at=house.at)
    house.settles()
    assert "不用去了" in house.phone(1).last
    assert house.phone(4).inbox


def test_a_suspected_alert_has_nobody_to_send(house: House) -> None:
    house.lives()
    house.waits(hours=12)
    alert = house.alert("no_activity")
    with pytest.raises(NotInThisState):
        commands.en_route(house.database, alert.id, who="w1", by="user:li", via="console", at=house.at)


def test_help_is_a_request_to_the_watcher_by_day(house: House) -> None:
    house.hears("sos-1", "button", {"action": "help"})
    assert "求助" in house.phone(1).last
    assert house.phone(1).replies("12") == "safe"
    assert house.alert("help").status == "closed"


def test_help_at_night_waits_for_the_morning(house: House) -> None:
    house.waits(hours=10, beating=False)
    house.hears("sos-1", "button", {"action": "help"})
    assert not house.phone(1).inbox
    house.waits(hours=6, beating=False)
    assert "求助" in house.phone(1).last


def test_a_message_whose_alert_has_ended_before_its_turn_is_overtaken(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=9)
    house.at += 60 * 1_000_000
    house.database.write(lambda db: ring(db, house.at))
    while house.engine.step(0) + house.planner.step(0):
        pass
    alert = house.alert("no_activity")
    commands.close(
        house.database, alert.id, outcome="safe_at_home", by="user:li", via="console", seen_version=None, at=house.at
    )
    house.settles()
    assert house.said(MessageOvertaken)[0].why == "closed"
    assert not [text for text in house.phone(1).inbox if "没动静" in text]


def test_a_rule_that_raises_ends_nothing_and_is_shown(house: House, monkeypatch: pytest.MonkeyPatch) -> None:

    def breaks(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(smoke.rule, "watch", breaks)
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    assert house.said(RuleFailed)[0].rule == "smoke"
    assert house.alert("rule_failed").alert_class == 1
    assert not house.phone(1).inbox, "the operator is alarmed, not the watcher"
    co(house)
    assert "一氧化碳" in house.phone(1).last
    house.operator_closes("rule_failed", "device_fault")
    assert house.said(RuleMended)[0].rules == ["smoke"]


def test_an_operator_who_decides_between_two_steps_of_the_engine_is_not_overwritten(house: House) -> None:
    co(house)
    alert = house.alert("carbon_monoxide")
    house.at += 120 * 1_000_000
    house.database.write(lambda db: ring(db, house.at))
    batch = house.engine.follower.next(timeout=0)
    for recorded in batch:
        house.engine.take(recorded)
    commands.en_route(house.database, alert.id, who="w1", by="user:li", via="console", at=house.at)
    house.engine.commit()
    house.settles()
    told = house.alert("carbon_monoxide")
    assert [r.who for r in told.responders] == ["w1"]
    assert not house.phone(4).inbox, "decided again, knowing that somebody goes"


def test_a_restart_in_the_middle_changes_nothing(house: House) -> None:
    co(house)
    house.restarts()
    house.waits(minutes=2)
    house.restarts()
    assert len(house.phone(4).inbox) == 1
    house.phone(1).replies("11")
    house.restarts()
    house.waits(minutes=8)
    assert house.phone(5).inbox
    assert len(house.alerts()) == 1


def test_every_message_says_what_caused_it(house: House) -> None:
    co(house)
    for recorded in house.log():
        if recorded.stream.startswith(("alert-", "person-")) and type(recorded.event).__name__ in {
            "AlertRaised", "StepTaken", "TellRequested", "MessagePlanned", "PersonTold",
        }:  # fmt: skip
            assert 0 < recorded.meta["cause"] <= recorded.meta["read_to"] < recorded.position
