"""Memory over simulated weeks: whether the service's own grows with the days it has run.

The whole service runs on the clock that facts drive, so that it lives through months while the program takes minutes: a
town whose devices all speak every ten minutes. Its memory is read while it runs; what counts is the slope of the line
through the last two thirds of the samples. What is learned of a person comes from their last `routine.days`: here two weeks,
so that it is complete before the slope begins. Alerts that people handle are not part of these days.
"""

import argparse
import asyncio
import json
import os
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from statistics import linear_regression
from typing import Any

from measuring import lines, program, town
from measuring.apart import begun_apart
from measuring.figures import Row
from measuring.places import Places
from measuring.provider import Provider
from measuring.running import service

from alerts.commands.settings import change_settings
from events.types.fact import DAY, HOUR, SECOND
from ingest.broker import Broker
from shouwang.moment import now

ROWS = {
    "days": Row("days lived through"),
    "facts_per_s": Row("messages/s meanwhile"),
    "first_mb": Row("memory after the warming up, MB", ".1f"),
    "last_mb": Row("at the end, MB", ".1f"),
    "kb_per_day": Row("growth a day, KB", ".1f", aim=16.0, at_most=True),
}
_EVERY_US = 600 * SECOND
_SETTINGS = {"routine.days": 14, "visit.after_s": 366 * 86_400}
_SAMPLE_S = 0.5
_TOLD_EVERY = 120
"""Of the samples one a minute is saved; all of them make the slope."""
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


async def lived(folder: Path, address: str | Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Samples of memory by the service's own clock. The provider takes what is sent: the monthly test of the chain."""
    async with Provider().open() as provider:
        return await asyncio.to_thread(_lived, folder, address, asked, provider.port)


def _lived(folder: Path, address: str | Path, asked: argparse.Namespace, provider_port: int) -> dict[str, Any]:
    apart_us = _EVERY_US // (asked.homes * 5)
    count = round(asked.minutes * 60 * asked.rate)
    begins = now() - now() % DAY - 365 * DAY
    broker = Broker(folder / "broker", port=lines.free_port())
    broker.start()
    try:
        broker.wait_ready()
        database = town.new_database(address)
        town.settle(database, asked.homes, begins - HOUR)
        change_settings(database, _SETTINGS, by="measuring", at=begins - HOUR)
        database.close()
        port = lines.free_port()
        clock = {"SHOUWANG_CLOCK_FROM": datetime.fromtimestamp(begins / SECOND, UTC).isoformat()}
        with service(folder, address, broker.service_url, provider_port, more=clock, port=port) as pid:
            said: dict[str, Any] = {"homes": asked.homes, "count": count, "until": begins + count * apart_us}
            with begun_apart(lines.publish_past, broker.devices_url, **said, apart_us=apart_us, per_s=asked.rate):
                samples = _samples(pid, port, asked.minutes * 60)
    finally:
        broker.stop()
    settled = samples[len(samples) // 3 :]
    days = (samples[-1][0] - begins) / DAY
    slope = linear_regression([at / DAY for at, _ in settled], [mb * 1000 for _, mb in settled]).slope
    messages = days * DAY / apart_us
    return {
        "days": days, "facts_per_s": messages / (asked.minutes * 60), "first_mb": settled[0][1],
        "last_mb": settled[-1][1], "kb_per_day": slope, "samples": samples[::_TOLD_EVERY],
    }  # fmt: skip


def _samples(pid: int, port: int, seconds: float) -> list[tuple[int, float]]:
    """Its clock, and its memory in megabytes."""
    taken = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(_SAMPLE_S)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as answer:
            at = int(json.load(answer)["now"])
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        taken.append((at, pages * _PAGE_MB))
    return taken


def main() -> int:
    """0 when it lived to the end."""
    parser = program.options(__doc__ or "", rounds=1)
    parser.add_argument("--minutes", type=float, default=2.0, help="of ours (default 2; an hour shows months)")
    parser.add_argument("--homes", type=int, default=20, help="of five devices each (default 20)")
    parser.add_argument("--rate", type=float, default=2000.0, help="messages a second (default 2000)")
    asked = parser.parse_args()

    def one(folder: Path, places: Places, kind: str, _number: int) -> dict[str, Any]:
        with places.fresh(kind, folder) as address:
            return asyncio.run(lived(folder, address, asked))

    on, cases = program.measured(asked, {kind: kind for kind in program.databases_of(asked)}, one)
    title = f"{asked.minutes:g} minutes of simulated days, {asked.homes} homes"
    program.told(asked, "weeks", title, ROWS, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
