"""From a CO alarm to the provider: milliseconds between its publication and the first HTTP request about it.

The whole service in a process of its own, on the embedded broker and SQLite, while the devices of all homes report at
a steady rate. Each alarm comes from another home and raises a new alert; the provider answers as Twilio does.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import alarming, figures, lines, town
from measuring.alarming import Night, Published
from measuring.apart import begun_apart
from measuring.effort import process_s
from measuring.figures import Spread, progress, quantile
from measuring.machine import machine
from measuring.provider import Provider
from measuring.running import service
from measuring.stages import NAMES, stages

from ingest.broker import Broker
from shouwang.moment import now

_WARMING, _WARMING_S = 20, 5.0
_LAST_ONE_S = 10.0


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="a round, after the warming up (default 60)")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--facts", type=float, default=100.0, help="background messages a second (default 100)")
    parser.add_argument("--alarms", type=float, default=4.0, help="CO alarms a second (default 4)")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="profile every thread (slow: no figures)")
    parser.add_argument("--folder", type=Path, help="where the files go; its disk is measured (default: a new one)")
    parser.add_argument("--save", action="store_true", help="write docs/performance/latest-*.json")
    return parser.parse_args()


async def one_round(folder: Path, night: Night, profile: Path | None, tick: Any) -> dict[str, Any]:
    """A town, a broker and a service, all new; one night."""
    broker = Broker(folder / "broker", port=lines.free_port())
    broker.start()
    try:
        broker.wait_ready()
        database = town.new_database(folder / "shouwang.db")
        town.settle(database, night.homes, now())
        database.close()
        async with Provider().open() as provider:
            return await _measured(folder, broker, provider, night, profile, tick)
    finally:
        broker.stop()


async def _measured(
    folder: Path, broker: Broker, provider: Provider, night: Night, profile: Path | None, tick: Any
) -> dict[str, Any]:
    starting = service(folder, mqtt_url=broker.service_url, provider_port=provider.port, profile=profile)
    pid = await asyncio.to_thread(starting.__enter__)
    try:
        before = process_s(pid)
        with begun_apart(alarming.publish_night, broker.devices_url, night) as under_way:
            while not under_way.done():
                await asyncio.sleep(1.0)
                tick()
            published = under_way.result()
        for _ in range(int(_LAST_ONE_S / 0.1)):
            if published.alarms.keys() <= provider.first_told.keys():
                break
            await asyncio.sleep(0.1)
        spent = process_s(pid) - before
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
    return _figures(folder, night, published, provider, spent)


def _figures(folder: Path, night: Night, published: Published, provider: Provider, spent: float) -> dict[str, Any]:
    counted = [home for home in published.alarms if home > night.warming]
    took = [(provider.first_told[h] - published.alarms[h]) * 1000 for h in counted if h in provider.first_told]
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
        "stages_ms": stages(folder / "shouwang.db", wall, told),
    }


def main() -> int:
    """0 when every alarm reached the provider."""
    asked = arguments()
    alarms = max(1, round(asked.seconds * asked.alarms))
    folder = Path(tempfile.mkdtemp(prefix="measuring-", dir=asked.folder))
    rounds: list[dict[str, Any]] = []
    try:
        on = machine(folder)
        with progress() as bar:
            task = bar.add_task("CO", total=asked.rounds * int(asked.seconds + _WARMING_S))
            for number in range(asked.rounds):
                place = folder / str(number)
                place.mkdir()
                night = Night(
                    _WARMING + alarms, asked.facts, _WARMING, _WARMING_S, alarms, asked.seconds, seed=number
                )  # fmt: skip
                rounds.append(asyncio.run(one_round(place, night, asked.profile, lambda: bar.advance(task))))
                shutil.rmtree(place)
    finally:
        shutil.rmtree(folder)
    names = {
        "p50_ms": ("p50, ms", ".1f"), "p90_ms": ("p90, ms", ".1f"), "p99_ms": ("p99, ms", ".1f"),
        "max_ms": ("max, ms", ".1f"), "alarms": ("alarms counted", ".0f"), "untold": ("alarms never told", ".0f"),
        "facts_per_s": ("messages/s in all", ".1f"), "publisher_late_ms": ("publisher behind its plan, ms", ".1f"),
        "service_cpu_share": ("cores used by the service", ".2f"),
    }  # fmt: skip
    summary = {key: Spread.of([one[key] for one in rounds]) for key in names}
    title = f"CO published to HTTP request, {asked.facts:g} facts/s, {asked.rounds} rounds of {asked.seconds:g} s"
    figures.show(title, [(told, summary[key], form) for key, (told, form) in names.items()], on)
    parts = [
        (f"{name}, {which}", Spread.of([one["stages_ms"][name][which] for one in rounds]), ".1f")
        for name in NAMES
        for which in ("p50", "p99")
    ]
    figures.show("of these, by the log's own stamps, ms", parts, {})
    if asked.save:
        figures.err.print(f"written: {figures.save('co', on, rounds, summary)}")
    return 1 if summary["untold"].most else 0


if __name__ == "__main__":
    sys.exit(main())
