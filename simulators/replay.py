"""Replays a recorded sensor file over MQTT, with the hourly heartbeats that the sensors of such a home would send.

The same file makes the same messages with the same ids, so replaying it twice adds no fact.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from simulators.devices import Broker, BrokerRefused, Device, Line, NotAcknowledged, Publication, Ring, messages
from simulators.recording import SHANGHAI, RecordingRefused, Row, device_id, read_recording

IN_FLIGHT = 200
HEARTBEAT = timedelta(hours=1)
Fact = tuple[datetime, int, str, bool | None]  # when, order within the instant, sensor, ON or OFF (None: heartbeat)


@dataclass(frozen=True)
class Replayed:
    """What was acknowledged: rows (inserted ones with their OFF too), messages with heartbeats, first and last row."""

    rows: int
    messages: int
    first: datetime
    last: datetime


def replay(
    path: str | Path,
    mqtt_url: str | None = None,
    site: str = "tm000",
    *,
    speed: float | None = None,
    insert: Sequence[tuple[datetime, str]] = (),
    progress: bool = True,
) -> Replayed:
    """Publish the recording in time order at QoS 1; returns when the broker has acknowledged all of it.

    `speed` 60 plays an hour a minute, None as fast as the broker acknowledges. `insert` adds lone triggers (ON, and OFF
    a second later) at times that, without a zone, are Asia/Shanghai. Raises RecordingRefused, BrokerRefused,
    NotAcknowledged.
    """
    rows = sorted([*read_recording(Path(path)), *_lone_triggers(insert)], key=lambda row: row.at)
    facts = list(_with_heartbeats(rows))
    sensors = _sensors(site, rows)
    line = Line(Broker.of(mqtt_url), f"replay-{site}", window=IN_FLIGHT)
    line.open()
    try:
        for each in sensors.values():
            line.publish(each.status())
        for _, publication in _paced(_said(facts, sensors), speed, len(facts) if progress else 0):
            line.publish(publication)
        if not line.settle():
            raise NotAcknowledged(f"{line.in_flight} of {len(facts)} messages were never acknowledged")
    finally:
        line.close()
    return Replayed(len(rows), len(facts), rows[0].at, rows[-1].at)


def messages_of(rows: list[Row], site: str) -> Iterator[tuple[datetime, Publication]]:
    """Every message of a recording with its moment, without a broker."""
    return _said(_with_heartbeats(rows), _sensors(site, rows))


def _sensors(site: str, rows: list[Row]) -> dict[str, Device]:
    # The boot is named after what is told, so that another recording of the same home is another boot.
    told = hashlib.sha256("".join(f"{row.at.isoformat()}{row.sensor}{row.on}" for row in rows).encode())
    bootid = f"r{told.hexdigest()[:7]}"
    return {
        id: Device(site, id, bootid=bootid, interval_s=3600, ring=Ring(1)) for id in sorted({r.sensor for r in rows})
    }


def _with_heartbeats(rows: list[Row]) -> Iterator[Fact]:
    """Rows and, on each hour plus the sensor's index in seconds, the heartbeats, in time order."""
    sensors = sorted({row.sensor for row in rows})
    facts: list[Fact] = [(row.at, n, row.sensor, row.on) for n, row in enumerate(rows)]
    hour = rows[0].at.replace(minute=0, second=0, microsecond=0)
    while hour <= rows[-1].at:
        facts += [(hour + timedelta(seconds=n), -1, sensor, None) for n, sensor in enumerate(sensors)]
        hour += HEARTBEAT
    yield from sorted((fact for fact in facts if fact[0] <= rows[-1].at), key=lambda fact: fact[:3])


def _said(facts: Iterable[Fact], sensors: dict[str, Device]) -> Iterator[tuple[datetime, Publication]]:
    for at, _, sensor, on in facts:
        device = sensors[sensor]
        for out in device.heartbeat(at) if on is None else device.say(messages.motion(occupied=on), at):
            yield at, out


def _lone_triggers(insert: Sequence[tuple[datetime, str]]) -> list[Row]:
    rows = []
    for at, sensor in insert:
        on = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
        rows += [Row(on, device_id(sensor), True), Row(on + timedelta(seconds=1), device_id(sensor), False)]
    return rows


def _paced(
    said: Iterator[tuple[datetime, Publication]], speed: float | None, total: int
) -> Iterator[tuple[datetime, Publication]]:
    """Hold each message back until its moment, and show how far we are."""
    began, first = time.monotonic(), None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not total) as bar:
        task = bar.add_task("重放 replay", total=total)
        for at, publication in said:
            first = first or at
            if speed:
                time.sleep(max(0.0, began + (at - first).total_seconds() / speed - time.monotonic()))
            yield at, publication
            if total:
                bar.advance(task)


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: all acknowledged; 1: the broker; 2: the file or the arguments."""
    parser = argparse.ArgumentParser(prog="python -m simulators.replay", description=__doc__)
    parser.add_argument("file", type=Path, help="tab-separated: local time, sensor, ON or OFF; plain or .gz")
    parser.add_argument("--mqtt-url", help="mqtt://user:password@host:port (default: MQTT_URL)")
    parser.add_argument("--site", default="tm000", help="site of the sensors (default: %(default)s)")
    parser.add_argument("--speed", type=float, help="60 plays an hour a minute (default: as fast as acknowledged)")
    args = parser.parse_args(argv)
    if args.speed is not None and args.speed <= 0:
        parser.error("--speed must be above 0")
    try:
        done = replay(args.file, args.mqtt_url, args.site, speed=args.speed)
    except (RecordingRefused, ValueError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 2
    except (BrokerRefused, NotAcknowledged) as fault:
        print(fault, file=sys.stderr)
        return 1
    print(f"{done.rows} rows, {done.messages} messages acknowledged, {done.first} to {done.last}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
