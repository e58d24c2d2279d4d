"""Readers in other processes are woken by notifications, and find all of it without them."""

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from events import follow
from events.follow import Follower
from events.keepers import make_database
from events.keepers.postgresql import PostgresqlDatabase
from events.serial import Recorded
from tests.events.saying import fact, tell
from tests.wire import Wire, through, until


@pytest.fixture
def database(url: str) -> Iterator[PostgresqlDatabase]:
    made = make_database(url, on_fatal=lambda _failure: None)
    assert isinstance(made, PostgresqlDatabase)
    yield made
    made.close()


def listening(database: PostgresqlDatabase) -> bool:
    asked = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
    with database.read() as db:
        return bool(db.execute(asked).scalar())


def test_a_waiting_reader_is_woken_by_another_process(
    database: PostgresqlDatabase, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_POLL_S", 30)
    follower = Follower(database, "story")
    other = make_database(url)
    until(lambda: listening(database))
    found: list[Recorded] = []
    reader = threading.Thread(target=lambda: found.extend(follower.next(timeout=30)))
    reader.start()
    tell(other, fact("a"))
    reader.join(10)
    assert [r.key for r in found] == ["a"]
    other.close()


def test_nobody_is_woken_by_their_own(database: PostgresqlDatabase, url: str) -> None:
    hints: list[int] = []
    database.on_hint(lambda: hints.append(1))
    until(lambda: listening(database))
    tell(database, fact("a"))
    other = make_database(url)
    tell(other, fact("b"))
    until(lambda: bool(hints))
    assert hints == [1]
    other.close()


def test_without_notifications_polling_finds_all(url: str, wire: Wire, database: PostgresqlDatabase) -> None:
    far = through(url, wire)
    follower = Follower(far, "story")
    wire.on_asked = lambda asked: "cut" if b"LISTEN" in asked else ""
    wire.cut()
    until(lambda: not listening(database))
    assert follower.next(timeout=0.05) == [], "it has looked, and looks again only because time has passed"
    tell(database, fact("a"))
    assert [r.key for r in follower.next(timeout=5)] == ["a"]
    far.close()


def test_a_listener_whose_wire_was_cut_listens_again(url: str, wire: Wire, database: PostgresqlDatabase) -> None:
    far = through(url, wire)
    hints: list[int] = []
    far.on_hint(lambda: hints.append(1))
    until(lambda: listening(database))
    wire.cut()
    until(lambda: not listening(database))
    until(lambda: listening(database))
    tell(database, fact("a"))
    until(lambda: bool(hints))
    far.close()


def test_gaps_keep_no_reader_waiting(database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "_POLL_S", 30)
    follower = Follower(database, "story")
    tell(database, fact("a"))
    assert [r.key for r in follower.next(timeout=5)] == ["a"]
    tell(database, *[fact("a")] * 10, fact("b"))
    began = time.monotonic()
    assert [r.key for r in follower.next(timeout=20)] == ["b"]
    assert follower.position > 2
    assert time.monotonic() - began < 5
    follower.close()
