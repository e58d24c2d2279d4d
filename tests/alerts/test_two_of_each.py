"""Two of each on one database: seats are shared, what must happen once happens once, and who was replaced writes nothing."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import Connection, select

from alerts import steward as stewarding
from alerts.commands.months import close_what_is_due
from alerts.commands.settings import change_settings
from alerts.engine import Engine
from alerts.notify.outbox import outbox
from alerts.planner import Planner
from alerts.projections.folding import LEASE as FOLDING
from alerts.projections.folding import Folding
from alerts.projections.projector import Projector
from alerts.seats import ENGINE, PLANNER, POLICY, SHARES, readers, seats_of, share_out
from alerts.steward import Steward
from alerts.timers import Poller, timers
from events import leases
from events.database import Database
from events.follow import bookmark, load_snapshots
from events.holding import PROCESS, Holder
from events.keepers import make_database
from events.leases import Fenced, Lease
from events.store import New, append, head, read
from events.types.alert import AlertRaised
from events.types.device import CarbonMonoxideReported
from events.types.fact import DAY, MINUTE, SECOND, Event
from events.types.message import MessagePlanned, TellRequested
from events.types.system import IngestCaughtUp, ReadingQuarantined
from shouwang.checking import Checking
from shouwang.seats import Seats
from tests.faults.town import Town
from tests.house import House
from tests.postgres import Databases

TOWN = Town(32)
AT = 1_800_000_000 * SECOND


class Half:
    """One process of two: a database of its own, a holder, and seats."""

    def __init__(self, url: str) -> None:
        self.died: list[BaseException] = []
        self.at = AT
        self.database = make_database(url)
        self.holder = Holder(self.database, on_fatal=self.died.append)
        self.seats = Seats(self.database, self.holder, lambda: self.at, channel="logbook", on_fatal=self.died.append)

    def starts(self) -> "Half":
        self.holder.start()
        self.seats.start()
        return self

    def stops(self) -> None:
        self.seats.stop()
        self.holder.stop()
        self.database.close()


@pytest.fixture
def url(postgresql: Databases) -> Iterator[str]:
    """A town in its own database."""
    with postgresql.fresh() as address:
        database = make_database(address)
        TOWN.settle(database, AT - MINUTE)
        records(database, IngestCaughtUp(since=AT), "ingest", "all")
        database.close()
        yield address


def records(database: Database, event: Event, stream: str, lane: str, *, key: str = "", at: int = AT) -> None:
    new = New(stream, lane, event, at, key=key or f"{type(event).__name__}-{at}", digest=0)
    database.write(lambda db: append(db, [new], recorded_at=at))


def alarm(database: Database, home: int, *, on: bool = True, at: int = AT) -> None:
    device = TOWN.device(home, "co")
    event = CarbonMonoxideReported(device=device, alarm=on, ppm=300.0 if on else 2.0)
    records(database, event, f"device-{device}", TOWN.site(home), key=f"{on}-{at}", at=at)


def said(database: Database, kind: type[Event]) -> list[Event]:
    with database.read() as db:
        return [r.event for r in read(db, 0, limit=1_000_000) if isinstance(r.event, kind)]


def until(holds: Callable[[], object], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_two_share_the_seats_and_every_home_is_decided_once(url: str) -> None:
    one, two = Half(url).starts(), Half(url)
    assert one.seats.held() == [0, 1, 2, 3]
    two.starts()
    until(lambda: len(one.seats.held()) == len(two.seats.held()) == 2, "the one gives half of them to the other")
    for home in range(1, TOWN.homes + 1):
        alarm(one.database if home % 2 else two.database, home)
    until(lambda: len(said(one.database, AlertRaised)) == TOWN.homes, "every home's alert")
    until(lambda: len(said(one.database, MessagePlanned)) == 2 * TOWN.homes, "two people each")
    one.stops()
    until(lambda: len(two.seats.held()) == SHARES, "the other takes all when the one leaves")
    two.seats.settle(30)
    raised = Counter(event.alert for event in said(two.database, AlertRaised))  # type: ignore[attr-defined]
    assert len(raised) == TOWN.homes and set(raised.values()) == {1}
    with two.database.read() as db:
        assert len(db.execute(select(outbox.c.message)).all()) == 2 * TOWN.homes
    two.stops()
    assert one.died == two.died == []


def test_what_everybody_reads_happens_once_for_the_service(url: str) -> None:
    """An unknown device's alarm lies in the lane that all seats read, settings too."""
    half = Half(url).starts()
    strange = ReadingQuarantined(quarantine=7, reason="unknown_device", site="s0003", device="co-x", danger="co")
    records(half.database, strange, "quarantine", "all")
    change_settings(half.database, {"away.most_s": 5 * 86_400}, by="test", at=AT)
    half.seats.settle(30)
    assert len(said(half.database, AlertRaised)) == 1
    for home in range(1, TOWN.homes + 1):
        alarm(half.database, home, at=AT + SECOND)
    half.seats.settle(30)
    assert len(said(half.database, AlertRaised)) == 1 + TOWN.homes
    half.stops()
    database = make_database(url)
    with database.read() as db:
        in_force = [s for reader in readers(shared=True) for o, s in load_snapshots(db, reader) if o == POLICY]
    database.close()
    assert len(in_force) == 2 * SHARES and len(set(in_force)) == 1, "the setting is in force in every seat"


class Former:
    """Something at work under a lease that somebody else takes over."""

    def __init__(self, url: str) -> None:
        self.mine, self.theirs = make_database(url), make_database(url)

    def lease(self, name: str) -> Lease:
        lease = self.mine.write(lambda db: leases.take(db, name, "mine", seen=None))
        assert lease is not None
        return lease

    def is_replaced(self, lease: Lease) -> None:
        assert self.theirs.write(lambda db: leases.take(db, lease.name, "theirs", seen=lease))

    def close(self) -> None:
        self.mine.close()
        self.theirs.close()


def everything(database: Database) -> list[list[object]]:
    """All that an engine, a planner or a projector writes."""
    with database.read() as db:
        asked = ("events", "bookmarks", "snapshots", "timers", "outbox", "board_alerts", "board_homes", "marks")
        return [sorted(map(str, db.exec_driver_sql(f"SELECT * FROM {table}").all())) for table in asked]


@pytest.fixture
def former(url: str) -> Iterator[Former]:
    made = Former(url)
    yield made
    made.close()


def test_an_engine_and_a_planner_that_wake_after_they_were_replaced_write_nothing(former: Former) -> None:
    seat, home = next(
        (seat, home) for seat in seats_of(shared=True) for home in range(1, TOWN.homes + 1)
        if seat.owns(TOWN.site(home)) and any(seat.owns(person) for person in TOWN.at_once(home))
    )  # fmt: skip
    lease = former.lease(seat.lease)
    check = partial(leases.check, lease=lease)
    engine = Engine(former.mine, lambda: AT, seat=seat, check=check)
    planner = Planner(former.mine, lambda: AT, channel="logbook", seat=seat, check=check)
    alarm(former.mine, home)
    engine.step(0)
    assert said(former.mine, TellRequested)
    engine.follower.next(timeout=0)
    alarm(former.mine, home, on=False, at=AT + SECOND)
    former.is_replaced(lease)
    before = everything(former.theirs)
    for reader in (engine, planner):
        with pytest.raises(Fenced):
            for _ in range(20):
                reader.step(0)
    with pytest.raises(Fenced):
        engine.commit()
    with pytest.raises(Fenced):
        planner.commit()
    assert everything(former.theirs) == before


def test_one_that_looked_after_the_house_and_wakes_after_it_was_replaced_does_not_say_that_all_is_well(
    former: Former,
) -> None:
    holder = Holder(former.mine, on_fatal=pytest.fail)
    holder.join()
    checking = Checking(former.mine, lambda: AT, every_s=0.01, check=holder.check)
    former.theirs.write(
        lambda db: leases.forget(db, [lease for lease in leases.every(db) if lease.name.startswith(PROCESS)])
    )
    before = everything(former.theirs)
    checking.start()
    until(lambda: "check_failed" in checking.state(), "it looks")
    checking.stop()
    assert checking.state()["check_failed"] == "Fenced"
    assert everything(former.theirs) == before


def test_a_projector_that_wakes_after_it_was_replaced_folds_nothing_and_rebuilds_nothing(former: Former) -> None:
    lease = former.lease(FOLDING)
    projector = Projector(former.mine, check=partial(leases.check, lease=lease))
    former.is_replaced(lease)
    before = everything(former.theirs)
    with pytest.raises(Fenced):
        projector.step()
    former.theirs.write(lambda db: db.exec_driver_sql("UPDATE marks SET at = 1 WHERE name = 'projections'"))
    outdated = everything(former.theirs)
    with pytest.raises(Fenced):
        Projector(former.mine, check=partial(leases.check, lease=lease))
    assert everything(former.theirs) == outdated != before


def test_a_steward_that_wakes_after_it_was_replaced_moves_no_bookmark_and_closes_no_month(
    former: Former, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stewarding, "_SAVE_EVERY", 3)  # behind so many positions of no use to it
    lease = former.lease("steward")
    check = partial(leases.check, lease=lease)
    steward = Steward(former.mine, lambda: AT, check=check)
    while not steward.settled:
        steward.step()
    for home in (1, 2, 3, 4):
        alarm(former.mine, home)
    former.is_replaced(lease)
    before = everything(former.theirs)
    with pytest.raises(Fenced):
        steward.step()
    with pytest.raises(Fenced):
        close_what_is_due(former.mine, AT + 60 * DAY, check=check)
    steward.follower.close()
    assert everything(former.theirs) == before


def test_who_looks_on_sees_what_another_folds_and_goes_on_where_it_stopped(url: str) -> None:
    halves = [make_database(url) for _ in range(2)]
    died: list[BaseException] = []
    holders = [Holder(database, on_fatal=died.append) for database in halves]
    folding = [Folding(d, h, on_fatal=died.append) for d, h in zip(halves, holders, strict=True)]
    heard: list[list[int]] = [[], []]
    for n, each in enumerate(folding):
        each.on_folded(lambda facts, _, n=n: heard[n].extend(r.position for r in facts))  # type: ignore[misc]
        holders[n].start()
        each.start()
    assert [each.active for each in folding] == [True, False]
    from_here = folding[1].position

    def folded(n: int) -> bool:
        with halves[n].read() as db:
            return folding[n].wait_for(head(db), 10) and folding[n].position == head(db)

    alarm(halves[0], 1)
    assert folded(0) and folded(1)
    folding[0].stop()
    holders[0].stop()
    alarm(halves[1], 2)
    until(lambda: folding[1].active, "the other folds now")
    assert folded(1)
    with halves[1].read() as db:
        assert heard[1] == [r.position for r in read(db, from_here, limit=10_000)], "each fact once and in order"
    folding[1].stop()
    holders[1].stop()
    for database in halves:
        database.close()
    assert died == []


def test_what_one_reader_of_all_lanes_had_kept_goes_to_the_seats_once(postgresql: Databases) -> None:
    with postgresql.fresh() as address:
        house = House(address)
        house.hears("co-1", "co", {"alarm": False, "ppm": 2, "test": False})
        house.hears("co-1", "co", {"alarm": True, "ppm": 300, "test": False})
        house.set(away__most_s=5 * 86_400)
        house.engine.commit()
        house.planner.commit()
        told = len(house.said(MessagePlanned))
        with house.database.read() as db:
            kept = {(kind, *row) for kind in (ENGINE, PLANNER) for row in load_snapshots(db, kind)}
            stood = {kind: bookmark(db, kind) for kind in (ENGINE, PLANNER)}
        others = [make_database(address) for _ in range(3)]
        threads = [threading.Thread(target=other.write, args=(share_out,)) for other in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        with house.database.read() as db:
            shared = {
                (kind, *row) for kind in (ENGINE, PLANNER) for seat in seats_of(shared=True)
                for row in load_snapshots(db, seat.reader(kind))
            }  # fmt: skip
            assert shared == kept
            in_force = [o for reader in readers(shared=True) for o, _ in load_snapshots(db, reader) if o == POLICY]
            assert len(in_force) == 2 * SHARES, "the settings go to every seat"
            assert {bookmark(db, s.reader(k)) for s in seats_of(shared=True) for k in (ENGINE,)} == {stood[ENGINE]}
            assert {bookmark(db, s.reader(k)) for s in seats_of(shared=True) for k in (PLANNER,)} == {stood[PLANNER]}
            assert not [row for kind in (ENGINE, PLANNER) for row in load_snapshots(db, kind)]
        half = Half(str(address))
        half.at = house.at
        half.starts()
        half.seats.settle(30)
        assert len(house.said(MessagePlanned)) == told, "nobody is told again"
        half.at += 2 * MINUTE
        Poller(half.database, lambda: half.at, on_fatal=half.died.append).tick()
        half.seats.settle(30)
        assert len(house.said(MessagePlanned)) == told + 1, "the village head, two minutes after"
        half.stops()
        for other in others:
            other.close()
        house.close()
        assert half.died == []


def test_a_poller_held_up_between_looking_and_ringing_rings_at_the_time_it_is_then(url: str) -> None:
    database = make_database(url)
    clock = iter([AT, AT + 90 * SECOND, AT + 90 * SECOND])

    def due(db: Connection) -> None:
        db.execute(timers.insert().values(owner="h1", timer="alert:x", site="s0001", due=AT, waits=0))

    database.write(due)
    assert Poller(database, lambda: next(clock), on_fatal=pytest.fail).tick() == 1
    with database.read() as db:
        assert [r.at for r in read(db, 0, limit=10_000) if r.stream == "timer-h1"] == [AT + 90 * SECOND]
    database.close()
