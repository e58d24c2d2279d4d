"""Alerts, their messages and their timeline, as people look at them; dropped and folded again they are the same."""

import threading

import pytest
from sqlalchemy import event, select

from alerts.projections import alerts, happenings, messages, projector, timeline
from alerts.projections.alert_fold import alerts as alerts_table
from alerts.projections.projector import PROJECTIONS, Projector, rebuild
from events.store import New, append, head
from events.types import alert as facts
from events.types import message
from events.types.alert import Step, Terms
from events.types.device import HeartbeatReceived, OccupancyReported
from events.types.fact import MINUTE, SECOND
from events.types.home import DeviceAssigned, HomeEnrolled
from events.types.setting import SettingChanged

CHAIN = {"watcher": ["p-w"], "grid_member": ["p-g"], "village": ["p-v"], "town": ["p-t"]}


def terms(alert_class=1, **more):
    steps = [Step(0, ["watcher", "grid_member"]), Step(120, ["village"]), Step(240, ["town"])]
    return Terms(alert_class=alert_class, chain=CHAIN, steps=steps, **more)


def raised(log, id, alert_class=1, danger="smoke", home="h1", **more):
    log.happens(
        f"alert-{id}",
        facts.AlertRaised(alert=id, home=home, site="dp03", danger=danger, reason={}, terms=terms(alert_class, **more)),
        facts.StepTaken(alert=id, round=1, step=1, persons=["p-w", "p-g"], why="due"),
    )


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


def planned(log, id="m1", alert="a1", person="p-w"):
    log.told(
        f"person-{person}",
        message.MessagePlanned(
            message=id, tell=1, alert=alert, site="dp03", alert_class=1, round=1, step=1, person=person, phone="ph1",
            channel="twilio_sms", template="first_smoke", words={"home": "h1"}, slot=3,
        ),
        site=person,
    )  # fmt: skip


def receipt(log, fact, person="p-w"):
    log.now += SECOND
    log.told(f"person-{person}", fact, site=person)


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


def everything(log):
    with log.database.read() as db:
        return {
            table.name: [tuple(row) for row in db.execute(select(table).order_by(*table.primary_key.columns))]
            for projection in PROJECTIONS
            for table in projection.tables
        }


def a_life(log):
    log.happens("home-h1", HomeEnrolled(home="h1", site="dp03", no_activity_s=43_200))
    log.happens(
        "device-dp03/hall", DeviceAssigned(device="dp03/hall", home="h1", since=log.now, model="m", kind="motion")
    )
    for minute in range(30):
        log.now += MINUTE
        log.reports(
            OccupancyReported(device="dp03/hall", occupied=minute % 2 == 0), HeartbeatReceived(device="dp03/hall")
        )
    raised(log, "a1")
    planned(log)
    receipt(log, message.MessageSent(message="m1", channel="twilio_sms", provider_id="SM1"))
    log.happens("alert-a1", facts.ConditionCleared(alert="a1"))
    log.happens("alert-a1", facts.AlertClosed(alert="a1", outcome="rescued", by="user:x", via="console"))


def test_dropped_and_folded_again_every_row_is_the_same(log):
    a_life(log)
    log.fold()
    before = everything(log)
    assert all(before.values())
    assert rebuild(log.database) == log.projector.position
    assert everything(log) == before


def test_folding_one_by_one_or_all_at_once_is_the_same(log, monkeypatch):
    a_life(log)
    monkeypatch.setattr(projector, "_BATCH", 1)
    log.fold()
    one_by_one = everything(log)
    monkeypatch.setattr(projector, "_BATCH", 1000)
    rebuild(log.database)
    assert everything(log) == one_by_one


def test_a_changed_shape_is_folded_again_at_the_next_start(log, monkeypatch):
    a_life(log)
    log.fold()
    before = everything(log)
    log.database.write(lambda db: db.execute(alerts_table.delete()) and None)
    monkeypatch.setattr(projector, "SHAPE", projector.SHAPE + 1)
    Projector(log.database)
    assert everything(log) == before


def test_a_fold_that_raises_loses_its_own_row_and_nothing_else(log, monkeypatch):
    raised(log, "good-1")
    raised(log, "bad")
    raised(log, "good-2")
    poison = projector.ALERTS.fold

    def fold(db, records):
        if any(record.stream == "alert-bad" for record in records):
            raise ZeroDivisionError("poison")
        poison(db, records)

    changed = tuple(
        projector.Projection(p.name, p.tables, p.reads, fold if p.name == "alerts" else p.fold) for p in PROJECTIONS
    )
    monkeypatch.setattr(projector, "PROJECTIONS", changed)
    assert {alert.id for alert in log.ask(alerts.open_alerts, log.now)} == {"good-1", "good-2"}
    with log.database.read() as db:
        failed = projector.failures(db)
    assert [(name, error) for _, name, error in failed] == [("alerts", "ZeroDivisionError: poison")] * 2


def test_five_hundred_readings_cost_a_handful_of_statements(log):
    log.happens("home-h1", HomeEnrolled(home="h1", site="dp03", no_activity_s=43_200))
    for number in range(100):
        device = f"dp03/d-{number}"
        log.happens(
            f"device-{device}", DeviceAssigned(device=device, home="h1", since=log.now, model="m", kind="motion")
        )
    log.fold()
    news = [
        New(f"device-dp03/d-{n % 100}", "dp03", HeartbeatReceived(device=f"dp03/d-{n % 100}", battery_pct=50), log.now, key=f"h{n}")
        for n in range(500)
    ]  # fmt: skip
    log.database.write(lambda db: append(db, news, recorded_at=log.now) and None)
    statements = []
    engine = log.database._writer_engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    log.projector.step()
    assert len(statements) < 20


def test_whoever_waits_for_a_position_sees_it_folded(log):
    log.projector.start()
    for number in range(20):
        log.happens("settings", SettingChanged(name="attended_s", value=str(number)), site="all")
        raised(log, f"a{number}")
        with log.database.read() as db:
            position = head(db)
        assert log.projector.wait_for(position, 5)
        with log.database.read() as db:
            assert alerts.one(db, f"a{number}") is not None
    assert not log.projector.wait_for(position + 1, 0.05)


def test_those_who_listen_hear_of_facts_only_when_they_can_be_read(log):
    heard, missing = [], []
    done = threading.Event()

    def listener(records, position):
        with log.database.read() as db:
            ids = [record.stream[6:] for record in records if record.stream.startswith("alert-")]
            missing.extend(id for id in ids if alerts.one(db, id) is None)
        heard.append(position)
        done.set()

    stop = log.projector.on_folded(listener)
    log.projector.start()
    raised(log, "a1")
    assert done.wait(5)
    stop()
    assert missing == []
    assert heard[-1] <= log.projector.position


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_what_happened_behind_a_position_comes_in_pages_without_hole_or_double(log, limit):
    a_life(log)
    log.fold()
    found, position = [], 0
    while position < log.projector.position:
        with log.database.read() as db:
            page, position = happenings.behind(
                db, position, log.projector.position, types=happenings.RELEVANT, limit=limit
            )
        found += page
    positions = [happening.position for happening in found]
    assert positions == sorted(set(positions))
    assert "OccupancyReported" not in {happening.type for happening in found}
    assert [happening.type for happening in found].count("AlertClosed") == 1
