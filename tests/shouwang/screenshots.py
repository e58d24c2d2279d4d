"""Takes the pictures of the documentation: the demo as it really runs, and every page of the register: `make screenshots`."""

import shutil
import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "api"))

from busy import address_of, busy
from desk import Desk
from desk_server import Server

from api.console.pages import PAGES
from tests.conftest import FLAGS
from tests.shouwang.running import ROOT, Running, until

PICTURES = ROOT / "docs" / "pictures"
LOOKS = {
    "zh": {"language": "zh", "color_scheme": "light", "size": (1366, 768)},
    "en-dark": {"language": "en", "color_scheme": "dark", "size": (1366, 768)},
    "phone": {"language": "zh", "color_scheme": "light", "size": (360, 740)},
    "phone-en-dark": {"language": "en", "color_scheme": "dark", "size": (360, 740)},
}
"""Both languages, light and dark, an office screen and a phone."""


def main() -> None:
    (PICTURES / "pages").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        pages(browser)
        if "--pages" not in sys.argv:
            demo(browser)
        browser.close()


def demo(browser: Browser) -> None:
    """As a visitor sees it."""
    folder = Path(tempfile.mkdtemp(prefix="shouwang-pictures-"))
    with Running("demo", folder / "home") as running:
        until(running.well, "healthy")
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page.goto(running.link())
        page.wait_for_url(f"{running.url}/")
        phones = f"http://127.0.0.1:{running.phones}"
        until(lambda: httpx.get(f"{phones}/sim/messages", timeout=5).json(), "a message", 180)
        take(page, running.url, "console")
        alert = page.locator("a[href*='/alerts/']").first
        if alert.count():
            take(page, str(alert.evaluate("link => link.href")), "alert")
        take(page, phones, "phones")
    shutil.rmtree(folder)


def pages(browser: Browser) -> None:
    """Every page of the register in every look, from a made-up desk whose clock stands still."""
    folder = Path(tempfile.mkdtemp(prefix="shouwang-pictures-"))
    desk = Desk(folder)
    busy(desk)
    desk.user("duty", "administrator")
    server = Server(desk.app)
    address = f"http://127.0.0.1:{server.port}"
    for look, said in LOOKS.items():
        width, height = said["size"]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=said["color_scheme"])
        context.add_cookies([{"name": "shouwang_language", "value": said["language"], "url": address}])
        page = context.new_page()
        page.goto(address + desk.link())
        page.wait_for_url(f"{address}/")
        for each in PAGES:
            take(page, address + address_of(each), f"pages/{each.name}-{look}", wait_ms=400)
        context.close()
    server.stop()
    desk.close()
    shutil.rmtree(folder)


def take(page: Page, url: str, name: str, wait_ms: int = 1500) -> None:
    # Live pages hold a stream open for ever, so "no more traffic" never comes: the page itself is what is waited for.
    page.goto(url, wait_until="load")
    page.wait_for_timeout(wait_ms)
    page.screenshot(path=PICTURES / f"{name}.png")
    print(PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
