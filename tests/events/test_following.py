"""A reader sees every fact of its lanes once and in order, however it comes to it."""

import threading
from pathlib import Path

import pytest

from events import follow
from events.database import Database
from events.follow import (
    Follower,
    bookmark,
    load_snapshots,
    save_bookmark,
    save_snapshots,
)
from events.keepers import make_database
from events.lanes import ALL, lane_of
from events.serial import Recorded
from events.store import New
from events.types.setting import SettingChanged
from tests.events.saying import AT, fact, tell, whole


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both, one after the other."""
    return any_database


def drained(follower: Follower, limit: int = 1000) -> list[Recorded]:
    found: list[Recorded] = []
    while batch := follower.next(limit=limit, timeout=0):
        assert len(batch) <= limit
        found += batch
    return found


def positions(facts: list[Recorded]) -> list[int]:
    return [r.position for r in facts]


def test_a_reader_gets_the_past_from_the_database_and_the_rest_through_memory(database: Database) -> None:
    tell(database, *[fact(f"a{n}") for n in range(5)])
    follower = Follower(database, "story")
    assert positions(drained(follower, limit=2)) == [1, 2, 3, 4, 5]
    made = tell(database, *[fact(f"b{n}") for n in range(5)])
    handed = follower.next(timeout=0)
    assert handed[0] is made.recorded[0], "handed over, not read again"
    assert positions(handed + drained(follower)) == [6, 7, 8, 9, 10]


def test_what_was_handed_over_before_the_past_was_read_comes_once(database: Database) -> None:
    tell(database, *[fact(f"a{n}") for n in range(3)])
    follower = Follower(database, "story")
    tell(database, *[fact(f"b{n}") for n in range(3)])
    assert positions(drained(follower, limit=4)) == [1, 2, 3, 4, 5, 6]
    made = tell(database, fact("c"))
    assert follower.next(timeout=0)[0] is made.recorded[0], "and from then on memory is enough"


def test_what_memory_had_no_room_for_is_read_from_the_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_MEMORY", 4)
    follower = Follower(database, "story")
    for n in range(3):
        tell(database, *[fact(f"{n}-{m}") for m in range(7)])
        assert len(follower._handed) == 4
        if n == 1:
            assert positions(drained(follower, limit=3)) == list(range(1, 15))
    assert positions(drained(follower, limit=3)) == list(range(15, 22))
    assert not follower._handed


def test_what_another_process_appended_in_between_keeps_its_place(database: Database) -> None:
    follower = Follower(database, "story")
    other = make_database(database.address)
    try:
        tell(database, fact("a"))
        tell(other, fact("b"), fact("c"))
        tell(database, fact("d"))
        tell(other, fact("e"))
        found = drained(follower)
        assert [(r.position, r.key) for r in found] == [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")]
        tell(other, fact("a"), fact("f"))
        assert [r.key for r in drained(follower)] == ["f"], "facts land once, whoever tells them"
    finally:
        other.close()


def test_a_reader_begins_again_at_its_bookmark(database: Database) -> None:
    tell(database, *[fact(f"a{n}") for n in range(10)])
    follower = Follower(database, "story")
    assert positions(follower.next(limit=4)) == [1, 2, 3, 4]
    database.write(lambda db: save_bookmark(db, "story", follower.position))
    follower.next(limit=3)  # read and never committed
    follower.close()
    again = Follower(database, "story")
    assert positions(drained(again)) == [5, 6, 7, 8, 9, 10]
    assert positions(drained(Follower(database, "somebody else"))) == list(range(1, 11))


def test_a_bookmark_moves_only_with_the_transaction_it_belongs_to(database: Database) -> None:
    def fails(db: object) -> None:
        save_bookmark(db, "story", 7)  # type: ignore[arg-type]
        raise LookupError

    database.write(lambda db: save_bookmark(db, "story", 3))
    with pytest.raises(LookupError):
        database.write(fails)
    with database.read() as db:
        assert bookmark(db, "story") == 3
        assert bookmark(db, "nobody") == 0


def test_states_are_kept_replaced_and_forgotten_by_owner(database: Database) -> None:
    database.write(lambda db: save_snapshots(db, "story", {"h1": b"one", "h2": b"two"}))
    database.write(lambda db: save_snapshots(db, "story", {"h1": None, "h2": b"three", "h3": b"four"}))
    database.write(lambda db: save_snapshots(db, "other", {"h2": b"theirs"}))
    with database.read() as db:
        assert dict(load_snapshots(db, "story")) == {"h2": b"three", "h3": b"four"}


def everywhere(n: int) -> New:
    if n % 5 == 0:
        return New("settings", "all", SettingChanged(name="reopen_s", value=str(n)), AT, key=f"s{n}", digest=1)
    return fact(f"k{n}", device=f"site-{n % 13}/hall-1")


def test_a_reader_of_some_lanes_gets_these_and_the_lane_everybody_reads(database: Database) -> None:
    mine = {lane_of("site-1"), lane_of("site-2"), lane_of("site-3")}
    follower = Follower(database, "story", lanes=mine)
    found: list[Recorded] = []
    other = make_database(database.address)
    try:
        for start in range(0, 200, 20):
            news = [everywhere(n) for n in range(start, start + 20)]
            tell(other if start % 60 == 0 else database, *news)
            found += drained(follower, limit=3)
    finally:
        other.close()
    expected = [r for r in whole(database) if r.lane in mine or r.lane == ALL]
    assert found == expected
    assert {r.lane for r in found} == mine | {ALL}


def test_readers_in_the_middle_of_writers_and_another_process_see_all_of_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_MEMORY", 30)
    other = make_database(database.address)
    seen: dict[str, list[Recorded]] = {"slow": [], "fast": []}
    total = 300

    def reads(name: str, limit: int) -> None:
        follower = Follower(database, name)
        while len(seen[name]) < total:
            seen[name] += follower.next(limit=limit, timeout=5)

    def writes(database_: Database, name: str) -> None:
        for n in range(0, 100, 5):
            tell(database_, *[fact(f"{name}-{m}") for m in range(n, n + 5)])

    threads = [threading.Thread(target=reads, args=("slow", 2)), threading.Thread(target=reads, args=("fast", 1000))]
    threads += [
        threading.Thread(target=writes, args=(d, n)) for d, n in ((database, "a"), (database, "b"), (other, "c"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    other.close()
    log = whole(database)
    assert len(log) == total
    assert seen["slow"] == log
    assert seen["fast"] == log


def test_a_waiting_reader_wakes_when_something_lands(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "_POLL_S", 30)
    follower = Follower(database, "story")
    found: list[Recorded] = []
    reader = threading.Thread(target=lambda: found.extend(follower.next(timeout=30)))
    reader.start()
    tell(database, fact("a"))
    reader.join(10)
    assert positions(found) == [1]


def test_a_waiting_reader_of_some_lanes_is_woken_for_these_and_for_what_everybody_reads(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_POLL_S", 30)
    follower = Follower(database, "story", lanes={lane_of("site-1")})
    for fact_, woken in (
        (fact("theirs", device="site-2/hall-1"), False),
        (fact("ours", device="site-1/hall-1"), True),
        (fact("theirs again", device="site-3/hall-1"), False),
        (everywhere(0), True),
    ):
        follower._wake.clear()
        tell(database, fact_)
        assert follower._wake.is_set() is woken, fact_
    assert [r.lane for r in follower.next(timeout=30)] == [lane_of("site-1"), ALL]
    tell(database, fact("theirs at last", device="site-2/hall-1"))
    assert follower.next(timeout=0.01) == []
    assert follower.behind() == 0, "it has looked without being woken, and passed over what is not its own"


def test_a_waiting_reader_sees_what_another_process_appends(database: Database, tmp_path: Path) -> None:
    follower = Follower(database, "story")
    other = make_database(database.address)
    found: list[Recorded] = []
    reader = threading.Thread(target=lambda: found.extend(follower.next(timeout=30)))
    reader.start()
    tell(other, fact("a"))
    reader.join(10)
    other.close()
    assert positions(found) == [1]


def test_a_reader_knows_how_far_behind_it_is(database: Database) -> None:
    follower = Follower(database, "story")
    tell(database, *[fact(f"a{n}") for n in range(10)])
    follower.next(limit=4, timeout=0)
    assert follower.behind() == 6
    drained(follower)
    assert follower.behind() == 0


def test_a_reader_of_lanes_where_nothing_happens_is_not_behind_for_ever(database: Database) -> None:
    follower = Follower(database, "story", lanes={lane_of("a quiet site")})
    other = make_database(database.address)
    tell(other, *[fact(f"a{n}") for n in range(10)])
    other.close()
    assert drained(follower) == []
    assert follower.behind() == 0


def test_a_closed_reader_hears_no_more(database: Database) -> None:
    follower = Follower(database, "story")
    follower.close()
    tell(database, fact("a"))
    assert not follower._handed
