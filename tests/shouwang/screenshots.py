"""Takes the pictures of the documentation from a demo that really runs: `make screenshots`."""

import shutil
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.shouwang.running import ROOT, Running, until

PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="shouwang-pictures-"))
    with Running("demo", folder / "home") as demo, sync_playwright() as play:
        until(demo.well, "healthy")
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page.goto(demo.link())
        page.wait_for_url(f"{demo.url}/")
        phones = f"http://127.0.0.1:{demo.phones}"
        until(lambda: httpx.get(f"{phones}/sim/messages", timeout=5).json(), "a message", 180)
        take(page, demo.url, "console")
        alert = page.locator("a[href*='/alerts/']").first
        if alert.count():
            take(page, str(alert.evaluate("link => link.href")), "alert")
        take(page, phones, "phones")
        browser.close()
    shutil.rmtree(folder)


def take(page: Page, url: str, name: str) -> None:
    # Live pages hold a stream open for ever, so "no more traffic" never comes: the page itself is what is waited for.
    page.goto(url, wait_until="load")
    page.wait_for_timeout(1500)
    page.screenshot(path=PICTURES / f"{name}.png")
    print(PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
