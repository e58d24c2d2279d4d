"""Leases: one holder at a time, judged alive by what it does and not by anybody's clock, and refused once it is not."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from events import leases
from events.database import Database
from events.holding import Holder
from events.keepers import make_database
from events.leases import Fenced, Lease
from events.presence import has_ended, this_process
from events.watchfulness import DEAD_AFTER_S, Watchful
from tests.postgres import Databases


def taken(database: Database, name: str = "door", owner: str = "a") -> Lease:
    with database.read() as db:
        seen = leases.find(db, name)
    lease = database.write(lambda db: leases.take(db, name, owner, seen=seen))
    assert lease is not None
    return lease


def test_of_two_who_saw_the_same_one_takes_it(any_database: Database) -> None:
    assert any_database.write(lambda db: leases.take(db, "door", "a", seen=None)) == Lease("door", "a", 1)
    assert any_database.write(lambda db: leases.take(db, "door", "b", seen=None)) is None
    seen = Lease("door", "a", 1)
    assert any_database.write(lambda db: leases.take(db, "door", "b", seen=seen)) == Lease("door", "b", 2)
    assert any_database.write(lambda db: leases.take(db, "door", "c", seen=seen)) is None


def test_who_has_shown_since_that_he_lives_keeps_it(any_database: Database) -> None:
    seen = taken(any_database)
    assert any_database.write(lambda db: leases.beat(db, "a")) == {("door", 1)}
    assert any_database.write(lambda db: leases.take(db, "door", "b", seen=seen)) is None
    any_database.write(lambda db: leases.check(db, seen))


def test_the_former_holder_is_refused_in_writing_and_in_reading(any_database: Database) -> None:
    former = taken(any_database)
    taken(any_database, owner="b")
    with pytest.raises(Fenced, match="door"):
        any_database.write(lambda db: leases.check(db, former))
    with pytest.raises(Fenced), any_database.read() as db:
        leases.confirm(db, former)
    assert any_database.write(lambda db: leases.beat(db, "a")) == set()
    any_database.write(lambda db: leases.give_back(db, former))
    assert find(any_database).owner == "b", "what is not his he cannot give"


def test_what_was_given_back_is_free_for_the_next(any_database: Database) -> None:
    lease = taken(any_database)
    any_database.write(lambda db: leases.give_back(db, lease))
    with pytest.raises(Fenced):
        any_database.write(lambda db: leases.check(db, lease))
    assert taken(any_database, owner="b").token == 2


def find(database: Database, name: str = "door") -> Lease:
    with database.read() as db:
        found = leases.find(db, name)
    assert found is not None
    return found


def test_a_take_over_waits_for_a_commit_under_way_and_a_beat_does_not(postgresql: Databases) -> None:
    with postgresql.fresh() as url:
        mine, theirs = make_database(url), make_database(url)
        lease = taken(mine)
        checked, go_on = threading.Event(), threading.Event()

        def writes(db: object) -> None:
            leases.check(db, lease)  # type: ignore[arg-type]
            checked.set()
            assert go_on.wait(20)

        committing = mine.submit(writes)
        assert checked.wait(10)
        assert mine.write(lambda db: leases.beat(db, "a")) == {("door", 1)}
        seen = find(theirs)
        taking = theirs.submit(lambda db: leases.take(db, "door", "b", seen=seen))
        until(lambda: waiting_for_a_row(mine) == 1)
        assert find(mine).owner == "a"
        go_on.set()
        committing.result(10)
        assert taking.result(10) == Lease("door", "b", 2)
        mine.close()
        theirs.close()


def waiting_for_a_row(database: Database) -> int:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with database.read() as db:
        return int(db.execute(text(asked)).scalar() or 0)


def until(holds: "object") -> None:
    deadline = time.monotonic() + 20
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Watch:
    """A clock of our own, and what there is to be seen."""

    def __init__(self) -> None:
        self.watchful = Watchful(ended=lambda owner: owner == "ended")
        self.at = 1000.0

    def looks(self, *held: Lease, every: float = 1.0, times: int = 1) -> None:
        for _ in range(times):
            self.watchful.look(held, self.at)
            self.at += every


def test_ten_seconds_without_a_beat_are_death_and_a_beat_begins_them_anew() -> None:
    watch, lease = Watch(), Lease("door", "a", 1, 5)
    watch.looks(lease, times=int(DEAD_AFTER_S))
    assert not watch.watchful.is_dead(lease)
    later = Lease("door", "a", 1, 6)
    watch.looks(later)
    assert not watch.watchful.is_dead(later)
    watch.looks(later, times=int(DEAD_AFTER_S))
    assert watch.watchful.is_dead(later)
    assert watch.watchful.dead_owners() == {"a"}
    assert not watch.watchful.is_dead(Lease("door", "a", 1, 7)), "what beats in this moment is alive"


def test_who_was_frozen_himself_takes_nobody_for_dead() -> None:
    watch, lease = Watch(), Lease("door", "a", 1, 5)
    watch.looks(lease, every=90.0, times=3)
    assert not watch.watchful.is_dead(lease)


def test_a_process_that_has_ended_is_dead_at_once() -> None:
    watch, lease = Watch(), Lease("door", "ended", 1)
    watch.looks(lease)
    assert watch.watchful.is_dead(lease)
    assert not watch.watchful.is_dead(Lease("door", "", 2)), "free is not dead"


def test_only_what_certainly_ended_on_this_machine_has_ended() -> None:
    mine = this_process("s")
    machine, _, session = mine.split("/")
    assert not has_ended(mine)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    theirs = f"{machine}/{child.pid}-{started}/{session}"
    assert not has_ended(theirs)
    assert has_ended(f"{machine}/{child.pid}-{int(started) - 1}/{session}"), "the number went to another process"
    child.kill()
    until(lambda: has_ended(theirs))  # though nobody has taken notice of its end yet
    child.wait()
    assert has_ended(theirs)
    assert not has_ended(theirs.replace(machine, "elsewhere")), "of another machine nobody knows"
    assert not has_ended("") and not has_ended("anything") and not has_ended(f"{machine}/{os.getpid()}-0/s")


def test_whoever_holds_the_database_alone_takes_over_at_once_and_never_beats(tmp_path: Path) -> None:
    database = make_database(tmp_path / "log.db")
    database.create()
    former = Holder(database, on_fatal=pytest.fail)
    lease = former.take("door")
    assert lease is not None
    mine = Holder(database, on_fatal=pytest.fail)
    mine.start()
    mine.join()
    assert mine.take("door") is not None
    with pytest.raises(Fenced):
        database.write(lambda db: leases.check(db, lease))
    assert find(database).beat == 0
    with database.read() as db:
        assert mine.living(db) == {mine.owner}
        assert [each.name for each in leases.every(db)] == ["door"]
    database.close()


class Two:
    """Two processes on one database, each with a clock of its own in our hand."""

    def __init__(self, url: str) -> None:
        self.databases = [make_database(url) for _ in range(2)]
        self.clocks = [100.0, 5000.0]
        self.lost: list[BaseException] = []
        self.first, self.second = (
            Holder(database, on_fatal=self.lost.append, clock=lambda n=n: self.clocks[n])  # type: ignore[misc]
            for n, database in enumerate(self.databases)
        )

    def second_looks(self, times: int) -> None:
        for _ in range(times):
            self.second.look()
            self.clocks[1] += 1.0


@pytest.fixture
def two(postgresql: Databases):  # type: ignore[no-untyped-def]
    with postgresql.fresh() as url:
        made = Two(url)
        yield made
        for database in made.databases:
            database.close()


def test_a_living_holder_is_left_alone_and_one_that_fell_silent_is_replaced(two: Two) -> None:
    lease = two.first.take("door")
    assert lease is not None
    for _ in range(15):
        two.first.look()
        two.second_looks(1)
    assert two.second.take("door") is None
    two.second_looks(11)
    assert two.second.take("door") is not None
    with pytest.raises(Fenced):
        two.first.look()
    with pytest.raises(Fenced):
        two.databases[0].write(lambda db: leases.check(db, lease))


def test_what_is_given_back_is_taken_without_waiting(two: Two) -> None:
    two.first.take("door")
    two.first.join()
    two.second_looks(1)
    assert two.second.take("door") is None
    two.first.stop()
    assert two.second.take("door") is not None
    with two.databases[1].read() as db:
        assert [lease.name for lease in leases.every(db)] == ["door"], "nor does it count as a process any more"


def test_a_writer_that_fell_silent_within_a_transaction_holds_nobody_up(two: Two) -> None:
    """Frozen within COPY the server would wait for it for ever: its connections end before it is replaced."""
    lease = two.first.take("door")
    assert lease is not None
    holding, woken = threading.Event(), threading.Event()

    def copies(db):  # type: ignore[no-untyped-def]
        leases.check(db, lease)
        with db.connection.driver_connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE half (a integer)")
            with cursor.copy("COPY half (a) FROM STDIN") as copy:
                copy.write_row((1,))
                holding.set()
                assert woken.wait(60)

    frozen = two.databases[0].submit(copies)
    assert holding.wait(10)
    two.second_looks(12)
    began = time.monotonic()
    assert two.second.take("door") is not None
    assert time.monotonic() - began < 5
    woken.set()
    with pytest.raises(Exception, match=r"terminat|clos"):
        frozen.result(10)


def test_who_is_known_to_be_dead_counts_for_nobody(two: Two) -> None:
    two.first.join()
    two.second.join()
    with two.databases[1].read() as db:
        assert two.second.living(db) == {two.first.owner, two.second.owner}
    two.second_looks(12)
    with two.databases[1].read() as db:
        assert two.second.living(db) == {two.second.owner}
    with pytest.raises(Fenced):
        two.first.look()


def test_a_database_that_does_not_answer_makes_nobody_dead(two: Two, postgresql: Databases) -> None:
    two.first.take("door")
    two.second_looks(5)
    two.clocks[1] += 300
    two.second_looks(3)
    assert two.second.take("door") is None
    assert two.lost == []
