"""The alarm load: each figure opens exactly what it counts, scoped, and the shift that takes over reads it in one line."""

import html
import re

import pytest
from desk import CLASS_1
from test_api_reports import figures, lives_through
from test_api_rights import come_in, two  # noqa: F401  # a second village

from alerts.commands import shift
from alerts.projections import alarm_load
from api.console.words import ZH
from events.types import alert as facts
from events.types.fact import DAY, HOUR, MINUTE


def a_bad_day(desk):
    """One that has stood for days, a test, a suspicion; then twelve in six minutes, and one that fires on and on."""
    lives_through(desk, "old-1", quiet=True)
    desk.now += 2 * DAY
    lives_through(desk, "co-0", told=1, arrived=4, outcome="drill")
    suspected = {"alert": "maybe", "home": "dp03-12", "site": "dp03", "danger": "no_activity", "reason": {}}
    desk.happens("alert-maybe", "dp03", facts.AlertSuspected(**suspected, terms=CLASS_1))
    desk.happens("alert-maybe", "dp03", facts.AlertCancelled(alert="maybe", by="elder", why="cancel"))
    for number in range(12):
        lives_through(desk, f"co-{number + 1}", home="dp03-15" if number % 3 else "dp03-12")
        desk.now += MINUTE // 2
    desk.happens("alert-co-2", "dp03", facts.AlertAcknowledged(alert="co-2", by="user:duty", via="console"))
    for _ in range(2):
        desk.now += 5 * MINUTE
        again = facts.AlertRefired(alert="old-1", reason={}, device="dp03/hall-2", new_round=True)
        desk.happens("alert-old-1", "dp03", again)
    desk.now += MINUTE


def test_every_figure_opens_exactly_what_it_counts(desk, desked):
    a_bad_day(desk)
    walked = 0
    for words, count, address in {each for each in figures(desked.get("/reports/load").text) if each[1]}:
        behind = desked.get(html.unescape(address)).text
        assert behind.count("<tr data-row") == count, address
        assert f'id="count">{count}<' in behind
        assert not words.isdigit() or int(words) == count
        walked += 1
    assert walked > 15


def test_the_figures_are_those_one_would_count_by_hand(desk, desked):
    a_bad_day(desk)
    page = re.sub(r"<[^>]+>|\s+", " ", desked.get("/reports/load?span=day").text)
    page = re.sub(r" +", " ", page)
    assert "警情 12 " in page and "每小时 0.5 " in page, "neither practice nor the suspicion nor the old one"
    assert "最忙的十分钟 12 " in page and "0.7% 145 个十分钟里 1 个" in page
    assert "一天以上还开着的 1 " in page and "反复响的 2 " in page
    assert "还没人确认 11 " in page and "1 起，最久 5 分钟" in page
    assert "东坪三组 15号家 8 66.7%" in page and "卧室 一氧化碳报警器 dp03/co-7f2a 12 100.0%" in page


def test_what_fires_again_chatters_though_it_was_raised_days_before(desk, desked):
    lives_through(desk, "old-1", quiet=True)
    desk.now += 2 * DAY
    for _ in range(3):
        desk.now += 10 * MINUTE
        desk.happens("alert-old-1", "dp03", facts.AlertRefired(alert="old-1", reason={}, device="dp03/hall-2"))
    behind = desked.get(f"/reports/load/behind?figure=chattering&until={desk.now + 1}&since={desk.now - HOUR}").text
    assert "/alerts/old-1" in behind
    early = desked.get(f"/reports/load/behind?figure=chattering&until={desk.now}&since={desk.now - HOUR}").text
    assert "/alerts/old-1" not in early, "twice within the hour is no chatter"


def test_a_village_head_sees_the_load_of_their_own(two, client):  # noqa: F811
    come_in(two, client, "operator")
    assert 'data-count="3"' in client.get("/reports/load").text
    come_in(two, client, "village", ("dp",))
    page = client.get("/reports/load").text
    assert 'data-count="2"' in page and 'data-count="3"' not in page
    assert "no_activity-99" not in client.get("/reports/load/behind?figure=raised").text
    elsewhere = client.get("/reports/load/behind?figure=place&of=sh01-3").text
    assert 'id="count">0<' in elsewhere and "3号家" not in elsewhere


def test_every_figure_has_its_words():
    assert {f"load.behind.{figure}" for figure in alarm_load.FIGURES} <= ZH.keys()
    assert {f"load.top.{what}" for what in alarm_load.TOPS} <= ZH.keys()


@pytest.mark.parametrize(("asked", "status"), [
    ("figure=none", 404), ("since=5&until=5", 422), (f"since=0&until={40 * DAY}", 422), ("figure=class&of=9", 200),
])  # fmt: skip
def test_what_there_is_not_is_refused(desked, asked, status):
    assert desked.get(f"/reports/load/behind?{asked}").status_code == status


def test_whoever_takes_over_reads_what_the_shift_was_like_in_a_line(desk, desked):
    a_bad_day(desk)
    kept = {"note": "", "alerts": [], "not_protected": [], "away": [], "audit": (0, "")}
    shift.hand_over(desk.database, left="user:early", took="user:duty", at=desk.now, **kept)
    desk.now += HOUR
    lives_through(desk, "co-99")
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", desked.get("/handover").text))
    assert "警情 1 起，每小时 1.0 起，最忙的十分钟 1 起，洪峰占 0.0%" in page
    assert "警情 12 起，每小时 1.0 起，最忙的十分钟 12 起，洪峰占" in page and "一类平均 5 分钟 有人确认" in page
