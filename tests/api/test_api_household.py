"""The page of a home: a month of days, the learned line, its life and history, and the buttons for those who may."""

import json
import re

import pytest
from desk import NOW
from test_api_rights import come_in

from events.store import New, append, read
from events.types import home as facts
from events.types.device import ClimateReported, OccupancyReported
from events.types.fact import DAY, HOUR, MINUTE
from events.types.life import ConsentRecorded, DrillStarted, HomeProven, VisitRecorded
from events.types.routine import RoutineLearned
from events.types.setting import SettingChanged
from events.types.system import HomeUnseen

HOME = "/homes/dp03-12"


@pytest.fixture
def operator(desk, client):
    come_in(desk, client, "operator")
    return client


def _said(desk, kind):
    with desk.database.read() as db:
        return [r.event for r in read(db, 0, limit=10_000) if isinstance(r.event, kind)]


def moves(desk, at, number):
    """Somebody walks by, so many hours ago."""
    news = [
        New("device-dp03/hall-1", "dp03", OccupancyReported(device="dp03/hall-1", occupied=on), at + n, key=f"m{number}-{n}")
        for n, on in enumerate((True, False))
    ]  # fmt: skip
    desk.database.write(lambda db: append(db, news, recorded_at=at) and None)


def picture(page):
    return page[page.index('id="p-blind"') :]


def test_the_month_shows_each_hour_with_movement_and_hatches_what_nobody_saw(desk, operator):
    for number, ago in enumerate((2 * DAY, 2 * DAY + HOUR, 26 * DAY)):
        moves(desk, NOW - ago, number)
    began = NOW - 5 * DAY
    unseen = HomeUnseen(home="dp03-12", site="dp03", cause="gateway_cut", since=began, until=began + 3 * HOUR, blind=[(began, began + 3 * HOUR)])  # fmt: skip
    desk.happens("home-dp03-12", "dp03", unseen)
    page = operator.get(HOME).text
    # 22:30: each of three hours of three days once; two of them lie on one day
    assert len(re.findall(r'<rect class="moved" x=', page)) == 3
    assert "30 天里有 2 天有动静；看不到的时间合计 3 小时" in page
    hatched = re.findall(r'<rect class="spell"[^>]*fill="url\(#p-blind\)"', page)
    assert len(hatched) >= 2, "22:30 to 01:30 reaches into two days"


def test_away_and_paused_time_has_its_own_pattern_and_its_own_lists(desk, operator):
    desk.happens("home-dp03-12", "dp03", facts.AwaySet(home="dp03-12", by="p-w01", until=NOW + DAY), at=NOW - 3 * DAY)
    desk.happens("home-dp03-12", "dp03", facts.AwayEnded(home="dp03-12", by="p-w01"), at=NOW - 2 * DAY)
    desk.happens("home-dp03-12", "dp03", facts.HomePaused(home="dp03-12", by="user:duty"), at=NOW - 2 * HOUR)
    page = operator.get(HOME).text
    spells = re.findall(r'<rect class="spell"[^>]*fill="url\(#p-(\w+)\)"', page)
    assert "away" in spells and "paused" in spells
    absences = page[page.index('id="absences"') :].partition("</section>")[0]
    assert "11-18 22:30 — 11-19 22:30" in absences and "王秋禾" in absences


def test_the_learned_line_is_drawn_here_and_in_the_last_day_of_an_alert(desk, operator):
    assert "还没有学到作息，全天都按 12 小时" in operator.get(HOME).text
    limits = [600 if slot < 28 else 180 for slot in range(96)]
    learned = RoutineLearned(
        home="dp03-12", site="dp03", since=NOW - 40 * DAY, until=NOW, days=40, limits=limits, usual=[60] * 96,
        buffer_min=90, margin=0.0, budget=1.0,
    )  # fmt: skip
    desk.happens("home-dp03-12", "dp03", learned)
    page = operator.get(HOME).text
    assert 'class="learned"' in page and "40 天里学到的作息" in page
    assert "一天里最短 3 小时、最长 10 小时没动静就告警" in page
    alert = operator.get(f"/alerts/{desk.raises_quiet(home='dp03-12')}").text
    assert '<polyline class="learned"' in alert and "3 小时 到 10 小时" in alert


def test_air_and_warmth_of_the_month_are_drawn_where_they_are_measured(desk, operator):
    page = operator.get(HOME).text
    assert "一氧化碳，最近 30 天" in page and "室内温度" not in page
    assigned = facts.DeviceAssigned(device="dp03/warm-1", home="dp03-12", since=NOW - DAY, model="climate", kind="climate", room="卧室")  # fmt: skip
    desk.happens("device-dp03/warm-1", "dp03", assigned)
    for hours, celsius in ((5, 6.5), (4, 18.0)):
        desk.reports(ClimateReported(device="dp03/warm-1", celsius=celsius), f"c{hours}", at=NOW - hours * HOUR)
    page = operator.get(HOME).text
    assert "最近 30 天室内最低 6.5 °C，最高 18.0 °C" in page


def test_settings_stand_there_with_who_changed_them_when_from_what_to_what(desk, operator):
    assert "没有改过" in operator.get(HOME).text
    for scope, name, value, by in (
        ("dp03-12", "no_activity_s", 28_800, "user:duty"), ("all", "routine.on", 0, "user:chief"), ("dp03-15", "co.siren_s", 30, "user:other"),
    ):  # fmt: skip
        desk.happens("settings", "all", SettingChanged(name=name, value=json.dumps(value), scope=scope, by=by))
    page = operator.get(HOME).text
    table = re.sub(r"<[^>]+>", " ", page[page.index('id="settings"') :].partition("</section>")[0])
    words = re.sub(r"\s+", " ", table)
    assert "没动静最长上限 12 小时 8 小时 duty" in words
    assert "按学到的作息判断 全镇 是 否 chief" in words
    assert "other" not in words


def test_the_life_of_a_home_is_led_from_its_page(desk, operator):
    assert operator.post(f"{HOME}/consent", data={"given": "signed", "text": "柜子里"}).status_code == 303
    assert _said(desk, ConsentRecorded)[-1].given == "signed"
    assert operator.post(f"{HOME}/visits", data={"visitor": "p-w01", "hours_ago": 3, "note": "人好"}).status_code == 303
    (visit,) = _said(desk, VisitRecorded)
    assert (visit.who, visit.visited_at) == ("p-w01", NOW - 3 * HOUR)
    page = operator.get(HOME).text
    assert "王秋禾" in page[page.index('id="visits"') :] and "人好" in page
    assert operator.post(f"{HOME}/drill").status_code == 303
    assert [fact.home for fact in _said(desk, DrillStarted)] == ["dp03-12"]
    assert "结果还没出来" in operator.get(HOME).text
    assert operator.post(f"{HOME}/pause", data={"reason": "住院"}).status_code == 303
    page = operator.get(HOME).text
    assert "住院" in page and "/resume" in page and "/pause" not in page
    assert operator.post(f"{HOME}/resume").status_code == 303
    assert operator.post(f"{HOME}/retire", data={"reason": "搬走"}).status_code == 303
    assert "停止守望" in operator.get(HOME).text


def test_what_is_refused_is_a_sentence_and_pausing_needs_a_reason(desk, operator):
    assert operator.post(f"{HOME}/pause", data={"reason": ""}).status_code == 422
    owed = operator.post(f"{HOME}/prove", headers={"hx-request": "true"})
    assert (owed.status_code, "还有设备没有验证过" in owed.text) == (409, True)
    assert _said(desk, HomeProven) == []
    assert "还要验证" in operator.get(HOME).text and "/prove" not in operator.get(HOME).text
    desk.raises_co()
    refused = operator.post(f"{HOME}/pause", data={"reason": "x"}, headers={"hx-request": "true"})
    assert (refused.status_code, "还有没了结的警情" in refused.text) == (409, True)


def test_who_may_only_look_sees_no_button_and_who_sees_a_part_sees_the_same_line(desk, client):
    desk.happens(
        "settings", "all", SettingChanged(name="no_activity_s", value="28800", scope="dp03-12", by="user:duty")
    )
    come_in(desk, client, "watcher", ("p-w01",))
    page = client.get(HOME).text
    assert "<form" not in page[page.index("<main") :]
    assert "8 小时" in page
    assert client.post(f"{HOME}/pause", data={"reason": "x"}).status_code == 403
    assert client.get("/homes/dp03-15/live").status_code == 404


def test_the_live_parts_of_the_page_follow_without_its_pictures(desk, operator):
    desk.reports(OccupancyReported(device="dp03/hall-1", occupied=True), "o1", at=NOW + MINUTE)
    part = operator.get(f"{HOME}/live").text
    assert "12号家" in part and 'class="moved"' not in part and "<html" not in part
    assert "记一次探访" in operator.get(f"{HOME}/acts").text
