"""Devices are hung up, tried where they hang, heard by a witness and signed for; an alarm stays an alarm meanwhile."""

import importlib.util
import re
from pathlib import Path

import pytest
from desk import NOW
from sqlalchemy import insert
from test_api_rights import come_in, two  # noqa: F401  # a second village

from alerts.projections import alerts
from alerts.registry import devices as registry
from api.console.words import ZH
from events.store import read
from events.tables import quarantine
from events.types.alert import AlertClosed
from events.types.device import (
    CarbonMonoxideReported,
    ContactReported,
    HeartbeatReceived,
    OccupancyReported,
    SmokeReported,
)
from events.types.fact import DAY, MINUTE, SECOND
from events.types.home import DeviceAssigned
from events.types.trial import DeviceTrialBegun, DeviceTrialFailed, DeviceTrialSigned

HALL, CO = "/devices/dp03/hall-1", "/devices/dp03/co-7f2a"
NOTICE = {"hx-request": "true"}


@pytest.fixture
def operator(desk, client):
    come_in(desk, client, "operator")
    return client


def _said(desk, kind):
    with desk.database.read() as db:
        return [r.event for r in read(db, 0, limit=10_000) if isinstance(r.event, kind)]


def test_walking_past_it_is_seen_and_signed_for(desk, operator):
    assert operator.post(f"{HALL}/trial", data={"trial": "installation"}).status_code == 303
    page = operator.get(f"{HALL}/live").text
    assert "从它前面走过" in page and "正在等它的信号" in page and "every 1s" in page
    refused = operator.post(f"{HALL}/trial/sign", headers=NOTICE)
    assert (refused.status_code, "还没有收到它的反应" in refused.text) == (409, True)
    desk.now += 20 * SECOND
    desk.reports(HeartbeatReceived(device="dp03/hall-1", battery_pct=80), "h1")
    assert "22:30:20 收到了" not in operator.get(f"{HALL}/live").text, "a heartbeat shows nothing"
    desk.now += 10 * SECOND
    desk.reports(OccupancyReported(device="dp03/hall-1", occupied=True), "o1")
    assert "22:30:30 收到了" in operator.get(f"{HALL}/live").text
    assert operator.post(f"{HALL}/trial/sign").status_code == 303
    (signed,) = _said(desk, DeviceTrialSigned)
    assert (signed.by, signed.begun, signed.shown_at, signed.shown) == (
        "user:some-operator-0", NOW, NOW + 30 * SECOND, "OccupancyReported",
    )  # fmt: skip
    assert "有反应" in operator.get(HALL).text
    assert "some-operator-0" in operator.get("/devices").text
    again = operator.post(f"{HALL}/trial/sign", headers=NOTICE)
    assert "已经有结果了" in again.text


def test_what_the_broker_remembers_or_the_device_had_kept_shows_nothing(desk, operator):
    operator.post(f"{HALL}/trial", data={"trial": "installation"})
    desk.reports(OccupancyReported(device="dp03/hall-1", occupied=True, retained=True), "o1")
    desk.reports(OccupancyReported(device="dp03/hall-1", occupied=True, backfilled=True), "o2")
    assert operator.post(f"{HALL}/trial/sign").status_code == 409
    assert _said(desk, DeviceTrialSigned) == []


def test_what_comes_after_its_time_shows_nothing_and_no_response_is_a_result_too(desk, operator):
    operator.post(f"{HALL}/trial", data={"trial": "installation"})
    desk.now += 16 * MINUTE
    desk.reports(OccupancyReported(device="dp03/hall-1", occupied=True), "o1")
    page = operator.get(HALL).text
    assert "也没有等到反应" in page and "every 1s" not in page
    assert operator.post(f"{HALL}/trial/sign").status_code == 409
    assert operator.post(f"{HALL}/trial/failed", data={"note": "背对着门"}).status_code == 303
    (failed,) = _said(desk, DeviceTrialFailed)
    assert failed.begun == NOW and "背对着门" in operator.get(HALL).text


def test_a_door_must_open_and_close(desk, operator):
    door = DeviceAssigned(device="dp03/door-1", home="dp03-12", since=NOW - DAY, model="door-contact", kind="contact", room="堂屋")  # fmt: skip
    desk.happens("device-dp03/door-1", "dp03", door)
    operator.post("/devices", data={"home": "dp03-12", "name": "door-2", "model": "door-contact", "room": "厨房"})
    operator.post("/devices/dp03/door-2/trial", data={"trial": "installation"})
    desk.reports(ContactReported(device="dp03/door-2", open=False), "d1")
    assert operator.post("/devices/dp03/door-2/trial/sign").status_code == 409
    desk.reports(ContactReported(device="dp03/door-2", open=True), "d2")
    assert operator.post("/devices/dp03/door-2/trial/sign").status_code == 303


def test_a_detector_is_signed_for_by_a_witness_who_heard_it(desk, operator):
    assert "见证测试" not in operator.get(HALL).text
    assert operator.post(f"{HALL}/trial", data={"trial": "witnessed"}).status_code == 409
    assert operator.post(f"{CO}/trial", data={"trial": "witnessed"}).status_code == 303
    desk.reports(CarbonMonoxideReported(device="dp03/co-7f2a", alarm=True, test=True, ppm=3.0), "c1")
    page = operator.get(f"{CO}/live").text
    assert "收到了" in page and "谁在场听到了" in page
    assert "要有人亲耳听到" in operator.post(f"{CO}/trial/sign", data={"witness": "p-w01"}, headers=NOTICE).text
    assert "请选谁在场" in operator.post(f"{CO}/trial/sign", data={"sounded": "true"}, headers=NOTICE).text
    assert operator.post(f"{CO}/trial/sign", data={"witness": "p-w01", "sounded": "true"}).status_code == 303
    (signed,) = _said(desk, DeviceTrialSigned)
    assert (signed.trial, signed.witness, signed.alert) == ("witnessed", "p-w01", "")
    assert "王秋禾 在场" in operator.get(CO).text


def test_an_alarm_during_a_test_stays_open_and_is_only_said_to_be_tested(desk, operator):
    operator.post(f"{CO}/trial", data={"trial": "witnessed"})
    desk.now += MINUTE
    desk.reports(CarbonMonoxideReported(device="dp03/co-7f2a", alarm=True, ppm=210.0), "c1")
    id = desk.raises_co()
    for address in (f"/alerts/{id}", "/"):
        page = operator.get(address).text
        assert "起在当面测试这个设备" in page and "当真的处理" in page, address
    assert "已照常处理并通知" in operator.get(CO).text
    assert operator.post(f"{CO}/trial/sign", data={"witness": "me", "sounded": "true"}).status_code == 303
    (signed,) = _said(desk, DeviceTrialSigned)
    assert signed.alert == id and signed.witness == "user:some-operator-0"
    assert _said(desk, AlertClosed) == [], "signing for a device closes no alert"
    with desk.database.read() as db:
        assert alerts.one(db, id).status == "raised"


def test_an_alarm_before_or_after_the_time_of_a_test_is_marked_by_nothing(desk, operator):
    first = desk.raises_co(id="carbon_monoxide-1", home="dp03-15")
    desk.now += MINUTE
    operator.post(f"{CO}/trial", data={"trial": "witnessed"})
    desk.now += 11 * MINUTE
    later = desk.raises_co()
    assert all("起在当面测试" not in operator.get(f"/alerts/{id}").text for id in (first, later))
    assert "起在当面测试" not in operator.get("/").text


def test_a_device_that_knocks_is_hung_up_by_hand_and_heard_from_then_on(desk, operator):
    row = {
        "received_at": desk.now, "topic": "shouwang/v1/dp03/smoke-9/event", "payload": b"{}", "size": 2, "retained": 0,
        "reason": "unknown_device", "detail": "", "site": "dp03", "device": "dp03/smoke-9", "state": "waiting",
    }  # fmt: skip
    desk.database.write(lambda db: db.execute(insert(quarantine).values(**row)) and None)
    page = operator.get("/devices").text
    assert "还没装到哪一户" in page and "/devices/new?site=dp03&amp;name=smoke-9" in page
    assert "设备还没有装到哪一户" in operator.get("/quarantine").text
    assert "/devices/new?site=dp03&amp;name=smoke-9" in operator.get("/quarantine/1").text
    assert 'value="smoke-9"' in operator.get("/devices/new?site=dp03&name=smoke-9").text
    given = {"home": "dp03-12", "name": "smoke-9", "model": "smoke-alarm", "room": "灶屋"}
    answer = operator.post("/devices", data=given)
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices/dp03/smoke-9")
    assigned = _said(desk, DeviceAssigned)[-1]
    assert (assigned.home, assigned.kind, assigned.since, assigned.interval_s) == ("dp03-12", "smoke", desk.now, 600)
    with desk.database.read() as db:
        assert registry.device(db, "dp03/smoke-9").room == "灶屋"
    operator.post("/devices/dp03/smoke-9/trial", data={"trial": "installation"})
    desk.reports(SmokeReported(device="dp03/smoke-9", alarm=True, test=True), "s1")
    assert operator.post("/devices/dp03/smoke-9/trial/sign").status_code == 303
    assert "已经装在一户了" in operator.post("/devices", data=given, headers=NOTICE).text
    for wrong in ({"name": "Smoke 9"}, {"model": "toaster"}, {"role": "roof"}):
        assert operator.post("/devices", data={**given, "name": "smoke-8", **wrong}).status_code == 409
    assert operator.post("/devices", data={**given, "home": "nowhere"}).status_code == 404


def test_what_needs_a_hand_comes_first(desk, operator):
    desk.reports(OccupancyReported(device="dp03/hall-2", occupied=True), "o1")
    page = operator.get("/devices/live").text
    assert page.index("dp03/hall-1") < page.index("dp03/hall-2"), "silent before unproven"
    assert operator.get("/devices/dp03/nothing").status_code == 404


def test_who_sees_a_part_finds_its_devices_without_buttons(desk, client):
    desk.happens("device-dp03/hall-1", "dp03", DeviceTrialBegun(device="dp03/hall-1", home="dp03-12", trial="installation", by="user:x", until=NOW + MINUTE))  # fmt: skip
    come_in(desk, client, "watcher", ("p-w01",))
    page = client.get(HALL).text
    assert "正在等它的信号" in page and "<form" not in page[page.index("<main") :]
    assert client.get("/devices/dp03/hall-2").status_code == 404
    assert client.post(f"{HALL}/trial", data={"trial": "installation"}).status_code == 403
    assert client.get("/devices/new").status_code == 403


def test_a_village_head_tries_the_devices_of_their_village_and_no_others(two, client):  # noqa: F811
    come_in(two, client, "village", ("dp",))
    assert client.post(f"{HALL}/trial", data={"trial": "installation"}).status_code == 303
    two.now += SECOND
    two.reports(OccupancyReported(device="dp03/hall-1", occupied=True), "walked")
    assert "do-sign" in client.get(HALL).text
    assert client.post(f"{HALL}/trial/sign").status_code == 303
    (signed,) = _said(two, DeviceTrialSigned)
    assert (signed.by, signed.home) == ("user:some-village-1", "dp03-12")
    for path in ("trial", "trial/sign", "trial/failed"):
        assert client.post(f"/devices/sh01/hall-9/{path}", data={"trial": "installation"}).status_code == 404
    assert len(_said(two, DeviceTrialBegun)) == 1
    assert "<form" not in client.get("/homes/dp03-12").text.partition("<main")[2], "whether it is watched is the desk's"


def test_of_very_many_devices_those_that_need_a_hand_come_first_and_the_rest_page_by_page(desk, operator, monkeypatch):
    monkeypatch.setattr("api.console.equipment._LISTED", 2)
    desk.reports(OccupancyReported(device="dp03/hall-2", occupied=True), "o1")
    page = operator.get("/devices").text
    assert "1–2 / 4" in page and "dp03/hall-2" not in page
    after = operator.get("/devices/live?behind=2").text
    assert "3–4 / 4" in after and "dp03/hall-2" in after


def test_every_reason_for_which_a_message_is_kept_aside_has_its_words():
    ingest = Path(importlib.util.find_spec("ingest").origin).parent
    known = {reason for path in ingest.rglob("*.py") for reason in re.findall(r'Refused\("(\w+)"', path.read_text())}
    known |= {"unknown_device", "paused", "retired", "conflict"}
    assert len(known) > 15
    assert {f"quarantine.why.{reason}" for reason in known} <= ZH.keys()
