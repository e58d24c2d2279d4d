"""Durable ingest through the rules: how many messages a second are taken, committed and decided, beside two yardsticks.

Each round takes, one after another: the raw drain (an MQTT client that only acknowledges), the raw insert (finished
rows into the same table of the same kind of database) and the service (door, log, engine and planner in one process).
For both drains the embedded broker holds the same number of messages in the service's own persistent session.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from measuring import draining, inserting, lines, program
from measuring.apart import apart
from measuring.figures import Row
from measuring.places import Places

from ingest.broker import Broker

ROWS = {
    "drain_per_s": Row("raw drain, messages/s"),
    "insert_per_s": Row("raw insert, rows/s"),
    "service_per_s": Row("through the rules, facts/s"),
    "to_drain": Row("service to raw drain", ".2f"),
    "to_insert": Row("service to raw insert", ".2f"),
    "to_slower": Row("service to the slower of both", ".2f", aim=0.5),
    "per_batch": Row("messages a transaction"),
    "publish_per_s": Row("publish while held, messages/s"),
    "cpu_whole process": Row("processor a message, microseconds: the service", ".1f"),
    "cpu_mqtt": Row("of it mqtt", ".1f"),
    "cpu_intake": Row("of it intake", ".1f"),
    "cpu_committer": Row("of it committer", ".1f"),
    "cpu_deciding": Row("of it deciding", ".1f"),
    "cpu_broker": Row("the broker", ".1f"),
}


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = program.options(__doc__ or "", rounds=5)
    parser.add_argument("--messages", type=int, default=50_000, help="a drain (default 50000)")
    parser.add_argument("--homes", type=int, default=20, help="of five devices each (default 20)")
    parser.add_argument("--whole", action="store_true", help="run all of the service, console and projections too")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="profile every thread (slow: no figures)")
    return parser.parse_args()


def one_round(folder: Path, places: Places, kind: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Raw drain, raw insert, service; each in a process of its own."""
    amount = {"homes": asked.homes, "count": asked.messages}
    broker = Broker(folder / "broker", port=lines.free_port())
    broker.start()
    try:
        broker.wait_ready()
        assert broker.pid is not None
        apart(draining.open_session, broker.service_url)
        filled_s = apart(lines.publish_past, broker.devices_url, **amount)
        drained_s = apart(lines.take_and_acknowledge, broker.service_url, draining.CLIENT_ID, asked.messages)
        (folder / "rows").mkdir()
        with places.fresh(kind, folder / "rows") as address:
            inserted_s = apart(inserting.insert_rows, address, **amount)
        apart(lines.publish_past, broker.devices_url, **amount)
        with places.fresh(kind, folder) as address:
            decided = apart(
                draining.decide_all, broker.service_url, folder / "service", address, **amount,
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
        **{f"cpu_{name}": spent for name, spent in decided["cpu_us"].items()},
    }


def main() -> int:
    """0 when all facts were in the log exactly once, in every round."""
    asked = arguments()
    kinds = {kind: kind for kind in program.databases_of(asked)}
    on, cases = program.measured(asked, kinds, lambda folder, places, kind, _: one_round(folder, places, kind, asked))
    title = f"{asked.messages} messages, {asked.homes} homes, {asked.rounds} rounds" + ", whole" * asked.whole
    program.told(asked, "ingest", title, ROWS, on, cases)
    for file in sorted({file for _, rounds in cases for one in rounds for file in one["profiles"]}):
        print(f"profile: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
