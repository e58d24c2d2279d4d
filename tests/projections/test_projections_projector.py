"""One reader folds all: dropped and folded again it is the same; a fold that raises loses one row."""

import threading

import pytest
from alert_life import planned, raised, receipt
from sqlalchemy import Engine, event, select

from alerts.projections import alerts, happenings, projector
from alerts.projections.alert_fold import alerts as alerts_table
from alerts.projections.projector import PROJECTIONS, Projector, rebuild
from events.store import New, append, head
from events.types import alert as facts
from events.types import message
from events.types.device import HeartbeatReceived, OccupancyReported
from events.types.fact import MINUTE
from events.types.home import DeviceAssigned, HomeEnrolled, HomeSightChanged
from events.types.setting import SettingChanged
from events.types.system import HomeUnseen
from tests.right_of_way import StandingWay

pytestmark = pytest.mark.both


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
    for cause in ("gateway_cut", "we_were_down"):
        dark = HomeSightChanged(home="h1", site="dp03", state="gateway_cut", since=log.now, dark=True, by="will")
        log.happens("home-h1", dark)
        log.happens(
            "home-h1", HomeUnseen(home="h1", site="dp03", since=1, until=9, blind=[[1, 4], [6, 9]], cause=cause)
        )


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


def test_screens_come_after_an_alarm_that_passes(log, monkeypatch):
    way = StandingWay()
    monkeypatch.setattr(projector, "WAY", way)
    a_life(log)
    way.begins()
    folding = threading.Thread(target=log.fold, daemon=True)
    folding.start()
    folding.join(0.2)
    assert log.projector.position == 0
    way.has_gone()
    folding.join(20)
    with log.database.read() as db:
        assert log.projector.position == head(db)


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
    count = lambda *args: statements.append(args[2])  # noqa: E731
    event.listen(Engine, "before_cursor_execute", count)
    log.projector.step()
    event.remove(Engine, "before_cursor_execute", count)
    assert 0 < len(statements) < 20


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
