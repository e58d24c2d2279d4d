"""From a CO alarm to the provider: milliseconds between its publication and the first HTTP request about it.

The whole service in a process of its own, on the embedded broker, while the devices of all homes report at a steady
rate. Each alarm comes from another home and raises a new alert; the provider answers as Twilio does. Beside it, in the
same round, a bare loop that only receives and asks the provider, on the same broker under the same load.
"""

import argparse
import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from measuring import alarming, lines, program, town
from measuring.alarming import Night, Published
from measuring.apart import begun_apart
from measuring.bare_loop import bare_loop
from measuring.effort import process_s
from measuring.figures import Row, quantile
from measuring.places import Places
from measuring.provider import Provider
from measuring.running import precedence, service
from measuring.stages import NAMES, stages

from events.precedence import go_first
from ingest.broker import Broker
from shouwang.moment import now

_WARMING, _WARMING_S = 20, 5.0
_LAST_ONE_S = 10.0

ROWS = {
    "p50_ms": Row("p50, ms", ".1f"),
    "p90_ms": Row("p90, ms", ".1f"),
    "p99_ms": Row("p99, ms", ".1f", aim=25.0, at_most=True),
    "max_ms": Row("slowest, ms", ".1f"),
    "bare_p50_ms": Row("the bare loop, p50, ms", ".1f"),
    "bare_p99_ms": Row("the bare loop, p99, ms", ".1f"),
    "bare_max_ms": Row("the bare loop, slowest, ms", ".1f"),
    "p99_to_bare": Row("p99, service to bare loop", ".1f"),
    "alarms": Row("alarms counted"),
    "untold": Row("alarms never told", aim=0, at_most=True),
    "facts_per_s": Row("messages/s in all"),
    "publisher_late_ms": Row("publisher behind its plan, ms", ".1f"),
    "service_cpu_share": Row("cores used by the service", ".2f"),
    **{f"{name}, {which}": Row(f"{name}, {which}, ms", ".1f") for name in NAMES for which in ("p50", "p99")},
}


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = program.options(__doc__ or "", rounds=3)
    parser.add_argument("--seconds", type=float, default=60.0, help="a round, after the warming up (default 60)")
    parser.add_argument("--facts", type=float, default=2000.0, help="background messages a second (default 2000)")
    parser.add_argument("--alarms", type=float, default=4.0, help="CO alarms a second (default 4)")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="profile every thread (slow: no figures)")
    return parser.parse_args()


async def one_round(folder: Path, address: str | Path, night: Night, profile: Path | None) -> dict[str, Any]:
    """A town, a broker and a service, all new; one night. Then the same night for the bare loop."""
    broker = Broker(folder / "broker", port=lines.free_port())
    broker.start()
    try:
        broker.wait_ready()
        database = town.new_database(address)
        town.settle(database, night.homes, now())
        database.close()
        async with Provider().open() as provider:
            bare = bare_loop(broker.service_url, provider.port)
            published, _ = await _a_night(broker, provider, night, bare)
            loop = _took(night, published, provider)
        async with Provider().open() as provider:
            serving = service(folder, address, broker.service_url, provider.port, profile=profile)
            published, spent = await _a_night(broker, provider, night, serving)
        figures = _figures(address, night, published, provider, spent)
    finally:
        broker.stop()
    figures |= {"bare_p50_ms": quantile(loop, 0.5), "bare_p99_ms": quantile(loop, 0.99), "bare_max_ms": max(loop)}
    return {**figures, "p99_to_bare": figures["p99_ms"] / figures["bare_p99_ms"]}


async def _a_night(
    broker: Broker, provider: Provider, night: Night, listener: AbstractContextManager[int | None]
) -> tuple[Published, float]:
    """Publish it to who listens, and wait for the last alarm. What was published, and the listener's processor seconds."""
    pid = await asyncio.to_thread(listener.__enter__)
    try:
        before = process_s(pid) if pid else 0.0
        with begun_apart(alarming.publish_night, broker.devices_url, night) as under_way:
            published = await asyncio.wrap_future(under_way)
        for _ in range(int(_LAST_ONE_S / 0.1)):
            if published.alarms.keys() <= provider.first_told.keys():
                break
            await asyncio.sleep(0.1)
        return published, process_s(pid) - before if pid else 0.0
    finally:
        await asyncio.to_thread(listener.__exit__, None, None, None)


def _took(night: Night, published: Published, provider: Provider) -> list[float]:
    """Milliseconds of each alarm that counts and was told."""
    counted = (home for home in published.alarms if home > night.warming and home in provider.first_told)
    return [(provider.first_told[home] - published.alarms[home]) * 1000 for home in counted]


def _figures(
    address: str | Path, night: Night, published: Published, provider: Provider, spent: float
) -> dict[str, Any]:
    counted = [home for home in published.alarms if home > night.warming]
    took = _took(night, published, provider)
    whole_s = night.warming_s + night.alarms_s
    wall = {h: published.wall[h] for h in counted if h in provider.first_told}
    told = {h: at + round((provider.first_told[h] - published.alarms[h]) * 1e6) for h, at in wall.items()}
    return {
        "alarms": len(counted),
        "untold": len(counted) - len(took),
        "facts_per_s": (published.facts + len(published.alarms)) / whole_s,
        "p50_ms": quantile(took, 0.50),
        "p90_ms": quantile(took, 0.90),
        "p99_ms": quantile(took, 0.99),
        "max_ms": max(took, default=0.0),
        "publisher_late_ms": published.late_ms,
        "requests": provider.requests,
        "service_cpu_share": spent / whole_s,
        **stages(address, wall, told),
    }


def main() -> int:
    """0 when every alarm reached the provider."""
    asked = arguments()
    alarms = max(1, round(asked.seconds * asked.alarms))

    def one(folder: Path, places: Places, kind: str, number: int) -> dict[str, Any]:
        night = Night(_WARMING + alarms, asked.facts, _WARMING, _WARMING_S, alarms, asked.seconds, seed=number)
        with (
            places.fresh(kind, folder) as address,
            # As the service does: devices and provider stand for machines of their own, and the broker is as `up` starts it.
            ThreadPoolExecutor(1, initializer=go_first, initargs=(precedence(address),)) as first,
        ):
            return first.submit(asyncio.run, one_round(folder, address, night, asked.profile)).result()

    on, cases = program.measured(asked, {kind: kind for kind in program.databases_of(asked)}, one)
    title = f"CO published to HTTP request, {asked.facts:g} facts/s, {asked.rounds} rounds of {asked.seconds:g} s"
    program.told(asked, "co", title, ROWS, on, cases)
    return 1 if any(one["untold"] for _, rounds in cases for one in rounds) else 0


if __name__ == "__main__":
    sys.exit(main())
