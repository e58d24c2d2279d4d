"""What an operator hears and sees when nobody looks: a hidden tab, a cut line, silence for two minutes at most, the lock."""

import re

import pytest
from desk import PASSWORD
from desk_server import Server
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

HIDDEN = """() => {
    Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
    Object.defineProperty(document, "visibilityState", { get: () => "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
NOTED = """window.noted = [];
window.Notification = class { constructor(title, said) { window.noted.push(said.body); } };
window.Notification.permission = "granted";"""
BEEPS = "Number(document.body.dataset.beeps || 0)"


def beeps_again(page, kind="class1"):
    """Another tone of this kind comes. (The page's policy forbids to wait by an expression.)"""
    before = page.evaluate(BEEPS)
    for _ in range(100):
        page.wait_for_timeout(100)
        if page.evaluate(BEEPS) > before and page.evaluate("document.body.dataset.beeped") == kind:
            return
    raise AssertionError(f"no tone of {kind}")


def is_silent(page):
    """No tone in longer than the two seconds between two calls."""
    before = page.evaluate(BEEPS)
    page.wait_for_timeout(2600)
    return page.evaluate(BEEPS) == before


@pytest.fixture
def on_duty(window):
    window.page.add_init_script(NOTED)
    window.opens("/")
    window.page.click("#shift")
    expect(window.page.locator("#shift")).to_have_attribute("aria-pressed", "true")
    return window


def test_an_alarm_that_comes_while_the_tab_is_hidden_sounds_notifies_and_marks_title_and_icon(desk, on_duty):
    page = on_duty.page
    page.evaluate(HIDDEN)
    desk.raises_co()
    beeps_again(page)
    assert page.evaluate("window.noted") == ["一类 · 一氧化碳"], "no name, no house: it shows on a locked screen too"
    expect(page).to_have_title(re.compile(r"🔴 \(1\)"))
    assert "mark-1.svg" in page.get_attribute("#icon", "href")


def test_it_sounds_on_whatever_page_the_operator_is(desk, on_duty):
    on_duty.page.click("a[href='/homes']")  # a click, as an operator goes: the shift goes on with the next page
    on_duty.live()
    desk.raises_co()
    beeps_again(on_duty.page)


def test_silence_lasts_two_minutes_at_most_and_ends_with_a_new_call(desk, on_duty):
    page = on_duty.page
    desk.raises_co()
    beeps_again(page)
    page.keyboard.press("m")
    expect(page.locator("#mute")).to_contain_text(re.compile("还剩 1[12]\\d 秒"))
    assert is_silent(page)
    desk.raises_co(id="carbon_monoxide-8", home="dp03-15")
    beeps_again(page)
    page.keyboard.press("m")
    assert is_silent(page)
    assert 100_000 < page.evaluate("Number(sessionStorage.getItem('mutedUntil')) - Date.now()") <= 120_000
    page.evaluate("sessionStorage.setItem('mutedUntil', String(Date.now() - 1))")  # the two minutes are over
    beeps_again(page)


def test_a_cut_line_looks_stale_and_tones_and_what_came_meanwhile_is_there_when_it_is_back(desk, server, on_duty):
    page = on_duty.page
    page.clock.install()
    server.stop()
    page.clock.fast_forward(17_000)
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("body")).to_have_class(re.compile("deaf"))
    expect(page.locator("#stale-since")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    beeps_again(page, "deaf")
    desk.raises_co()
    back = Server(desk.app, server.port)
    try:
        for _ in range(10):
            page.clock.fast_forward(3_100)  # the page's own patience; the browser's is real
            page.wait_for_timeout(400)
            if page.locator("#lamp[data-state=on]").count():
                break
        expect(page.locator("#alert-carbon_monoxide-7")).to_be_visible(timeout=10_000)
        expect(page.locator("#stale")).to_be_hidden()
    finally:
        page.close()
        back.stop()
        on_duty.complaints.clear()  # the browser said that the line was cut


def test_a_locked_console_puts_the_contents_away_and_sounds_on(desk, on_duty):
    object.__setattr__(desk.services.limits, "lock_after_s", 900.0)
    page = on_duty.page
    on_duty.opens("/")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="已锁定")).to_be_visible()
    desk.raises_co()
    expect(page.get_by_text("有一类警情")).to_be_visible(timeout=10_000)
    assert "12号家" not in page.content()
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#alert-carbon_monoxide-7")).to_be_visible()
    object.__setattr__(desk.services.limits, "lock_after_s", 0.0)


def test_every_step_of_an_alert_is_within_reach_of_the_keyboard(desk, on_duty):
    page = on_duty.page
    id = desk.raises_co()
    expect(page.locator(f"#alert-{id}")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{id}")
    on_duty.live()
    page.keyboard.press("a")
    expect(page.locator("#do-acknowledge")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.locator("#somebody")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#do-en-route")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".marks").first).to_contain_text("有人去")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator('[data-key="n"]')).to_be_focused()
    page.keyboard.type("已给儿子打电话")
    expect(page.locator('[data-key="n"]')).to_have_value("已给儿子打电话")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".story q").last).to_have_text("已给儿子打电话")
    desk.clears(id)
    expect(page.locator("#outcome option[value=rescued]")).to_have_count(1)
    page.keyboard.press("c")
    expect(page.locator("#outcome")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#outcome")).to_have_value("rescued")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".what").first).to_contain_text("由 duty 了结")
