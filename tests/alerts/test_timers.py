"""Timers ring once, when it is time, and those that judge silence only when everything until then was heard."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.timers import Poller, Timer, mark_of, next_due, ring, set_timers, timers
from events.database import Database
from events.keepers import make_database
from events.store import read
from events.tables import marks
from events.types.fact import MINUTE, SECOND
from events.types.system import DeadlinePassed
from ingest.caught_up import move_mark
from tests.house import House
from tests.postgres import Databases

pytestmark = pytest.mark.both

AT = 1_800_000_000 * SECOND


@pytest.fixture
def database(address: str | Path) -> Iterator[Database]:
    made = make_database(address)
    made.create()
    yield made
    made.close()


def asks(database: Database, name: str, due: int | None, *, waits: bool = False, owner: str = "h1") -> None:
    database.write(lambda db: set_timers(db, {(owner, name): Timer("dp03", due, waits)}))


def heard_until(database: Database, at: int) -> None:
    database.write(lambda db: move_mark(db, at))


def rings(database: Database, now: int) -> int:
    return database.write(lambda db: ring(db, now))


def rung(database: Database) -> list[tuple[str, str, int]]:
    with database.read() as db:
        log = read(db, 0, limit=100_000)
    assert all(isinstance(r.event, DeadlinePassed) and r.stream == f"timer-{r.event.owner}" for r in log)
    return [(r.event.owner, r.event.timer, r.event.due) for r in log]  # type: ignore[attr-defined]


def waiting(database: Database) -> int:
    with database.read() as db:
        return len(db.execute(timers.select()).all())


def test_a_timer_rings_when_it_is_due_and_once(database: Database) -> None:
    asks(database, "alert:a", AT)
    assert rings(database, AT - 1) == 0
    assert rings(database, AT) == 1
    assert rings(database, AT + MINUTE) == 0
    assert rung(database) == [("h1", "alert:a", AT)]
    assert waiting(database) == 0


def test_the_fact_says_when_it_was_due_and_when_it_was_noticed(database: Database) -> None:
    asks(database, "alert:a", AT)
    rings(database, AT + MINUTE)
    with database.read() as db:
        fact = read(db, 0)[0]
    assert (fact.event.due, fact.at, fact.recorded_at, fact.lane) == (AT, AT + MINUTE, AT + MINUTE, 61)  # type: ignore[attr-defined]


def test_what_is_due_earlier_rings_earlier(database: Database) -> None:
    for n, name in enumerate(["c", "a", "b"]):
        asks(database, name, AT - n)
    asks(database, "z", AT - 1, owner="h0")
    rings(database, AT)
    assert [name for _, name, _ in rung(database)] == ["b", "z", "a", "c"]


def test_a_timer_asked_for_again_rings_at_the_new_time_only(database: Database) -> None:
    asks(database, "alert:a", AT)
    asks(database, "alert:a", AT + MINUTE)
    assert rings(database, AT + 1) == 0
    assert rings(database, AT + MINUTE) == 1
    assert rung(database) == [("h1", "alert:a", AT + MINUTE)]
    asks(database, "alert:a", AT)
    assert rings(database, AT + MINUTE) == 1, "asked for anew after it rang, also for a time that has passed"


def test_a_timer_no_more_wanted_does_not_ring(database: Database) -> None:
    asks(database, "alert:a", AT)
    asks(database, "alert:a", None)
    assert rings(database, AT) == 0


def test_a_timer_put_off_between_looking_and_ringing_does_not_ring(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The poller has seen that something is due; before its turn to write comes, the engine puts it off."""
    asks(database, "alert:a", AT)
    asks(database, "alert:b", AT)

    def meanwhile(name: str) -> None:
        if name == "timers.due":
            asks(database, "alert:a", AT + MINUTE)

    monkeypatch.setattr("alerts.timers.failpoint", meanwhile)
    assert Poller(database, lambda: AT, on_fatal=lambda failure: None).tick() == 1
    assert rung(database) == [("h1", "alert:b", AT)]
    assert waiting(database) == 1


def test_where_many_write_at_once_what_one_rings_another_neither_rings_nor_waits_for(
    postgresql: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql.fresh() as url, contextlib.closing(make_database(url)) as database:
        database.create()
        asks(database, "alert:a", AT)
        others: list[int] = []

        def meanwhile(name: str) -> None:
            if name == "timers.in_commit" and not others:
                others.append(-1)
                others.append(database.submit(lambda db: ring(db, AT)).result(10))

        monkeypatch.setattr("alerts.timers.failpoint", meanwhile)
        assert rings(database, AT) == 1
        assert others == [-1, 0]
        assert rung(database) == [("h1", "alert:a", AT)]
        assert waiting(database) == 0


def test_timers_that_judge_silence_wait_until_everything_was_heard_and_others_do_not(database: Database) -> None:
    asks(database, "rule:no_activity", AT, waits=True)
    asks(database, "alert:co", AT)
    heard_until(database, AT - 1)
    assert rings(database, AT + MINUTE) == 1
    assert rung(database) == [("h1", "alert:co", AT)], "a class-1 step waits for no broker"
    heard_until(database, AT)
    assert rings(database, AT + MINUTE) == 1
    assert rung(database)[-1] == ("h1", "rule:no_activity", AT)


def test_where_ingest_has_never_heard_anything_silence_is_not_judged(database: Database) -> None:
    asks(database, "rule:no_activity", AT, waits=True)
    with database.read() as db:
        assert mark_of(db) == 0
    assert rings(database, AT * 2) == 0


def test_the_mark_never_goes_back(database: Database) -> None:
    heard_until(database, AT)
    heard_until(database, AT - MINUTE)
    with database.read() as db:
        assert mark_of(db) == AT
        assert len(db.execute(marks.select()).all()) == 1


def test_the_next_due_is_the_next_that_may_ring(database: Database) -> None:
    def asked(**how: int) -> int | None:
        with database.read() as db:
            return next_due(db, **how)

    assert asked() is None
    asks(database, "rule:no_activity", AT, waits=True)
    asks(database, "alert:a", AT + MINUTE)
    assert asked() == AT
    assert asked(mark=AT) == AT
    assert asked(mark=AT - 1) == AT + MINUTE


def test_two_pollers_of_two_processes_ring_each_timer_once(database: Database) -> None:
    other = make_database(database.address)
    count = 150
    for n in range(count):
        asks(database, f"alert:{n}", AT + n)
    clock = {"now": AT - 1}
    pollers = [
        Poller(which, lambda: clock["now"], on_fatal=lambda failure: pytest.fail(str(failure)))
        for which in (database, database, other, other)
    ]
    done = threading.Event()

    def ticks(poller: Poller) -> None:
        while not done.is_set():
            poller.tick()

    threads = [threading.Thread(target=ticks, args=(poller,)) for poller in pollers]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 30
    while waiting(database) and time.monotonic() < until:
        clock["now"] += 3
    done.set()
    for thread in threads:
        thread.join(10)
    other.close()
    assert sorted(rung(database)) == sorted(("h1", f"alert:{n}", AT + n) for n in range(count))


def test_a_flood_of_timers_rings_in_pieces_and_all_of_it(database: Database) -> None:
    wanted = {(f"h{n}", "rule:device_silent"): Timer("dp03", AT, waits=True) for n in range(450)}
    database.write(lambda db: set_timers(db, wanted))
    heard_until(database, AT)
    counts = [rings(database, AT) for _ in range(4)]
    assert sum(counts) == 450
    assert max(counts) < 450
    assert len(set(rung(database))) == 450


def test_life_safety_rings_first_when_thousands_are_due(database: Database) -> None:
    wanted = {(f"h{n}", "rule:device_silent"): Timer("dp03", AT, waits=True) for n in range(450)}
    wanted["h500", "alert:co"] = Timer("dp03", AT + SECOND, waits=False)
    database.write(lambda db: set_timers(db, wanted))
    heard_until(database, AT + MINUTE)
    rings(database, AT + MINUTE)
    assert ("h500", "alert:co", AT + SECOND) in rung(database)


def test_a_poller_started_after_a_standstill_rings_what_fell_due_meanwhile(database: Database) -> None:
    asks(database, "alert:a", AT)
    poller = Poller(database, lambda: AT + 600 * MINUTE, on_fatal=lambda failure: None)
    poller.start()
    try:
        until = time.monotonic() + 10
        while waiting(database) and time.monotonic() < until:
            time.sleep(0.01)
    finally:
        poller.stop()
    assert rung(database) == [("h1", "alert:a", AT)]


def test_a_poller_that_cannot_ring_ends_the_process(database: Database) -> None:
    ended: list[BaseException] = []

    def no_clock() -> int:
        raise OSError

    Poller(database, no_clock, on_fatal=ended.append).tick()
    assert len(ended) == 1


def test_life_safety_goes_on_while_the_broker_is_gone_and_silence_is_not_judged(house: House) -> None:
    house.lives()
    house.waits(hours=11)
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    house.waits(minutes=4, hearing=False)
    assert house.phone(5).inbox, "the town, after four minutes"
    house.waits(hours=2, hearing=False)
    assert [a.danger for a in house.alerts() if a.danger == "no_activity"] == []
    house.rings()
    assert house.alert("no_activity").status == "suspected"
