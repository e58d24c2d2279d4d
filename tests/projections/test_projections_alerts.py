"""Alerts, their messages and their timeline, as people look at them; dropped and folded again they are the same."""

import pytest
from alert_life import planned, raised, receipt, terms

from alerts.projections import alerts, messages, timeline
from events.types import alert as facts
from events.types import message
from events.types.fact import MINUTE, SECOND

pytestmark = pytest.mark.both


def test_the_next_step_the_answer_and_the_arrival_follow_from_the_log(log):
    raised(log, "a1")
    seen = log.ask(alerts.one, "a1")
    assert (seen.next.what, seen.next.step, seen.next.persons) == ("step", 2, ("p-v",))
    assert seen.answer_by == log.now + 180 * SECOND
    assert seen.arrive_by is None
    log.now += 10 * SECOND
    log.happens("alert-a1", facts.ResponderEnRoute(alert="a1", who="p-w", by="p-w", via="sms"))
    seen = log.ask(alerts.one, "a1")
    assert (seen.handling, seen.next.what, seen.next.persons) == ("en_route", "arrival", ("p-w",))
    assert seen.arrive_by == log.now + 480 * SECOND
    assert seen.answer_by is None
    log.happens("alert-a1", facts.ResponderArrived(alert="a1", who="p-w", by="p-w", via="sms"))
    assert log.ask(alerts.one, "a1").handling == "arrived"


def test_condition_acknowledgement_and_handling_are_independent(log):
    raised(log, "a1")
    log.happens("alert-a1", facts.AlertAcknowledged(alert="a1", by="user:x", via="console"))
    log.happens("alert-a1", facts.ConditionCleared(alert="a1"))
    seen = log.ask(alerts.one, "a1")
    assert (seen.active, seen.acknowledged_by, seen.handling, seen.open) == (False, "user:x", "nobody", True)


def test_the_board_puts_life_safety_nobody_reached_first_then_people_by_time_left_and_equipment_last(log):
    raised(log, "equipment", 4, "device_silent")
    log.now += 40 * MINUTE
    raised(log, "late", 2, "no_activity")
    log.now += 30 * MINUTE
    raised(log, "fresh", 2, "no_activity")
    raised(log, "fire", 1, "smoke")
    log.now += SECOND
    assert [alert.id for alert in log.ask(alerts.open_alerts, log.now)] == ["fire", "late", "fresh", "equipment"]


def test_a_suspected_alert_says_when_it_will_be_told_and_a_cancelled_one_is_over(log):
    suspected = facts.AlertSuspected(
        alert="q1", home="h1", site="dp03", danger="no_activity", reason={}, terms=terms(2, prealarm_s=600)
    )
    log.happens("alert-q1", suspected)
    seen = log.ask(alerts.one, "q1")
    assert (seen.status, seen.next.what, seen.next.at) == ("suspected", "prealarm_ends", log.now + 600 * SECOND)
    log.happens("alert-q1", facts.AlertCancelled(alert="q1", by="elder", why="cancel"))
    assert log.ask(alerts.open_alerts, log.now) == []
    assert [alert.id for alert in log.ask(alerts.closed_since, log.now)] == ["q1"]


def test_the_alerts_version_is_the_one_of_its_stream_notes_do_not_move_it(log):
    raised(log, "a1")
    assert log.ask(alerts.one, "a1").version == 2
    log.told("alert-a1", facts.AlertNoted(alert="a1", note="t1", by="user:x"))
    assert log.ask(alerts.one, "a1").version == 2
    log.happens("alert-a1", facts.AlertAcknowledged(alert="a1", by="user:x", via="console"))
    assert log.ask(alerts.one, "a1").version == 3


def test_receipts_find_the_alert_of_their_message_and_stand_in_its_timeline(log):
    raised(log, "a1")
    planned(log)
    receipt(log, message.MessageSent(message="m1", channel="twilio_sms", provider_id="SM1"))
    receipt(log, message.MessageDelivered(message="m1", provider_id="SM1"))
    receipt(
        log,
        message.ReplyReceived(
            person="p-w", channel="twilio_sms", provider_id="SM2", text="t1", outcome="going", alert="a1"
        ),
    )
    rows = log.ask(timeline.of_alert, "a1")
    assert [row["type"] for row in rows] == [
        "AlertRaised", "StepTaken", "MessagePlanned", "MessageSent", "MessageDelivered", "ReplyReceived",
    ]  # fmt: skip
    assert [row["person"] for row in rows[2:]] == ["p-w"] * 4
    assert [row["position"] for row in rows] == sorted(row["position"] for row in rows)


def test_receipts_in_any_order_and_twice_never_take_a_message_back(log):
    planned(log)
    receipt(log, message.MessageDelivered(message="m1", provider_id="SM1"))
    delivered_at = log.now
    receipt(log, message.MessageSent(message="m1", channel="twilio_sms", provider_id="SM1"))
    receipt(log, message.MessageFailed(message="m1", channel="twilio_sms", code="30008"))
    receipt(log, message.MessageDelivered(message="m1", provider_id="SM1"))
    (seen,) = log.ask(messages.of_alert, "a1")
    assert (seen["state"], seen["delivered_at"], seen["code"]) == ("delivered", delivered_at, "")


def test_a_receipt_for_a_message_nobody_planned_is_no_ones(log):
    receipt(log, message.MessageDelivered(message="ghost", provider_id="SM9"))
    assert log.ask(timeline.of_alert, "") == []
