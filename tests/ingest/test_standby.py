"""One door is open and another stands by: it opens when the first has gone, and the first may do nothing any more."""

import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from events import leases
from events.database import Database
from events.holding import Holder
from events.keepers import make_database
from events.leases import Fenced, Lease
from events.store import New, append, read
from events.types.device import DeviceFact
from events.types.system import RedecodeRequested
from ingest.addressing import Patience
from ingest.broker import Broker
from ingest.inbox import Disconnected, Inbox, Marker
from ingest.line import Line
from ingest.service import Ingest
from ingest.standby import LEASE, Standby
from shouwang.moment import now
from tests.faults.crowd import Crowd
from tests.faults.town import Town
from tests.ingest.door import Clock, enrol, running, said, until
from tests.ports import free_port
from tests.postgres import Databases

TOWN = Town(8)


@pytest.fixture
def url(postgresql: Databases) -> Iterator[str]:
    with postgresql.fresh() as address:
        yield address


def taken_by(database: Database, owner: str, seen: Lease | None = None) -> Lease:
    lease = database.write(lambda db: leases.take(db, LEASE, owner, seen=seen))
    assert lease is not None
    return lease


def whole(database: Database) -> list[Any]:
    with database.read() as db:
        return read(db, 0, limit=100_000)


@pytest.mark.parametrize("what", ["a message", "a marker", "a lost connection", "a request", "nothing but the end"])
def test_a_door_that_wakes_after_it_was_replaced_records_and_acknowledges_nothing(url: str, what: str) -> None:
    database = make_database(url)
    enrol(database)
    lease = taken_by(database, "mine")
    with running(database, Clock(), check=partial(leases.check, lease=lease)) as door:
        door.connects()
        door.hears(said(seq=1))
        acked, published = list(door.acked), list(door.published)
        taken_by(database, "theirs", lease)
        if what == "a request":
            asked = New("quarantine", "all", RedecodeRequested(quarantine=1, by="test"), door.clock(), key="asked")
            database.write(lambda db: _append(db, asked))
        before, marks = whole(database), everything_of_its_own(database)
        match what:
            case "a message":
                door.arrives(said(seq=2))
            case "a marker":
                _marker(door)
            case "a lost connection":
                door.inbox.put(Disconnected(door.clock(), "gone"))
            case "nothing but the end":
                door.sequences.changed.add("dp03/hall-1")
                door.intake.stop()
        until(lambda: door.fatal)
        assert isinstance(door.fatal[0], Fenced)
        assert (door.acked, door.published) == (acked, published)
        assert (whole(database), everything_of_its_own(database)) == (before, marks)
    database.close()


def _append(db: Any, new: Any) -> None:
    append(db, [new], recorded_at=new.at)


def _marker(door: Any) -> None:
    for tail in ("event", "tele", "status"):
        door.inbox.put(Marker(1, 90, 0, 1, tail, door.clock(), True))


def everything_of_its_own(database: Database) -> list[list[str]]:
    with database.read() as db:
        tables = ("marks", "bookmarks", "snapshots", "quarantine")
        return [sorted(map(str, db.exec_driver_sql(f"SELECT * FROM {table}").all())) for table in tables]


class Ear:
    """Something that listens where a broker would, and counts who comes."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(0.05)
        self.port = self._door.getsockname()[1]

    def somebody_came(self, within_s: float) -> bool:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            try:
                self._door.accept()[0].close()
            except TimeoutError:
                continue
            return True
        return False

    def close(self) -> None:
        self._door.close()


def test_the_line_goes_to_the_broker_only_while_the_door_is_ours() -> None:
    ear, may, fatal = Ear(), {"connect": False}, []

    def asked() -> bool:
        if may["connect"] is None:
            raise Fenced(LEASE)
        return bool(may["connect"])

    line = Line(
        f"mqtt://127.0.0.1:{ear.port}", Inbox(), now=now, client_id="one", on_fatal=fatal.append, may_connect=asked
    )
    line.start()
    assert not ear.somebody_came(0.7)
    may["connect"] = True
    assert ear.somebody_came(10)
    may["connect"] = None  # type: ignore[assignment]
    until(lambda: fatal)
    assert isinstance(fatal[0], Fenced)
    line.stop()
    ear.close()


class House:
    """One process of two, as far as the door is concerned."""

    def __init__(self, url: str, broker: Broker, clock: Callable[[], float] = time.monotonic) -> None:
        self.died: list[BaseException] = []
        self.database = make_database(url)
        self.holder = Holder(self.database, on_fatal=self.died.append, clock=clock)
        quick = Patience(ack_wait_s=0.5, ping_every_s=1.0)
        opens = partial(Ingest, self.database, mqtt_url=broker.service_url, now=now, patience=quick, on_fatal=self.died.append)  # fmt: skip
        self.door = Standby(self.database, self.holder, opens, on_fatal=self.died.append)

    def starts(self, *, beats: bool = True) -> "House":
        if beats:
            self.holder.start()
        self.door.start()
        return self

    def leaves(self) -> None:
        self.door.stop()
        self.holder.stop()
        self.database.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path / "broker", port=free_port(), ack_wait_s=1.0)
    made.start()
    made.wait_ready()
    yield made
    made.stop()


@pytest.mark.broker
def test_the_one_that_stands_by_opens_when_the_first_has_gone_and_nothing_is_lost_or_twice(
    url: str, broker: Broker
) -> None:
    first, second = House(url, broker), House(url, broker, clock=lambda: time.monotonic() * 20)
    TOWN.settle(first.database, now())
    first.starts(beats=False)  # nobody sees it live: from its start on it is as good as frozen
    until(lambda: first.door.stats().caught_up_at, 30)
    second.starts()
    assert not second.door.stats().active
    with Crowd(TOWN, broker.devices_url, seed=1) as crowd:
        crowd.rate = 100.0
        until(lambda: second.door.stats().caught_up_at, 60)
        until(lambda: first.died, 30)
        assert isinstance(first.died[0], Fenced), "it found the broker taken, and the door"
        assert not second.died
        third = House(url, broker).starts()
        second.leaves()
        until(lambda: third.door.stats().caught_up_at, 30)
        assert crowd.falls_silent()
        until(lambda: len(crowd.acknowledged - in_the_log(third.database)) == 0, 30)
        assert third.died == []
        third.leaves()
    first.leaves()
    check = make_database(url)
    keys = [(r.event.device, r.key) for r in whole(check) if isinstance(r.event, DeviceFact) and r.key]
    assert len(keys) == len(set(keys))
    check.close()


def in_the_log(database: Database) -> set[tuple[str, str]]:
    return {(r.event.device, r.key or "") for r in whole(database) if isinstance(r.event, DeviceFact)}
