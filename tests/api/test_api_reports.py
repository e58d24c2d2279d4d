"""Reports: each figure opens exactly what it counts, a closed month never changes unseen, and Excel runs nothing of ours."""

import html
import re
from io import BytesIO

import pytest
from desk import CLASS_1, MODELS, Desk
from openpyxl import Workbook, load_workbook
from test_api_desk_life import FORM
from test_api_rights import TWO_VILLAGES, come_in

from alerts.commands import alerts as commands
from alerts.commands.months import MonthRefused, close_month, close_what_is_due
from alerts.drills import EVERYBODY, TOWN
from alerts.registry import importing
from alerts.steward import CHAINS, Steward
from api.console.workbook import put
from events.store import read_stream
from events.types import alert as facts
from events.types.fact import DAY, MINUTE
from events.types.message import PersonTold
from events.types.report import MonthClosed
from events.types.system import DeadlinePassed, HomeUnseen

MONTH = "2026-11"


def lives_through(desk: Desk, id, *, told=None, arrived=None, outcome=None, quiet=False, **more):
    """An alert and what became of it, each after so many minutes."""
    raised_at = desk.now
    (desk.raises_quiet if quiet else desk.raises_co)(id=id, **more)
    if told is not None:
        sent = PersonTold(
            alert=id, round=1, step=1, person="p-w01", channel="twilio_sms", state="sent", message=f"m-{id}"
        )
        desk.happens(f"alert-{id}", "dp03", sent, at=raised_at + told * MINUTE)
    if arrived is not None:
        there = facts.ResponderArrived(alert=id, who="p-w01", by="p-w01", via="sms")
        desk.happens(f"alert-{id}", "dp03", there, at=raised_at + arrived * MINUTE)
    if outcome is not None:
        ended = facts.AlertClosed(alert=id, outcome=outcome, by="user:duty", via="console")
        desk.happens(f"alert-{id}", "dp03", ended, at=raised_at + 60 * MINUTE)


def a_month(desk):
    """Eight alerts: one of them practice, one still open, one a false alarm."""
    for number, arrived in enumerate((8, 20, 12)):
        lives_through(desk, f"co-{number}", told=1, arrived=arrived, outcome="rescued")
        desk.now += DAY
    lives_through(desk, "co-3", told=2, outcome="device_false_alarm")
    lives_through(desk, "q-1", quiet=True, told=10, arrived=40, outcome="safe_at_home")
    lives_through(desk, "q-2", quiet=True, told=11, home="dp03-12")
    lives_through(desk, "co-4", home="dp03-15", told=1, arrived=2, outcome="drill")
    since = desk.now
    blind = HomeUnseen(
        home="dp03-12", site="dp03", since=since, until=since + 90 * MINUTE, blind=[[since, since + 90 * MINUTE]]
    )
    desk.told("home-dp03-12", "dp03", blind, "unseen-1")


def december(desk):
    desk.now += 30 * DAY


def figures(page):
    """(words, how many it says are behind it, address) of every figure on the page."""
    found = re.findall(r'<a class="[^"]*" data-count="(\d+)" href="([^"]+)">([^<]*)</a>', page)
    return [(words, int(count), html.unescape(address)) for count, address, words in found]


def cells(page, line):
    """The words of a line of the report."""
    (row,) = [each for each in re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.DOTALL) if f">{line}<" in each]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip()


@pytest.mark.parametrize("area", ["town", "grid:dp-g1", "watcher:p-w02"])
def test_every_figure_opens_exactly_what_it_counts(desk, desked, area):
    a_month(desk)
    walked = 0
    for words, count, address in figures(desked.get(f"/reports?month={MONTH}&area={area}").text):
        page = desked.get(address).text
        assert page.count("<tr data-row") == count, address
        assert f'id="count">{count}<' in page
        if words.isdigit():
            assert int(words) == count
        walked += 1
    assert walked > 15


def test_the_figures_are_those_one_would_count_by_hand(desk, desked):
    a_month(desk)
    page = desked.get(f"/reports?month={MONTH}").text
    first = cells(page, "一类 生命安全")
    assert first.startswith("一类 生命安全 4 4 100.0% 0 1 25.0%")
    assert "12 分钟 p90 20 分钟 3 起" in first, "half arrived within twelve minutes, nine of ten within twenty"
    second = cells(page, "二类 人员")
    assert second.startswith("二类 人员 2 1 50.0% 1 0 0.0%"), "who was safe was rightly looked for: no false alarm"
    assert cells(page, "合计").startswith("合计 6 5 83.3% 1 1 20.0%")
    assert cells(page, "测试（不计入合计）").startswith("测试（不计入合计） 1 1 100.0%")
    assert "1.5</a> 小时，1 户" in re.sub(r"\s+", " ", page)


def test_the_figure_of_a_span_is_one_that_happened_and_the_page_says_which(desk, desked):
    a_month(desk)
    page = desked.get(f"/reports/behind?month={MONTH}&line=1&figure=arrived&mark=0.9").text
    (marked,) = re.findall(r'<tr data-row class="marked">.*?</tr>', page, re.DOTALL)
    assert "co-1" in marked and "20 分钟" in marked


def test_a_watcher_is_judged_by_alerts_of_whose_own_chain_they_were(desk, desked):
    a_month(desk)
    behind = desked.get(f"/reports/behind?month={MONTH}&area=watcher:p-w01&line=2&figure=raised").text
    assert "q-1" in behind and "q-2" in behind, "the chain in force when it was raised names both"
    assert desked.get("/reports?area=watcher:p-g01").status_code == 404


def test_a_closed_month_stands_and_what_comes_later_is_a_revision_that_names_its_alert(desk, desked):
    a_month(desk)
    december(desk)
    assert "还没有结账" in desked.get(f"/reports?month={MONTH}").text
    assert desked.post("/reports/close", data={"month": MONTH}, headers=FORM).status_code == 303
    page = desked.get(f"/reports?month={MONTH}").text
    assert "由 duty 结账" in page and "结账以后没有变化" in page and "→" not in page
    before = figures(page)
    commands.correct_outcome(
        desk.database, "co-3", outcome="rescued", reason="其实有人昏倒", by="user:duty", at=desk.now
    )
    commands.close(
        desk.database, "q-2", outcome="hospital", by="user:duty", via="console", seen_version=None, at=desk.now
    )
    desk.services.folded()
    page = desked.get(f"/reports?month={MONTH}").text
    assert set(before) <= set(figures(page)), "what was closed stands"
    assert cells(page, "一类 生命安全").startswith("一类 生命安全 4 4 100.0% 0 1 → 0 25.0% → 0.0%")
    assert cells(page, "二类 人员").startswith("二类 人员 2 1 → 2 50.0% → 100.0% 1 → 0")
    changed = page.partition('id="changes"')[2]
    assert "/alerts/co-3" in changed and "误报-设备 → 已救助" in changed and "/alerts/q-2" in changed
    assert "/alerts/co-1" not in changed
    for words, count, address in figures(page):
        behind = desked.get(address).text
        assert behind.count("<tr data-row") == count, (words, address)


def test_an_alert_and_a_darkness_that_come_to_be_known_late_are_revisions_too(desk, desked):
    a_month(desk)
    november = desk.now
    december(desk)
    close_month(desk.database, MONTH, by="user:duty", at=desk.now)
    desk.happens("alert-late", "dp03", facts.AlertRaised(
        alert="late", home="dp03-15", site="dp03", danger="sos", reason={}, terms=CLASS_1
    ), at=november)  # fmt: skip
    blind = HomeUnseen(
        home="dp03-15", site="dp03", since=november, until=november + DAY, blind=[[november, november + DAY]]
    )
    desk.told("home-dp03-15", "dp03", blind, "unseen-2", at=november)
    page = desked.get(f"/reports?month={MONTH}").text
    assert cells(page, "一类 生命安全").startswith("一类 生命安全 4 → 5 4 100.0% → 80.0% 0 → 1")
    changed = page.partition('id="changes"')[2]
    assert "/alerts/late" in changed and "0.0 → 24.0" in changed


def test_a_month_is_closed_once_and_only_when_it_is_over(desk, desked):
    assert desked.post("/reports/close", data={"month": MONTH}, headers=FORM).status_code == 409
    with pytest.raises(MonthRefused, match="before_us"):
        close_month(desk.database, "2026-10", by="user:duty", at=desk.now)
    december(desk)
    assert desked.post("/reports/close", data={"month": MONTH}, headers=FORM).status_code == 303
    again = desked.post("/reports/close", data={"month": MONTH}, headers={**FORM, "accept": "text/html"})
    assert again.status_code == 409 and "已经结过账" in again.text


def test_a_month_that_nobody_closes_is_closed_by_itself_a_week_later(desk):
    a_month(desk)
    desk.now = 1_796_054_400_000_000 + 6 * DAY  # 2026-12-07 00:00 in the town
    assert close_what_is_due(desk.database, desk.now) == ""
    desk.now += 2 * DAY
    night = DeadlinePassed(owner=TOWN, site=EVERYBODY, timer=CHAINS, due=desk.now)
    desk.told(f"timer-{TOWN}", EVERYBODY, night, "night-1")
    steward = Steward(desk.database, lambda: desk.now)
    while not steward.settled:
        steward.step()
    steward.follower.close()
    assert close_what_is_due(desk.database, desk.now + DAY) == "", "once is enough"
    with desk.database.read() as db:
        (said,) = [one.event for one in read_stream(db, f"report-{MONTH}-dp03")]
    assert isinstance(said, MonthClosed) and said.by == "system" and len(said.alerts) == 7
    assert said.blind_s == {"dp03-12": 5400}


def test_a_village_head_counts_only_what_is_theirs_also_in_a_closed_month(desk, client):
    desk.now += 1_000_000
    importing.apply(desk.database, importing.check(TWO_VILLAGES, MODELS), desk.now)
    desk.raises_co()
    elsewhere = facts.AlertRaised(alert="sos-2", home="sh01-3", site="sh01", danger="sos", reason={}, terms=CLASS_1)
    desk.happens("alert-sos-2", "sh01", elsewhere)
    december(desk)
    close_month(desk.database, MONTH, by="user:duty", at=desk.now)
    come_in(desk, client, "operator")
    assert cells(client.get(f"/reports?month={MONTH}").text, "合计").startswith("合计 2 0")
    come_in(desk, client, "village", ("dp",))
    page = client.get(f"/reports?month={MONTH}").text
    assert cells(page, "合计").startswith("合计 1 0")
    assert "结账以后没有变化" in page
    assert "sos-2" not in client.get(f"/reports/behind?month={MONTH}&figure=raised").text
    assert cells(client.get(f"/reports?month={MONTH}&area=village:sh").text, "合计").startswith("合计 0 0")
    assert client.post("/reports/close", data={"month": MONTH}, headers=FORM).status_code == 403


def test_the_workbook_says_the_same_as_the_page(desk, desked):
    a_month(desk)
    answer = desked.get(f"/reports/workbook?month={MONTH}")
    book = load_workbook(BytesIO(answer.content))
    assert book.sheetnames == ["汇总", "警情", "看不到的时间"]
    rows = {row[0]: row[1:] for row in book["汇总"].iter_rows(values_only=True)}
    assert rows["一类 生命安全"][:4] == (4, 4, 0, 1)
    assert book["警情"].max_row == 1 + 7
    assert "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_what_looks_like_a_formula_stays_text(text):
    book = Workbook()
    put(book.active["A1"], text)
    put(book.active["A2"], "王秋禾\x00")
    put(book.active["A3"], 3)
    kept = BytesIO()
    book.save(kept)
    sheet = load_workbook(BytesIO(kept.getvalue())).active
    assert sheet["A1"].data_type == "s" and sheet["A1"].quotePrefix
    assert sheet["A1"].value.strip() == text.strip()
    assert sheet["A2"].value == "王秋禾" and not sheet["A2"].quotePrefix
    assert sheet["A3"].value == 3
