"""The console: both languages whole, names stay text, banners tell the truth, refusals are sentences."""

import hashlib
import re
import string
from pathlib import Path

import pytest
from desk import TOWN, Desk
from sqlalchemy import insert
from starlette.testclient import TestClient

import api.console
from alerts.projections.timeline import TIMELINE
from api.console.story import HIDDEN
from api.console.words import EN, ZH, say
from api.language import COOKIE
from api.services import Channel
from events.tables import quarantine
from events.types import alert as facts
from events.types import message
from events.types.device import OccupancyReported

HERE = Path(api.console.__file__).parent
ORIGIN = {"origin": "http://testserver"}
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


@pytest.fixture
def pages(desk, client):
    desk.user()
    client.get(desk.link())
    client.headers.update(ORIGIN)
    return client


def busy(desk):
    """Something on every page."""
    id = desk.raises_co()
    quiet = desk.raises_quiet()
    desk.happens(
        f"alert-{quiet}", "dp03", facts.ResponderEnRoute(alert=quiet, who="p-w02", by="user:duty", via="console")
    )
    planned = message.MessagePlanned(
        message="m1", tell=1, alert=id, site="dp03", alert_class=1, round=1, step=1, person="p-w01", phone="x",
        channel="twilio_sms", template="first_carbon_monoxide",
    )  # fmt: skip
    desk.told("person-p-w01", "p-w01", planned, "plan-m1")
    failed = message.MessageFailed(message="m1", channel="twilio_sms", code="30003")
    desk.told("person-p-w01", "p-w01", failed, "failed-m1")
    row = {
        "received_at": desk.now, "topic": "t", "payload": b"{}", "size": 2, "retained": 0,
        "reason": "not_json", "detail": "", "site": "", "device": "", "state": "waiting",
    }  # fmt: skip
    desk.database.write(lambda db: db.execute(insert(quarantine).values(**row)) and None)
    return id, quiet


def addresses(id, quiet):
    return [
        "/", "/board", f"/alerts/{id}", f"/alerts/{id}/live", f"/alerts/{quiet}", "/homes", "/homes/dp03-12",
        "/devices", "/quarantine", "/quarantine/1", "/login",
        "/reports/load", "/reports/load/behind?figure=place&of=dp03-12", "/handover",
    ]  # fmt: skip


def test_every_word_is_there_in_both_languages_with_the_same_blanks():
    assert ZH.keys() == EN.keys()
    for key, text in ZH.items():
        blanks = [{name for _, name, _, _ in string.Formatter().parse(said) if name} for said in (text, EN[key])]
        assert blanks[0] == blanks[1], key
        assert not CHINESE.search(EN[key]) or key == "other_language", key


def test_every_word_a_page_asks_for_is_known():
    asked = set()
    for path in [*HERE.glob("templates/*.html"), *HERE.glob("*.py"), HERE.parent / "problems.py"]:
        asked |= set(re.findall(r"""\bt\(["']([a-z_.]+[a-z_])["']""", path.read_text()))
    assert len(asked) > 80
    assert asked <= ZH.keys()


def test_every_fact_of_an_alert_has_its_sentence():
    told = {kind.__name__ for kind in TIMELINE.reads} - HIDDEN - {"MessagePlanned"}
    assert {f"fact.{name}" for name in told} <= ZH.keys()


def test_in_english_only_names_and_texts_of_people_are_chinese(desk, pages):
    pages.cookies.set(COOKIE, "en")
    for address in addresses(*busy(desk)):
        page = pages.get(address)
        assert page.status_code == 200, address
        shown = re.sub(r"<[^>]+>", " ", page.text.replace("中文", ""))
        for found in CHINESE.findall(shown):
            assert found in TOWN or found == "【示例守望】", f"{address}: {found}"


def test_in_chinese_no_key_is_left_unsaid(desk, pages):
    for address in addresses(*busy(desk)):
        shown = re.sub(r"<[^>]+>", " ", pages.get(address).text)
        for key in ZH:
            if "." in key:
                assert f" {key} " not in shown, f"{address}: {key}"


def test_html_in_a_name_stays_text(desk, pages):
    busy(desk)
    for address in ("/devices", "/homes/dp03-15", "/", "/alerts/no_activity-9"):
        text = pages.get(address).text
        assert "<b>厨房</b>" not in text
    assert "&lt;b&gt;厨房&lt;/b&gt;" in pages.get("/devices").text


def test_html_in_a_note_stays_text(desk, pages):
    id = desk.raises_co()
    pages.post(f"/alerts/{id}/note", data={"text": "<script>alert(1)</script>"})
    text = pages.get(f"/alerts/{id}").text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_board_shows_class_by_shape_and_word_and_three_marks(desk, pages):
    busy(desk)
    text = pages.get("/").text
    assert text.index("carbon_monoxide-7") < text.index("no_activity-9")
    first = text[text.index('id="alert-carbon_monoxide-7"') : text.index("</article>")]
    for said in ("<svg", "一类", "一氧化碳", "还在报警", "没人看到", "没人去", "廖荷花", "目前只发短信，没有电话"):
        assert said in first
    second = text[text.index('id="alert-no_activity-9"') :]
    assert "李山杏" in second and "有人去" in second


def test_where_people_are_called_nobody_is_told_that_they_are_not(desk, pages):
    alert = desk.raises_co()
    told = [Channel("twilio_sms", really_sends=True), Channel("twilio_voice", really_sends=True, medium="voice")]
    assert all("没有电话" in pages.get(path).text for path in ("/", f"/alerts/{alert}"))
    object.__setattr__(desk.services, "channels", told)
    assert all("没有电话" not in pages.get(path).text for path in ("/", f"/alerts/{alert}"))


def test_an_alert_says_why_whom_to_call_and_what_to_do(desk, pages):
    text = pages.get(f"/alerts/{desk.raises_co()}").text
    for said in ("读数 210 ppm", 'href="tel:+8612000000001"', "耳背", "煤炉取暖", "先打电话叫老人开窗出屋"):
        assert said in text


def test_only_allowed_outcomes_are_offered(desk, pages):
    id = desk.raises_co()

    def offered():
        outcomes = pages.get(f"/alerts/{id}").text.partition('<select id="outcome"')[2].partition("</select>")[0]
        return re.findall(r'<option value="([a-z_]+)"', outcomes)

    assert offered() == ["device_false_alarm", "device_fault"]
    desk.clears(id)
    assert "rescued" in offered()


def test_without_a_script_a_form_acts_and_leads_back(desk, pages):
    id = desk.raises_co()
    done = pages.post(f"/alerts/{id}/acknowledge")
    assert (done.status_code, done.headers["location"]) == (303, f"/alerts/{id}")
    assert "duty" in pages.get(f"/alerts/{id}").text


def test_closing_what_has_changed_is_refused_with_a_sentence(desk, pages):
    id = desk.raises_co()
    desk.clears(id)
    pages.post(f"/alerts/{id}/en-route", data={"somebody": "p-w01"})
    refused = pages.post(
        f"/alerts/{id}/close", data={"outcome": "rescued", "seen": "3"}, headers={"hx-request": "true"}
    )
    assert refused.status_code == 409
    assert "情况变了" in refused.text and "有人出发了" in refused.text
    assert refused.text.lstrip().startswith("<p")


def test_a_death_is_confirmed_separately_and_can_be_undone(desk, pages):
    id = desk.raises_co()
    desk.clears(id)
    pages.post(f"/alerts/{id}/close", data={"outcome": "deceased", "seen": "3"})
    assert "请再单独确认一次" in pages.get(f"/alerts/{id}").text
    assert "停止守望" not in pages.get("/homes/dp03-12").text
    pages.post(f"/alerts/{id}/confirm-death")
    assert "停止守望" in pages.get("/homes/dp03-12").text
    assert "undo-death" in pages.get(f"/alerts/{id}").text
    pages.post(f"/alerts/{id}/undo-death")
    assert "停止守望" not in pages.get("/homes/dp03-12").text


def test_an_auditor_sees_no_buttons(desk, client):
    desk.user("eye", "auditor")
    client.get(desk.link("eye"))
    page = client.get(f"/alerts/{desk.raises_co()}").text
    assert "您的角色只能看" in page
    assert "/acknowledge" not in page


def banners(tmp_path, **changed):
    desk = Desk(tmp_path, **changed)
    try:
        desk.user()
        with TestClient(desk.app) as client:
            client.get(desk.link())
            return client.get("/").text + client.get("/homes").text
    finally:
        desk.close()


def test_without_an_sms_channel_every_page_says_in_red_that_nothing_is_sent(tmp_path):
    text = banners(tmp_path, sms_really_sent=False)
    assert text.count("什么都不会真的发出") == 2
    assert "演示" not in text


def test_a_demo_says_so_and_leads_to_the_phones(tmp_path):
    text = banners(tmp_path, demo=True, demo_phones_url="http://127.0.0.1:9/phones")
    assert "短信不出本机" in text
    assert "什么都不会真的发出" not in text
    assert 'href="http://127.0.0.1:9/phones"' in text


@pytest.mark.parametrize(
    ("health", "said"),
    [
        ({"ok": False, "connected": False}, "听不到任何设备"),
        ({"ok": False, "connected": True, "storage_full": True}, "磁盘满了"),
        ({"ok": False, "connected": True}, "没动静暂不判断"),
        ({"ok": False}, "请马上联系管理员"),
    ],
)
def test_a_service_that_is_not_well_says_on_every_page_what_is_wrong(tmp_path, health, said):
    assert banners(tmp_path, health=lambda: health).count(said) == 2


def test_the_board_shows_who_is_nearest_to_the_limit_of_silence(desk, pages):
    hour = 3_600_000_000
    for device, ago in (("dp03/hall-1", 3), ("dp03/hall-2", 9)):
        for number, occupied in enumerate((False, True)):
            report = OccupancyReported(device=device, occupied=occupied)
            desk.reports(report, f"{device}-{number}", at=desk.now - ago * hour + number - 1)
    text = pages.get("/").text
    panel = text[text.index("离没动静上限最近的住户") :]
    assert panel.index("15号家") < panel.index("12号家")
    assert "13:30 有动静，9 小时前" in panel


def test_the_vendored_script_is_the_published_one():
    folder = HERE / "static" / "htmx"
    for line in (folder / "htmx.sha256").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "Zero-Clause BSD" in (folder / "LICENSE").read_text()


def test_no_page_asks_for_anything_outside(desk, pages):
    for address in addresses(*busy(desk)):
        outside = re.findall(r"""(?:src|href|action)=["'](https?:[^"']+)""", pages.get(address).text)
        assert outside == [], address


def test_one_of_a_kind_is_one_in_english_and_a_class_is_no_count():
    assert say("en", "places.homes", count=1) == "1 home"
    assert say("en", "places.homes", count=21) == "21 homes"
    assert say("en", "people.declined", count="1") == "1 time could not go"
    assert say("zh", "places.homes", count=1) == "1 户"


def test_a_page_below_another_shows_where_it_belongs(desked):
    assert '<a href="/reports" aria-current="true">' in desked.get("/reports/load").text
    assert '<a href="/reports" aria-current="page">' in desked.get("/reports").text
