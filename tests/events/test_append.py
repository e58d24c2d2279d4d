"""What the log promises to those who write: facts land once, decisions on their version, and nothing is ever changed."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError

from events.database import Database
from events.keepers import make_database
from events.keepers.sqlite import SqliteDatabase
from events.store import VersionConflict, append, head, read_at, read_stream, read_types, version_of
from tests.events.saying import AT, decision, fact, tell, whole


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both, one after the other."""
    return any_database


def keys(database: Database) -> list[str | None]:
    return [r.key for r in whole(database)]


def test_a_fact_told_twice_lands_once(database: Database) -> None:
    tell(database, fact("a"))
    again = tell(database, fact("a"))
    assert (again.recorded, [n.key for n in again.repeated], again.conflicts) == ([], ["a"], [])
    assert keys(database) == ["a"]


def test_a_repeat_among_new_facts_leaves_these_to_land(database: Database) -> None:
    tell(database, fact("b"))
    made = tell(database, fact("a"), fact("b"), fact("c"))
    assert [r.key for r in made.recorded] == ["a", "c"]
    assert keys(database) == ["b", "a", "c"]


def test_the_same_key_twice_in_one_batch_lands_once(database: Database) -> None:
    made = tell(database, fact("a"), fact("b"), fact("a"))
    assert [r.key for r in made.recorded] == ["a", "b"]
    assert [n.key for n in made.repeated] == ["a"]


def test_the_same_key_with_other_content_is_a_conflict_and_the_first_stands(database: Database) -> None:
    tell(database, fact("a", digest=1, occupied=True))
    made = tell(database, fact("a", digest=2, occupied=False))
    assert [n.digest for n in made.conflicts] == [2]
    assert made.repeated == []
    assert [r.event.occupied for r in whole(database)] == [True]  # type: ignore[attr-defined]


def test_other_content_within_one_batch_is_a_conflict_too(database: Database) -> None:
    made = tell(database, fact("a", digest=1), fact("a", digest=2), fact("a", digest=1))
    assert (len(made.recorded), len(made.conflicts), len(made.repeated)) == (1, 1, 1)


def test_the_same_key_of_two_devices_is_two_facts(database: Database) -> None:
    tell(database, fact("b1-1", device="dp03/hall-1"), fact("b1-1", device="dp03/hall-2"))
    assert len(whole(database)) == 2


def test_more_repeats_than_one_question_holds_are_all_found(database: Database) -> None:
    first = [fact(f"k{n}") for n in range(1200)]
    tell(database, *first)
    made = tell(database, *first, fact("new"))
    assert (len(made.repeated), [r.key for r in made.recorded]) == (1200, ["new"])


def test_decisions_land_on_the_version_they_were_made_on(database: Database) -> None:
    tell(database, decision("one"), decision("two"), after={"home-dp03-12": 0})
    tell(database, decision("three"), after={"home-dp03-12": 2})
    assert [(r.version, r.event.by) for r in whole(database)] == [  # type: ignore[attr-defined]
        (1, "one"), (2, "two"), (3, "three"),
    ]  # fmt: skip
    with database.read() as db:
        assert version_of(db, "home-dp03-12") == 3
        assert version_of(db, "home-nobody") == 0


@pytest.mark.parametrize("stale", [0, 2, 7])
def test_a_decision_on_another_version_is_refused_and_nothing_of_the_call_lands(database: Database, stale: int) -> None:
    tell(database, decision("one"), after={"home-dp03-12": 0})
    with pytest.raises(VersionConflict) as refused:
        tell(
            database, fact("a"), decision(home="dp03-13"), decision("late"),
            after={"home-dp03-13": 0, "home-dp03-12": stale},
        )  # fmt: skip
    conflict = refused.value
    assert (conflict.stream, conflict.expected, conflict.found) == ("home-dp03-12", stale, 1)
    assert [r.version for r in whole(database)] == [1]


@pytest.mark.parametrize("stale", [0, 2])
def test_who_ends_with_a_refusal_leaves_nothing_of_his_transaction(database: Database, stale: int) -> None:
    tell(database, decision("one"), after={"home-dp03-12": 0})

    def work(db: Connection) -> None:
        append(db, [fact("a")], recorded_at=AT)
        after = {"home-dp03-13": 0, "home-dp03-12": stale}
        append(db, [decision(home="dp03-13"), decision("late")], recorded_at=AT, after=after, final=True)

    with pytest.raises(VersionConflict):
        database.write(work)
    assert [r.version for r in whole(database)] == [1]


def test_a_refused_decision_beside_a_repeated_fact_leaves_nothing_either(database: Database) -> None:
    tell(database, fact("a"), decision("one"), after={"home-dp03-12": 0})
    with pytest.raises(VersionConflict):
        tell(database, fact("a"), fact("b"), decision("late"), after={"home-dp03-12": 0})
    assert keys(database) == ["a", None]


def test_a_decision_beside_a_repeated_fact_lands(database: Database) -> None:
    tell(database, fact("a"))
    made = tell(database, fact("a"), decision("one"), after={"home-dp03-12": 0})
    assert [r.version for r in made.recorded] == [1]


def test_a_decision_without_the_version_it_was_made_on_is_a_mistake_of_ours(database: Database) -> None:
    with pytest.raises(ValueError, match="home-dp03-12"):
        tell(database, decision())
    assert whole(database) == []


def test_two_who_decide_at_once_on_the_same_version_are_told_apart(database: Database) -> None:
    outcomes: list[str] = []

    def decides(by: str) -> None:
        try:
            tell(database, decision(by), after={"home-dp03-12": 0})
            outcomes.append(by)
        except VersionConflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=decides, args=(f"p{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[1:] == ["refused"] * 7
    assert len(whole(database)) == 1


def test_order_is_total_whatever_happens(database: Database) -> None:
    def talks(name: int) -> None:
        for n in range(20):
            tell(database, fact(f"{name}-{n}"), fact(f"{name}-{n - 1}"))  # one new, one known
            with pytest.raises(VersionConflict):
                tell(database, fact(f"never-{name}-{n}"), decision(), after={"home-dp03-12": 5})

    threads = [threading.Thread(target=talks, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = whole(database)
    positions = [r.position for r in log]
    assert positions == sorted(set(positions))
    if isinstance(database, SqliteDatabase):  # a number given to what was undone leaves a gap elsewhere
        assert positions == list(range(1, len(log) + 1))
    assert len(log) == 4 * 21
    for name in range(4):
        mine = [r.key for r in log if str(r.key).startswith(f"{name}-")]
        assert mine == [f"{name}-0", f"{name}--1", *(f"{name}-{n}" for n in range(1, 20))]


@pytest.mark.parametrize("statement", ["UPDATE events SET data = '{}'", "DELETE FROM events"])
def test_the_log_can_be_neither_changed_nor_shortened(database: Database, statement: str) -> None:
    tell(database, fact("a"))
    with pytest.raises(IntegrityError, match="append-only"):
        database.write(lambda db: db.execute(text(statement)))
    assert keys(database) == ["a"]


def test_what_is_read_is_what_was_written(database: Database) -> None:
    new = decision("one", meta={"cause": 7, "read_to": 9})
    tell(database, fact("a"), new, after={"home-dp03-12": 0})
    with database.read() as db:
        last = read_at(db, 2)
        assert head(db) == 2
        assert read_at(db, 3) is None
    assert last is not None
    assert (last.stream, last.lane, last.version, last.key) == ("home-dp03-12", 61, 1, None)
    assert (last.at, last.recorded_at, last.event, last.meta) == (AT, AT, new.event, {"cause": 7, "read_to": 9})


def test_a_stream_is_read_alone_and_its_newest_end_in_order(database: Database) -> None:
    tell(database, *[fact(f"a{n}") for n in range(5)], fact("b", device="dp03/hall-2"))
    with database.read() as db:
        assert [r.key for r in read_stream(db, "device-dp03/hall-1")] == ["a0", "a1", "a2", "a3", "a4"]
        assert [r.key for r in read_stream(db, "device-dp03/hall-1", limit=2)] == ["a3", "a4"]


def test_decisions_of_a_type_are_found_without_the_rest(database: Database) -> None:
    tell(database, fact("a"), decision("one"), fact("b"), decision("two"), after={"home-dp03-12": 0})
    with database.read() as db:
        assert [r.position for r in read_types(db, ["AwayEnded"])] == [2, 4]
        assert [r.position for r in read_types(db, ["AwayEnded"], after=2)] == [4]
        assert read_types(db, ["OccupancyReported"]) == []


def test_a_call_that_raises_after_it_appended_leaves_nothing(database: Database) -> None:
    def work(db: object) -> None:
        append(db, [fact("a")], recorded_at=AT)  # type: ignore[arg-type]
        raise LookupError

    with pytest.raises(LookupError):
        database.write(work)
    assert whole(database) == []


def test_a_stream_is_read_by_an_index_however_long_the_log_is(tmp_path: Path) -> None:
    """Each click and each reply reads one stream within its transaction: a scan would grow with the log."""
    database = make_database(tmp_path / "log.db")
    database.create()
    asked: list[tuple[str, Any]] = []
    with database.read() as db:
        listen(
            db, "before_cursor_execute", lambda _db, _cursor, statement, values, *_: asked.append((statement, values))
        )
        for more in ({}, {"limit": 5}, {"types": ["Noted"]}, {"holding": "a", "limit": 5}):
            read_stream(db, "alert-a", **more)  # type: ignore[arg-type]
    questions = [each for each in asked if each[0].startswith("SELECT")]
    assert len(questions) == 4
    with database.read() as db:
        for statement, values in questions:
            plan = [row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert any("events_stream_version" in step for step in plan), plan
            assert any("events_stream_key" in step for step in plan), plan
            assert not [step for step in plan if step.startswith("SCAN events")], plan
    database.close()
