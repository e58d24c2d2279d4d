"""The duty console in a real Chromium: what the first page weighs, how soon it works on a slow PC, from a fact to the pixel.

The desk runs in a process of its own on a made-up town; the browser and the fifty readers of the stream run here. Both read
the same wall clock, so a fact's moment of commit and a pixel's moment of painting can be compared.
"""

import argparse
import http.client
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

from measuring import program
from measuring.desk import Orders, desk_apart
from measuring.figures import Row, quantile
from measuring.places import Places
from measuring.town import site_of
from playwright.sync_api import Browser, Page, sync_playwright

ROWS = {
    "first_kb": Row("first page, cold: bytes over the line, kB", ",.1f", aim=150, at_most=True),
    "interactive_ms": Row("until it answers to keys, processor slowed 4 times, ms"),
    "pixel_p50_ms": Row("from the fact on disk to the pixel, p50, ms"),
    "pixel_p99_ms": Row("the same, p99, ms", aim=1000, at_most=True),
    "repaint_ms": Row("repaint with many open alerts: from asking to painted, ms", aim=300, at_most=True),
    "streams": Row("event streams open at once"),
    "stream_p99_ms": Row("from the fact on disk to the last of them, p99, ms", aim=1000, at_most=True),
}
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
_SHOWN = ".alert h2 a, #further a"
"""Cards, and beyond the fiftieth a line each."""
_WATCH = """() => {
  window.painted = {};
  new MutationObserver(() => {
    const ids = [...document.querySelectorAll("SHOWN")].map((one) => one.pathname).filter((id) => !(id in window.painted));
    if (ids.length) requestAnimationFrame(() => requestAnimationFrame(() => {
      for (const id of ids) window.painted[id] ??= Date.now();
    }));
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("htmx:beforeRequest", () => { window.askedAt = performance.now(); });
  document.addEventListener("htmx:afterSettle", () => requestAnimationFrame(() => requestAnimationFrame(() => {
    (window.repaints ??= []).push(performance.now() - window.askedAt);
  })));
}""".replace("SHOWN", _SHOWN)


def _come_in(browser: Browser, orders: Orders) -> Page:
    page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN").new_page()
    page.goto(f"http://127.0.0.1:{orders.port}{orders('link')}")
    page.wait_for_url(f"http://127.0.0.1:{orders.port}/")
    page.wait_for_selector("#lamp[data-state=on]")
    return page


def _first(browser: Browser, orders: Orders) -> dict[str, float]:
    """A cold cache: what comes over the line, and when it works on a processor four times as slow."""
    page = _come_in(browser, orders)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.clearBrowserCache")
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    weights: list[float] = []
    line.on("Network.loadingFinished", lambda said: weights.append(said["encodedDataLength"]))
    page.add_init_script(
        "window.long = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " window.long = one.startTime + one.duration; }).observe({ type: 'longtask', buffered: true });"
    )
    page.reload()
    page.wait_for_selector("#lamp[data-state=on]")
    page.wait_for_timeout(1500)
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    last = page.evaluate("window.long")
    page.context.close()
    return {"first_kb": sum(weights) / 1000, "interactive_ms": max(ready, last)}


def _to_the_pixel(page: Page, orders: Orders, count: int) -> dict[str, float]:
    page.evaluate(_WATCH)
    took = []
    for _ in range(count):
        before = set(page.evaluate(f"[...document.querySelectorAll('{_SHOWN}')].map((one) => one.pathname)"))
        at = orders("raises")
        fresh: list[float] = []
        while not fresh:
            page.wait_for_timeout(20)
            fresh = [when for id, when in page.evaluate("window.painted").items() if id not in before]
        took.append(min(fresh) - at * 1000)
        page.wait_for_timeout(600)  # one by one: a burst is gathered on purpose, at most two looks a second
    return {"pixel_p50_ms": quantile(took, 0.5), "pixel_p99_ms": quantile(took, 0.99)}


def _repaint(page: Page, orders: Orders, opened: int) -> float:
    """Nine times something happens to one of many."""
    orders("opens", opened, 2)
    page.reload()
    page.wait_for_selector("#lamp[data-state=on]")
    page.evaluate(_WATCH)
    for number in range(1, 10):
        seen = page.evaluate("(window.repaints || []).length")
        orders("acknowledges", f"no_activity-{number}", site_of(number))
        while page.evaluate("(window.repaints || []).length") == seen:
            page.wait_for_timeout(50)
        page.wait_for_timeout(600)
    return quantile(page.evaluate("window.repaints"), 0.5)


def _streams(orders: Orders, cookie: str, count: int, facts: int) -> float:
    """How long until the last of so many readers has heard of a fact, p99 over the facts."""
    heard: list[list[float]] = [[] for _ in range(count)]
    lines = []
    for mine in heard:
        line = http.client.HTTPConnection("127.0.0.1", orders.port, timeout=60)
        line.request("GET", "/api/v1/stream", headers={"cookie": cookie})
        lines.append(line)
        threading.Thread(target=_listen, args=(line.getresponse(), mine), daemon=True).start()
    time.sleep(1)
    took = []
    for number in range(1, facts + 1):
        at = orders("raises")
        while any(len(mine) < number for mine in heard):
            time.sleep(0.005)
        took.append(max(mine[number - 1] for mine in heard) - at)
    for line in lines:
        line.close()
    return quantile(took, 0.99) * 1000


def _listen(answer: http.client.HTTPResponse, mine: list[float]) -> None:
    try:
        while said := answer.readline():
            if b'"AlertRaised"' in said:
                mine.append(time.time())
    except (OSError, ValueError, AttributeError):
        return  # hung up


def measure(folder: Path, _places: Places, asked: argparse.Namespace, _number: int) -> dict[str, Any]:
    """One round."""
    homes = asked.open + 3 * asked.alarms + 30
    with desk_apart(folder, homes) as orders, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        orders("opens", 9, 2)
        figures = _first(browser, orders)
        page = _come_in(browser, orders)
        figures |= _to_the_pixel(page, orders, asked.alarms)
        cookies = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
        figures |= {"streams": asked.streams, "stream_p99_ms": _streams(orders, cookies, asked.streams, asked.alarms)}
        figures["repaint_ms"] = _repaint(page, orders, asked.open)
        browser.close()
    return figures


def main() -> int:
    """0 when everything was seen; 2 without a browser."""
    parser = program.options(__doc__ or "", rounds=3, databases=())
    parser.add_argument("--alarms", type=int, default=60, help="facts followed to the pixel (default 60)")
    parser.add_argument("--open", type=int, default=500, help="open alerts on the full board (default 500)")
    parser.add_argument("--streams", type=int, default=50, help="event streams at once (default 50)")
    asked = parser.parse_args()
    if shutil.which("chromium") is None:
        print("needs a browser: apt-get install -y chromium", file=sys.stderr)
        return 2
    on, cases = program.measured(asked, {f"{asked.open} open alerts": asked}, measure)
    program.told(asked, "console", "the duty console in Chromium", ROWS, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
