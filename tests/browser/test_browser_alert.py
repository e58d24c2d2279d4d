"""One alert in the browser: who goes, what somebody wrote, closing, and two operators at once."""

import pytest
from desk import until
from playwright.sync_api import expect

from events.types.alert import AlertAcknowledged

pytestmark = pytest.mark.browser


def test_somebody_goes_arrives_and_it_is_closed_with_an_outcome(desk, window):
    desk.raises_co()
    window.opens("/alerts/carbon_monoxide-7")
    page = window.page
    page.select_option("#somebody", "p-w01")
    page.click("#do-en-route")
    expect(page.locator(".marks").first).to_contain_text("有人去")
    expect(page.locator(".what")).to_contain_text("王秋禾 22:30 出发")
    page.select_option("#somebody", "p-w01")
    page.click("#do-arrived")
    expect(page.locator(".marks").first).to_contain_text("人已到")
    desk.clears("carbon_monoxide-7")
    expect(page.locator("#outcome option[value=rescued]")).to_have_count(1)
    page.select_option("#outcome", "rescued")
    page.fill("#note", "开窗通风，人没事")
    page.click("#do-close")
    expect(page.locator(".what").first).to_contain_text("由 duty 了结：已救助")
    expect(page.locator(".story")).to_contain_text("开窗通风，人没事")
    window.opens("/")
    expect(page.locator("aside")).to_contain_text("已救助")


def test_closing_without_an_outcome_is_not_even_sent(desk, window):
    desk.raises_co()
    window.opens("/alerts/carbon_monoxide-7")
    window.page.click("#do-close")
    assert window.page.locator("#outcome:invalid").count() == 1
    assert not any(url.endswith("/close") for url in window.asked)


def test_what_is_being_typed_outlives_what_happens_meanwhile(desk, window):
    id = desk.raises_co()
    window.opens(f"/alerts/{id}")
    page = window.page
    page.fill("#text", "已给儿子打电话")
    page.select_option("#somebody", "p-v01")
    page.focus("#text")
    desk.clears(id)
    expect(page.locator(".marks").first).to_contain_text("已解除")
    expect(page.locator("#text")).to_have_value("已给儿子打电话")
    expect(page.locator("#somebody")).to_have_value("p-v01")
    expect(page.locator("#text")).to_be_focused()
    page.click("#do-note")
    expect(page.locator(".story q").last).to_have_text("已给儿子打电话")
    expect(page.locator("#text")).to_have_value("")


def test_what_was_recorded_is_cleared_whatever_was_fetched_meanwhile_and_what_was_refused_stays(desk, window):
    id, held = desk.raises_co(), []
    window.opens(f"/alerts/{id}")
    page = window.page

    def holds(route):
        held.append(route)

    page.route("**/note", holds)

    def notes(words):
        page.fill("#text", words)
        page.click("#do-note")
        until(lambda: page.title() and held)

    notes("已给儿子打电话")
    desk.clears(id)
    expect(page.locator(".marks").first).to_contain_text("已解除")
    expect(page.locator("#text")).to_have_value("已给儿子打电话")
    held.pop().continue_()
    expect(page.locator("#text")).to_have_value("")
    notes("儿子在路上")
    page.fill("#text", "儿子在路上，十分钟")
    with page.expect_response("**/note"):
        held.pop().continue_()
    expect(page.locator("#text")).to_have_value("儿子在路上，十分钟")
    notes("儿子在路上，十分钟")
    desk.happens(f"alert-{id}", "dp03", AlertAcknowledged(alert=id, by="other", via="console"))
    expect(page.locator(".marks").first).to_contain_text("other 22:30")
    held.pop().fulfill(status=409, content_type="text/html", body="<p>不行</p>")
    expect(page.locator("#notice")).to_contain_text("不行")
    expect(page.locator("#text")).to_have_value("儿子在路上，十分钟")
    assert [said for said in window.complaints if "409" not in said] == []
    window.complaints.clear()


def test_who_types_where_something_was_folded_open_goes_on_typing_there_whatever_happens_meanwhile(desk, window):
    id = desk.raises_quiet()
    window.opens(f"/alerts/{id}")
    page = window.page
    page.click("#shelving > summary")
    page.fill("#shelf-reason", "装修中")
    page.keyboard.press("ArrowLeft")
    desk.clears(id)
    expect(page.locator(".marks").first).to_contain_text("已解除")
    expect(page.locator("#shelf-reason")).to_be_focused()
    page.keyboard.type("X")
    expect(page.locator("#shelf-reason")).to_have_value("装修X中")


def test_of_two_operators_the_second_hears_who_did_what(desk, sit_down):
    id = desk.raises_co()
    desk.clears(id)
    first, second = sit_down("anna"), sit_down("bo")
    first.opens(f"/alerts/{id}")
    second.opens(f"/alerts/{id}")
    second.page.route("**/live", lambda route: route.abort())  # this window is a moment behind
    second.page.select_option("#outcome", "hospital")
    first.page.select_option("#outcome", "rescued")
    first.page.click("#do-close")
    expect(first.page.locator(".what").first).to_contain_text("了结：已救助")
    second.page.click("#do-close")
    notice = second.page.locator("#notice")
    expect(notice).to_contain_text("已经由 anna 了结")
    expect(notice).to_contain_text("已救助")


def test_a_phone_is_one_tap_away(desk, window):
    window.opens(f"/alerts/{desk.raises_co()}")
    call = window.page.get_by_role("link", name="打电话给 王秋禾")
    assert call.get_attribute("href") == "tel:+8612000000001"
