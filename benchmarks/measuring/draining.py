"""The service under measurement: its door, engine and planner in this process, from the first message to the last decision."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alerts.engine import Engine
from alerts.planner import Planner
from events.database import Database
from events.keepers import make_database
from events.store import read
from events.types.device import HeartbeatReceived, OccupancyReported
from events.types.system import PlannerFailed, ReadingQuarantined, RuleFailed
from ingest.inbox import Arrival, Inbox, Raw
from ingest.line import Line
from ingest.service import Ingest
from measuring import town
from measuring.effort import Profiles, process_s, threads_s
from measuring.lines import BrokerStalled, free_port
from measuring.places import url_of
from shouwang.deciding import Deciding
from shouwang.house import House
from shouwang.moment import now
from shouwang.settings import read_settings

CLIENT_ID = "shouwang-ingest"
_PATIENCE_S = 120.0
_SAID = ("OccupancyReported", "HeartbeatReceived")
_FAULTS = (RuleFailed, PlannerFailed, ReadingQuarantined)


class CountsWrong(Exception):
    """Not every fact is in the log exactly once, or something failed: the figures mean nothing."""


class Decider:
    """The door, the engine and the planner, without what people look at and without senders and timers."""

    def __init__(self, address: str | Path, mqtt_url: str) -> None:
        self.database = make_database(address)
        self.engine = Engine(self.database, now)
        self.planner = Planner(self.database, now, channel="logbook")
        self.deciding = Deciding(self.database, self.engine, self.planner, on_fatal=_raise)
        self.ingest = Ingest(self.database, mqtt_url=mqtt_url, now=now, client_id=CLIENT_ID, on_fatal=_raise)

    def start(self) -> None:
        """Engine first, then the door."""
        self.deciding.start()
        self.ingest.start()

    def stop(self) -> None:
        """The other way round."""
        self.ingest.stop()
        self.deciding.stop()
        self.database.close()


def open_session(mqtt_url: str) -> None:
    """Subscribe as the service does and leave: from now on the broker holds what comes."""
    line = Line(mqtt_url, Inbox(), now=now, client_id=CLIENT_ID, on_fatal=_raise)
    line.start()
    try:
        _until(lambda: line.connected, "no connection to the broker")
    finally:
        line.stop()


def decide_all(
    mqtt_url: str,
    folder: Path,
    address: str | Path,
    *,
    homes: int,
    count: int,
    broker_pid: int,
    whole: bool,
    profile: Path | None,
) -> dict[str, Any]:
    """Take, commit and decide what the broker holds; `whole`: with everything that `shouwang up` runs beside it."""
    database = town.new_database(address)
    town.settle(database, homes, now())
    database.close()
    profiles = Profiles()
    with ExitStack() as exits:
        exits.enter_context(profiles.recording() if profile else nullcontext())
        running = _house(folder, address, mqtt_url) if whole else Decider(address, mqtt_url)
        settle = running.alerting.seats.settle if isinstance(running, House) else running.deciding.settle
        arrived = exits.enter_context(_first_arrival(running.ingest.inbox))
        exits.callback(running.stop)
        running.start()
        _until(lambda: bool(arrived), "nothing came")
        before, broker_before = threads_s(), process_s(broker_pid)
        while True:  # one that came twice is counted twice by the door, but is in the log once
            _until(lambda: running.ingest.stats().messages >= count, "not everything came")
            settle(_PATIENCE_S)
            last, spent, broker_spent = time.monotonic(), threads_s(), process_s(broker_pid)
            if _recorded(running.database, homes, count):
                break
            time.sleep(0.1)
        stats = running.ingest.stats()
    cpu = {name: s - before.get(name, 0.0) for name, s in spent.items()} | {"broker": broker_spent - broker_before}
    return {
        "seconds": last - arrived[0],
        "batches": stats.batches,
        "repeated": stats.repeated,
        "cpu_us": {name: round(s * 1e6 / count, 1) for name, s in cpu.items()},
        "profiles": [str(file) for file in profiles.save(profile)] if profile else [],
    }


def _house(folder: Path, address: str | Path, mqtt_url: str) -> House:
    environ = {
        "SHOUWANG_HOME": str(folder), "SHOUWANG_HTTP_PORT": str(free_port()), "MQTT_URL": mqtt_url,
        "DATABASE_URL": url_of(address),
    }  # fmt: skip
    return House(read_settings(environ))


@contextmanager
def _first_arrival(inbox: Inbox) -> Iterator[list[float]]:
    """When the first message was handed over. Steps aside then, so that it costs the others nothing."""
    arrived: list[float] = []
    put = inbox.put

    def watch(item: Arrival, *, give_up: Callable[[], bool] = lambda: False) -> bool:
        if isinstance(item, Raw):
            arrived.append(time.monotonic())
            del inbox.put  # the one set below; the class's own is there again
        return put(item, give_up=give_up)

    inbox.put = watch  # type: ignore[method-assign]
    yield arrived


def _recorded(database: Database, homes: int, count: int) -> bool:
    """Whether all facts are in the log, each once. Raises CountsWrong when something else is there."""
    with database.read() as db:
        log = read(db, 0, limit=count * 2 + 10_000)
    if faults := [r.event for r in log if isinstance(r.event, _FAULTS)]:
        raise CountsWrong(f"{len(faults)} faults, the first: {faults[0]}")
    said = Counter(
        (r.event.device, r.event.seq) for r in log if isinstance(r.event, OccupancyReported | HeartbeatReceived)
    )
    if max(said.values(), default=1) > 1 or len(said) > count:
        raise CountsWrong(f"{said.most_common(1)} is in the log more than once, {len(said)} of {count} in all")
    if len(said) < count:
        return False
    turns = homes * 5
    owed = {device: count // turns + (n < count % turns) for n, device in enumerate(town.devices(homes))}
    newest = Counter[str]()
    for device, seq in said:
        newest[device] = max(newest[device], seq)
    if newest != Counter({device: seqs for device, seqs in owed.items() if seqs}):
        raise CountsWrong("the numbers of the devices are not those that were published")
    return True


def _until(reached: Callable[[], bool], else_: str) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while not reached():
        if time.monotonic() > give_up:
            raise BrokerStalled(else_)
        time.sleep(0.01)


def _raise(failure: BaseException) -> None:
    raise failure
