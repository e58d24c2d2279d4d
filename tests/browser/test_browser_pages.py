"""Every page of the register: legible to all (axe, WCAG 2.2 AA), on a phone, enlarged, on paper, and silent to the outside."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from busy import address_of, busy
from playwright.sync_api import expect

from api.console.pages import PAGES

pytestmark = pytest.mark.browser

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
LOOKS = [("zh", "light"), ("en", "dark")]
"""Colours do not depend on the language, so each language in one scheme covers both."""


@pytest.fixture
def filled(desk, sit_down):
    busy(desk)
    return sit_down(role="administrator")


def faults(page):
    """What axe has against the page as it stands, a line each."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for fault in found
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_every_page_meets_wcag_22_aa(filled, language, scheme):
    filled.speaks(language)
    filled.page.emulate_media(color_scheme=scheme)
    found = []
    for page in PAGES:
        filled.opens(address_of(page))
        found += [f"{page.name}: {fault}" for fault in faults(filled.page)]
    assert found == [], "\n".join(found)


def test_the_way_in_and_the_help_meet_it_too(desk, filled):
    filled.opens("/")
    filled.page.keyboard.press("?")
    filled.page.wait_for_selector("#help[open]")
    assert faults(filled.page) == []
    filled.context.clear_cookies()
    filled.page.goto(f"{filled.served}/login")
    assert faults(filled.page) == []


def test_on_a_phone_and_enlarged_to_200_percent_nothing_lies_beside_the_screen(filled):
    for width, height in ((360, 740), (683, 384)):  # 1366x768 enlarged to 200 % is half as many CSS pixels
        filled.page.set_viewport_size({"width": width, "height": height})
        for page in PAGES:
            filled.opens(address_of(page))
            assert filled.page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.name} at {width}"


def test_on_an_office_screen_the_first_alert_is_seen_without_scrolling(filled):
    filled.opens("/")
    box = filled.page.locator(".alert").first.bounding_box()
    assert box["y"] + box["height"] <= 768


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_an_office_screen_the_head_is_one_row(filled, language):
    filled.speaks(language)
    filled.opens("/")
    assert filled.page.locator("header.top").bounding_box()["height"] < 60


def test_on_paper_the_contents_stay_and_the_buttons_go(filled):
    filled.page.emulate_media(media="print")
    for page in PAGES:
        filled.opens(address_of(page))
        assert filled.page.locator("main h1").first.is_visible(), page.name
        assert filled.page.locator("nav.menu:visible").count() == 0
    filled.opens("/handover")
    assert filled.page.get_by_text("接班人签字").is_visible()


def test_on_a_phone_the_menu_is_folded_and_opens_by_touch(filled):
    filled.page.set_viewport_size({"width": 360, "height": 740})
    filled.opens("/")
    reports = filled.page.locator("#menu a[href='/reports']")
    expect(reports).not_to_be_visible()
    filled.page.click("#menu > summary")
    reports.click()
    filled.page.wait_for_url("**/reports")


def test_no_page_asks_outside_this_machine_and_the_browser_complains_of_nothing(filled):
    for page in PAGES:
        filled.opens(address_of(page))
    assert [url for url in filled.asked if not url.startswith((filled.served, "data:"))] == []
    assert filled.complaints == []
