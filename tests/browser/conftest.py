# ruff: noqa: F811  # fixtures come by import and are asked for by name
"""A duty desk on a real server, seen through Debian's Chromium."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))  # desk.py

from desk_server import desk, quick_passwords, served, server  # noqa: F401  # fixtures


class Window:
    """Somebody's window; remembers every request and everything the browser complained about."""

    def __init__(self, browser, served, desk, user):
        self.desk, self.served = desk, served
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        self.page = self.context.new_page()
        self.asked, self.complaints = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.goto(served + desk.link(user))
        self.page.wait_for_url(served + "/")
        self.live()

    def live(self):
        self.page.wait_for_selector("#lamp[data-state=on]", state="attached")

    def speaks(self, language):
        self.context.add_cookies([{"name": "shouwang_language", "value": language, "url": self.served}])

    def opens(self, path):
        self.page.goto(self.served + path)
        self.live()


@pytest.fixture
def sit_down(chromium, served, desk):
    """Somebody logs in and sits down at the board."""
    windows = []

    def sit(user="duty", role="operator"):
        desk.user(user, role)
        windows.append(Window(chromium, served, desk, user))
        return windows[-1]

    yield sit
    for window in windows:
        window.context.close()


@pytest.fixture
def window(sit_down):
    window = sit_down()
    yield window
    assert window.complaints == []
