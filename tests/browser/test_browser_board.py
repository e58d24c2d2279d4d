"""The duty board as an operator lives with it: live, by keyboard, with sound, never looking fresh when it is stale."""

import re

import pytest
from playwright.sync_api import expect

from events.types import alert as facts

pytestmark = pytest.mark.browser


def test_an_alert_appears_without_a_reload(desk, window):
    expect(window.page.get_by_text("现在没有未了结的警情")).to_be_visible()
    window.page.evaluate("window.stayed = true")
    desk.raises_co()
    expect(window.page.locator("#alert-carbon_monoxide-7")).to_contain_text("东坪三组 12号家", timeout=3000)
    assert window.page.evaluate("window.stayed") is True
    expect(window.page).to_have_title(re.compile(r"\(1\)"))


def test_it_is_acknowledged_by_keyboard_alone(desk, window):
    desk.raises_quiet()
    desk.raises_co()
    card = window.page.locator("#alert-carbon_monoxide-7")
    expect(card.get_by_text("没人看到")).to_be_visible()
    window.page.keyboard.press("j")
    expect(window.page.locator("#open-carbon_monoxide-7")).to_be_focused()
    window.page.keyboard.press("a")
    expect(card).to_contain_text("duty")
    expect(card.get_by_text("没人看到")).to_have_count(0)
    expect(window.page.locator("#alert-no_activity-9").get_by_text("没人看到")).to_be_visible()
    window.page.keyboard.press("k")
    window.page.keyboard.press("Enter")
    expect(window.page).to_have_url(re.compile("/alerts/carbon_monoxide-7$"))


def test_a_click_in_the_moment_a_card_appears_keeps_the_operator_on_the_board(desk, window):
    window.page.evaluate(
        """() => new MutationObserver((_, watching) => {
            const button = document.querySelector("button[data-key=a]");
            if (button) { watching.disconnect(); button.click(); }
        }).observe(document.body, { childList: true, subtree: true })"""
    )
    desk.raises_co()
    expect(window.page.locator("#alert-carbon_monoxide-7")).to_contain_text("duty")
    expect(window.page).to_have_url(re.compile("/$"))


def test_class_1_sounds_once_the_shift_has_begun_until_somebody_has_seen_it(desk, window):
    beeps = "Number(document.body.dataset.beeps || 0)"
    desk.raises_co()
    expect(window.page.locator("#alert-carbon_monoxide-7")).to_be_visible()
    assert window.page.evaluate(beeps) == 0
    window.page.click("#shift")
    expect(window.page.locator("#shift-off")).to_be_hidden()
    expect(window.page.locator("body")).to_have_attribute("data-beeps", re.compile("[3-9]"), timeout=15_000)
    window.page.click("#ack-carbon_monoxide-7")
    expect(window.page.locator("#alert-carbon_monoxide-7")).to_contain_text("duty")
    window.page.wait_for_timeout(1000)  # the pulse that says so has come
    before = window.page.evaluate(beeps)
    window.page.wait_for_timeout(2500)  # longer than the two seconds between beeps
    assert window.page.evaluate(beeps) == before


def test_the_countdown_runs_by_the_clock_of_the_server(desk, window):
    desk.raises_co()
    count = window.page.locator("#alert-carbon_monoxide-7 .count").first
    expect(count).to_have_text(re.compile(r"还有 (2:00|1:5\d)"))
    desk.now += 121_000_000
    desk.happens("alert-carbon_monoxide-7", "dp03", facts.ConditionCleared(alert="carbon_monoxide-7"))
    window.page.reload()
    expect(window.page.locator("#alert-carbon_monoxide-7 .count.over").first).to_contain_text("已过")


def test_a_lost_connection_turns_the_board_red_and_a_found_one_catches_up(desk, server, sit_down):
    window = sit_down()
    expect(window.page.locator("#stale")).to_be_hidden()
    window.page.clock.install()
    server.stop()
    window.page.clock.fast_forward(17_000)
    expect(window.page.locator("#stale")).to_be_visible()
    expect(window.page.locator("#lamp")).to_have_text("已断开")


def test_nothing_is_asked_outside_this_machine_and_the_browser_complains_of_nothing(desk, window):
    desk.raises_co()
    for path in ("/alerts/carbon_monoxide-7", "/homes", "/homes/dp03-12", "/devices", "/quarantine", "/"):
        window.opens(path)
    assert window.asked
    assert [url for url in window.asked if not url.startswith((window.served, "data:"))] == []


def test_html_in_a_name_is_shown_as_it_is_written(window):
    window.opens("/devices")
    expect(window.page.get_by_text("<b>厨房</b>").first).to_be_visible()
    assert window.page.locator("main b", has_text="厨房").count() == 0


def test_on_a_phone_nothing_lies_beside_the_screen(desk, window):
    desk.raises_co()
    desk.raises_quiet()
    window.page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", "/alerts/carbon_monoxide-7", "/homes", "/homes/dp03-12", "/devices", "/quarantine"):
        window.opens(path)
        assert window.page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_the_language_is_changed_and_stays(window):
    window.page.get_by_role("button", name="English").click()
    expect(window.page.get_by_role("heading", name="Open alerts")).to_be_visible()
    window.opens("/homes")
    expect(window.page.locator("html")).to_have_attribute("lang", "en")
