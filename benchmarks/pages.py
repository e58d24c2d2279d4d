"""Every page of the console as the server gives it: how long it takes, and what it weighs on the line, by size of the county.

The desk runs in a process of its own; a page is asked for as a browser asks, by HTTP and compressed, as the administrator, who
sees everything. Each is asked for twice before it counts. The figure is the median of the times until its last byte.
"""

import argparse
import http.client
import sys
import time
from pathlib import Path
from typing import Any

from measuring import program
from measuring.county import County
from measuring.desk import Orders, desk_apart
from measuring.figures import Row, quantile
from measuring.places import Places

from api.console.pages import PAGES, Page

_NOT_HERE = frozenset({"quarantined", "trial", "locked"})
"""Pages of one thing that a county at rest does not have; none of them grows with it."""
_BLANKS = {
    "alert_id": "past-1", "home_id": "h6", "person_id": "w-s0002", "name": "class2.steps", "village_id": "v1",
    "grid_id": "grid-s0002", "site": "s0002", "device": "hall-1-6",
}  # fmt: skip
MEASURED: tuple[Page, ...] = tuple(page for page in PAGES if page.name not in _NOT_HERE)
ROWS = {
    f"{page.name}_{what}": Row(f"{page.address}, {told}", form, aim=aim, at_most=True)
    for page in MEASURED
    for what, told, form, aim in (("ms", "ms", ",.0f", 300), ("kb", "kB compressed", ",.1f", 150))
}
_WARM = 2


class Reader:
    """Somebody who is logged in."""

    def __init__(self, orders: Orders) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", orders.port, timeout=600)
        answer = self._ask(orders("link"))
        self._cookie = "; ".join(each.partition(";")[0] for each in answer.headers.get_all("set-cookie") or ())

    def _ask(self, address: str, **headers: str) -> http.client.HTTPResponse:
        self._line.request("GET", address, headers={"accept": "text/html", "accept-encoding": "gzip", **headers})
        answer = self._line.getresponse()
        self.body = answer.read()
        return answer

    def takes(self, address: str) -> tuple[float, float]:
        """Milliseconds until the last byte, and kilobytes."""
        began = time.perf_counter()
        answer = self._ask(address, cookie=self._cookie)
        took = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status}")
        return took * 1000, len(self.body) / 1000


def measure(folder: Path, _places: Places, asked: tuple[int, int], _number: int) -> dict[str, Any]:
    """One round."""
    homes, times = asked
    figures: dict[str, Any] = {}
    with desk_apart(folder, homes, County) as orders:
        reader = Reader(orders)
        for page in MEASURED:
            address = page.address.format(**_BLANKS)
            taken = [reader.takes(address) for _ in range(_WARM + times)][_WARM:]
            figures[f"{page.name}_ms"] = quantile([took for took, _ in taken], 0.5)
            figures[f"{page.name}_kb"] = max(weight for _, weight in taken)
    return figures


def main() -> int:
    """0 when every page was there."""
    parser = program.options(__doc__ or "", rounds=1, databases=())
    parser.add_argument("--homes", type=int, action="append", help="may be given again (default: 1000, 10000)")
    parser.add_argument("--times", type=int, default=7, help="each page counts so often (default 7)")
    asked: argparse.Namespace = parser.parse_args()
    sizes = {f"{homes:,} homes": (homes, asked.times) for homes in asked.homes or (1_000, 10_000)}
    on, cases = program.measured(asked, sizes, measure)
    program.told(asked, "pages", "the pages of the console", ROWS, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
