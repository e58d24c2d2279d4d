"""Somebody walks past a new sensor with a phone in the hand, and sees at once that it was heard."""

import pytest
from playwright.sync_api import expect

from events.types.device import HeartbeatReceived, OccupancyReported

pytestmark = pytest.mark.browser


def test_a_device_is_hung_up_tried_and_signed_for_on_a_phone(desk, window):
    page = window.page
    page.set_viewport_size({"width": 360, "height": 740})
    window.opens("/devices/new")
    page.get_by_label("设备编号").fill("hall-7")
    page.get_by_label("位置").fill("堂屋")
    page.get_by_role("button", name="登记并测试").click()
    page.wait_for_url("**/devices/dp03/hall-7")
    window.live()
    page.get_by_role("button", name="开始测试").click()
    expect(page.locator("#trial")).to_contain_text("正在等它的信号")
    desk.reports(HeartbeatReceived(device="dp03/hall-7"), "h1")
    expect(page.locator("#trial")).to_contain_text("不算反应")
    expect(page.get_by_role("button", name="签字")).to_have_count(0)
    desk.reports(OccupancyReported(device="dp03/hall-7", occupied=True), "o1")
    expect(page.locator("#trial .shown")).to_be_visible()
    page.get_by_role("button", name="签字").click()
    expect(page.locator("#trials")).to_contain_text("有反应")
    expect(page.get_by_role("button", name="开始测试")).to_be_visible()
