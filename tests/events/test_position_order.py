"""Positions become visible in order: a reader that has seen one never has to look behind it again. A hunt, and its proof."""

import threading
from pathlib import Path

import psycopg
import pytest

from events.follow import Follower
from events.keepers import make_database
from events.store import append, head
from tests.events.saying import AT, fact, whole
from tests.postgres import Databases, waiting_to_number
from tests.shouwang.running import until

WRITERS = 6


class Hunt:
    """Six writers with batches of every size, a polling reader without memory, and a follower that has some."""

    def __init__(self, address: str | Path, events: int) -> None:
        self.databases = [make_database(address) for _ in range(3)]
        self.each = events // WRITERS
        self.polled: list[int] = []
        self.followed: list[int] = []
        self.done = threading.Event()

    def writes(self, name: int) -> None:
        database, sizes, n = self.databases[name % 2], (1, 7, 40, 3, 250, 1, 90), 0
        while n < self.each:
            size = min(sizes[(n + name) % len(sizes)], self.each - n)
            news = [fact(f"{name}-{m}") for m in range(n, n + size)]
            news += news[:1] if size % 2 else []  # a repeat burns a number
            database.write(lambda db, news=news: append(db, news, recorded_at=AT))  # type: ignore[misc]
            n += size

    def polls(self) -> None:
        last = 0
        with psycopg.connect(str(self.databases[2].address), autocommit=True) as connection:
            while True:
                finished = self.done.is_set()
                rows = connection.execute(
                    "SELECT position FROM events WHERE position > %s ORDER BY position LIMIT 500", (last,)
                ).fetchall()
                self.polled += [row[0] for row in rows]
                last = self.polled[-1] if self.polled else 0
                if finished and not rows:
                    return

    def follows(self) -> None:
        follower = Follower(self.databases[0], "hunt")
        while batch := follower.next(timeout=0.3) or (not self.done.is_set() and [None]):
            self.followed += [record.position for record in batch if record]
        follower.close()

    def run(self) -> "Hunt":
        readers = [threading.Thread(target=self.polls), threading.Thread(target=self.follows)]
        writers = [threading.Thread(target=self.writes, args=(n,)) for n in range(WRITERS)]
        for thread in (*readers, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        self.done.set()
        for thread in readers:
            thread.join()
        self.there = [record.position for record in whole(self.databases[2])]
        for database in self.databases:
            database.close()
        return self

    @property
    def stepped_over(self) -> int:
        return len(set(self.there) - set(self.polled))


def test_of_20000_events_of_six_writers_none_is_stepped_over(postgresql: Databases) -> None:
    with postgresql.fresh() as url:
        hunt = Hunt(url, 20_000).run()
    assert len(hunt.there) == WRITERS * hunt.each
    assert hunt.stepped_over == 0
    assert hunt.polled == hunt.there
    assert hunt.followed == hunt.there, "memory and database together: each once, in order"


def test_without_the_trigger_the_same_hunt_finds_some(postgresql: Databases) -> None:
    """Or the hunt would prove nothing."""
    for _ in range(10):
        with postgresql.fresh() as url:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP TRIGGER events_in_order ON events")
            if Hunt(url, 6_000).run().stepped_over:
                return
    pytest.fail("nothing was stepped over in ten hunts without the lock")


def test_a_writer_that_hangs_with_a_number_in_hand_keeps_the_others_behind_it(postgresql: Databases) -> None:
    with postgresql.fresh() as url:
        first, second = make_database(url), make_database(url)
        numbered, go_on, written = threading.Event(), threading.Event(), threading.Event()

        def hangs(db: object) -> None:
            append(db, [fact("first")], recorded_at=AT)  # type: ignore[arg-type]
            numbered.set()
            assert go_on.wait(20)

        def comes_later() -> None:
            second.write(lambda db: append(db, [fact("second")], recorded_at=AT))
            written.set()

        threads = [threading.Thread(target=first.write, args=(hangs,)), threading.Thread(target=comes_later)]
        threads[0].start()
        assert numbered.wait(20)
        threads[1].start()
        until(lambda: waiting_to_number(second), "the second waits for its number")
        with second.read() as db:
            assert head(db) == 0, "the second is not visible before the first"
        assert not written.is_set()
        go_on.set()
        for thread in threads:
            thread.join(20)
        assert [r.key for r in whole(second)] == ["first", "second"]
        first.close()
        second.close()
