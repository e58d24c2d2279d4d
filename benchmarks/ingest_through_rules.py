"""Durable ingest through the rules: how many messages a second are taken, committed and decided, beside two yardsticks.

Each round takes, one after another: the raw drain (an MQTT client that only acknowledges), the raw insert (finished
rows into the same table) and the service (door, log, engine and planner in one process, on SQLite). For both drains the
embedded broker holds the same number of messages in the service's own persistent session.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import draining, figures, inserting, lines
from measuring.apart import apart
from measuring.figures import Spread, progress
from measuring.machine import machine

from ingest.broker import Broker


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=50_000, help="a drain (default 50000)")
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    parser.add_argument("--homes", type=int, default=20, help="of five devices each (default 20)")
    parser.add_argument("--whole", action="store_true", help="run all of the service, console and projections too")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="profile every thread (slow: no figures)")
    parser.add_argument("--folder", type=Path, help="where the files go; its disk is measured (default: a new one)")
    parser.add_argument("--save", action="store_true", help="write docs/performance/latest-*.json")
    return parser.parse_args()


def one_round(folder: Path, asked: argparse.Namespace, step: Any) -> dict[str, Any]:
    """Raw drain, raw insert, service; each in a process of its own."""
    amount = {"homes": asked.homes, "count": asked.messages}
    broker = Broker(folder / "broker", port=lines.free_port())
    broker.start()
    try:
        broker.wait_ready()
        assert broker.pid is not None
        apart(draining.open_session, broker.service_url)
        step("publish")
        filled_s = apart(lines.publish_past, broker.devices_url, **amount)
        step("raw drain")
        drained_s = apart(lines.take_and_acknowledge, broker.service_url, draining.CLIENT_ID, asked.messages)
        step("raw insert")
        inserted_s = apart(inserting.insert_rows, folder, **amount)
        step("publish")
        apart(lines.publish_past, broker.devices_url, **amount)
        step("service")
        decided = apart(
            draining.decide_all, broker.service_url, folder / "service", **amount,
            broker_pid=broker.pid, whole=asked.whole, profile=asked.profile,
        )  # fmt: skip
    finally:
        broker.stop()
    drain, rows, service = (asked.messages / s for s in (drained_s, inserted_s, decided.pop("seconds")))
    return {
        "publish_per_s": asked.messages / filled_s,
        "drain_per_s": drain,
        "insert_per_s": rows,
        "service_per_s": service,
        "to_drain": service / drain,
        "to_insert": service / rows,
        "to_slower": service / min(drain, rows),
        "per_batch": asked.messages / decided["batches"],
        **decided,
    }


def main() -> int:
    """0 when all facts were in the log exactly once, in every round."""
    asked = arguments()
    folder = Path(tempfile.mkdtemp(prefix="measuring-", dir=asked.folder))
    rounds: list[dict[str, Any]] = []
    try:
        on = machine(folder)
        with progress() as bar:
            task = bar.add_task("", total=asked.rounds)
            for number in range(asked.rounds):
                place = folder / str(number)
                place.mkdir()
                rounds.append(one_round(place, asked, lambda step: bar.update(task, description=step)))
                shutil.rmtree(place)
                bar.advance(task)
    finally:
        shutil.rmtree(folder)
    names = {
        "drain_per_s": ("raw drain, messages/s", ",.0f"),
        "insert_per_s": ("raw insert, rows/s", ",.0f"),
        "service_per_s": ("through the rules, facts/s", ",.0f"),
        "to_drain": ("service to raw drain", ".2f"),
        "to_insert": ("service to raw insert", ".2f"),
        "to_slower": ("service to the slower of both", ".2f"),
        "per_batch": ("messages a transaction", ".0f"),
        "publish_per_s": ("publish while held, messages/s", ",.0f"),
    }
    summary = {key: Spread.of([one[key] for one in rounds]) for key in names}
    title = f"{asked.messages} messages, {asked.homes} homes, {asked.rounds} rounds" + ", whole" * asked.whole
    figures.show(title, [(told, summary[key], form) for key, (told, form) in names.items()], on)
    cpu = {name: Spread.of([one["cpu_us"].get(name, 0.0) for one in rounds]) for name in rounds[0]["cpu_us"]}
    worth = [(name, spread, ".1f") for name, spread in cpu.items() if spread.median >= 0.5]
    figures.show("processor microseconds a message, by thread", sorted(worth, key=lambda r: -r[1].median), {})
    for file in rounds[-1]["profiles"]:
        print(f"profile: {file}")
    if asked.save:
        figures.err.print(f"written: {figures.save('ingest', on, rounds, summary)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
