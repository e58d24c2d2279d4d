"""The map of tiles and the page of a home follow what happens, without anybody asking for them again."""

import pytest
from desk import until
from playwright.sync_api import expect

from events.store import read_stream

pytestmark = pytest.mark.browser


def test_a_tile_turns_when_an_alarm_arrives_and_turns_back(desk, window):
    window.opens("/places")
    tile = window.page.locator("a.tile[href='/homes/dp03-12']")
    expect(tile).to_contain_text("没有受保护")
    loads = len([url for url in window.asked if url.endswith("/places")])
    id = desk.raises_co()
    expect(tile).to_contain_text("一类警情")
    expect(tile.locator("svg")).to_be_visible()
    desk.raises_quiet()
    expect(window.page.locator("a.tile[href='/homes/dp03-15']")).to_contain_text("二类警情")
    assert len([url for url in window.asked if url.endswith("/places")]) == loads, "no page was loaded again"
    tile.click()
    expect(window.page.locator("#live")).to_contain_text("一氧化碳")
    window.page.get_by_role("link", name="一氧化碳", exact=True).click()
    window.page.wait_for_url(f"**/alerts/{id}")


def test_what_is_done_on_the_page_of_a_home_is_seen_there_at_once_and_a_refusal_is_a_sentence(desk, window):
    window.opens("/homes/dp03-12")
    page = window.page
    page.get_by_label("看到什么").fill("人好，在烤火")
    page.get_by_role("button", name="记下探访").click()
    expect(page.get_by_label("看到什么")).to_have_value("")
    page.locator("#pausing summary").click()
    page.locator("#pause-reason").fill("住院")
    page.locator("#do-pause").click()
    expect(page.locator("#live .word.paused")).to_be_visible()
    page.get_by_role("button", name="恢复守望").click()
    expect(page.locator("#live .word.paused")).to_have_count(0)
    desk.raises_co()
    expect(page.locator("#live").get_by_text("没人去")).to_be_visible()
    page.locator("#pausing summary").click()
    page.locator("#pause-reason").fill("住院")
    page.locator("#do-pause").click()
    expect(page.locator("#notice")).to_contain_text("还有没了结的警情")
    assert [said for said in window.complaints if "409" not in said] == []
    window.complaints.clear()


def test_what_is_pressed_while_the_page_is_being_fetched_anew_is_done_and_not_dropped(desk, window):
    window.opens("/homes/dp03-12")
    page, held = window.page, []

    def holds_the_first(route):
        route.continue_() if held else held.append(route)

    page.route("**/homes/dp03-12/acts*", holds_the_first)
    with page.expect_request("**/homes/dp03-12/acts*"):
        page.evaluate("htmx.trigger(document.body, 'changed')")
    page.get_by_label("看到什么").fill("人好，在烤火")
    page.get_by_role("button", name="记下探访").click()
    page.evaluate("htmx.trigger(document.body, 'changed')")  # in a storm the next one comes before the first is there
    held[0].continue_()
    until(lambda: page.title() and visits(desk))
    assert len(visits(desk)) == 1


def pressing(window):
    """The page of a home, whose lines about a pause are pressed and not let go."""
    window.opens("/homes/dp03-12")
    page = window.page
    page.locator("#pausing summary").hover()
    page.mouse.down()
    return page


def test_a_press_is_not_lost_to_a_fragment_that_comes_in_the_middle_of_it(desk, window):
    page = pressing(window)
    with page.expect_response("**/homes/dp03-12/acts*"):
        page.evaluate("htmx.trigger(document.body, 'changed')")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    with page.expect_response("**/homes/dp03-12/acts*"):  # what was held back is fetched anew
        page.mouse.up()
    expect(page.locator("#pause-reason")).to_be_visible()


def test_who_keeps_pressing_holds_up_no_fragment_for_more_than_two_seconds(desk, window):
    page = pressing(window)
    with page.expect_response("**/homes/dp03-12/acts*"):
        page.evaluate("document.querySelector('#pausing').dataset.old = 1")
        page.evaluate("htmx.trigger(document.body, 'changed')")
    expect(page.locator("#pausing[data-old]")).to_have_count(1)
    expect(page.locator("#pausing:not([data-old])")).to_have_count(1)
    page.mouse.up()


def visits(desk):
    with desk.database.read() as db:
        return read_stream(db, "home-dp03-12", types=["VisitRecorded"])
