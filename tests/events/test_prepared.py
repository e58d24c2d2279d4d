"""Rows by prepared words are as the words of SQLAlchemy would write them, and a savepoint undoes only what is within."""

from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError

from events.database import Database
from events.follow import bookmark, bookmark_at, load_snapshots, save_snapshots, snapshots_of
from events.keepers.sqlite import SqliteDatabase
from events.leases import Lease, every, find, leases
from events.prepared import forget, insert_all, insert_new, rewrite, savepoint, upsert
from events.storable import MOST
from events.tables import marks, snapshots
from events.together import together
from events.worded import Change, Lookup, Question


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both, one after the other."""
    return any_database


def test_a_row_goes_over_the_one_with_its_key_and_one_forgotten_is_gone(database: Database) -> None:
    database.write(lambda db: save_snapshots(db, "r", {"a": b"1", "b": b"1", "c": None}))
    database.write(lambda db: save_snapshots(db, "r", {"b": b"\x00\xff", "a": None, "d": b"2"}))
    with database.read() as db:
        assert dict(load_snapshots(db, "r")) == {"b": b"\x00\xff", "d": b"2"}


def test_a_column_that_is_kept_stays_as_it_was(database: Database) -> None:
    keeping = upsert(leases, keeps=["owner"])
    rows = [{"name": "door", "owner": f"{n}", "token": n, "beat": n} for n in (1, 2)]
    database.write(lambda db: keeping.run(db, rows))
    with database.read() as db:
        assert find(db, "door") == Lease("door", "1", 2, 2)


@pytest.mark.parametrize("many", [1, 2, 3, 255, 256, 700])
def test_however_many_rows_each_is_written_rewritten_left_and_forgotten(database: Database, many: int) -> None:
    rows = [{"name": f"{n}", "owner": "a", "token": n, "beat": n} for n in range(many)]
    database.write(lambda db: upsert(leases).run(db, [*rows, {**rows[0], "token": 9}]))  # of one key the last counts

    def work(db: Connection) -> None:
        rewrite(leases, ["owner", "beat"]).run(db, [{**row, "owner": "b", "beat": row["token"] + 1} for row in rows])
        insert_new(leases).run(db, [{**row, "owner": "c"} for row in [*rows, {**rows[0], "name": "new"}]])
        forget(leases).run(db, [*rows[1:-1], {"name": "never there"}])

    database.write(work)
    with database.read() as db:
        there = {row.name: tuple(row) for row in db.execute(select(leases))}
    ends = {0, many - 1}
    assert there == {f"{n}": (f"{n}", "b", n or 9, n + 1) for n in ends} | {"new": ("new", "c", 0, 0)}


@pytest.mark.parametrize("many", [1, 2, 300])
def test_what_is_written_together_is_there_as_if_written_one_by_one(database: Database, many: int) -> None:
    rows = [{"name": f"{n}", "owner": "a\0", "token": n, "beat": n} for n in range(many)]
    states = {f"{n}": b"\x00\xff" for n in range(many)}
    database.write(lambda db: save_snapshots(db, "r", {"old": b"1", "0": b"1"}))
    database.write(lambda db: upsert(leases).run(db, [{**rows[0], "owner": "before"}]))
    parts = [
        (upsert(leases), rows), *snapshots_of("r", states), bookmark_at("r", 7), (forget(snapshots), []),
        (insert_new(marks), [{"name": "m", "at": 1}]),
    ]  # fmt: skip
    database.write(lambda db: together(db, parts))
    with database.read() as db:
        assert dict(load_snapshots(db, "r")) == {"old": b"1", **states}
        assert bookmark(db, "r") == 7
        assert [(one.name, one.owner, one.token) for one in every(db)] == sorted(
            (f"{n}", "a\ufffd", n) for n in range(many)
        )
        assert db.execute(select(marks.c.at)).scalars().all() == [1]


def test_of_one_row_or_table_met_twice_the_last_counts(database: Database) -> None:
    row = {"name": "door", "owner": "a", "token": 1, "beat": 1}
    parts = [
        bookmark_at("r", 3), (upsert(leases), [row, {**row, "token": 2}]), *snapshots_of("r", {"a": b"1", "b": None}),
    ]  # fmt: skip
    database.write(lambda db: save_snapshots(db, "r", {"b": b"2"}))
    database.write(lambda db: together(db, parts))
    with database.read() as db:
        assert (find(db, "door"), bookmark(db, "r")) == (Lease("door", "a", 2, 1), 3)
        assert dict(load_snapshots(db, "r")) == {"a": b"1"}


def test_a_table_met_twice_is_written_in_the_order_given(database: Database) -> None:
    row = {"name": "door", "owner": "a", "token": 1, "beat": 1}
    parts = [
        (insert_new(leases), [row]),
        bookmark_at("r", 3),
        (rewrite(leases, ["owner"]), [{"name": "door", "owner": "b"}]),
    ]
    database.write(lambda db: together(db, parts))
    with database.read() as db:
        assert find(db, "door") == Lease("door", "b", 1, 1)


def test_what_is_written_together_is_one_statement_for_a_server(database: Database) -> None:
    said: list[str] = []

    def work(db: Connection) -> None:
        listen(db, "before_cursor_execute", lambda _db, _cursor, statement, *_: said.append(statement))
        together(db, [*snapshots_of("r", {"a": b"1"}), bookmark_at("r", 3)])

    database.write(work)
    assert len(said) == (2 if isinstance(database, SqliteDatabase) else 1)


def test_what_no_database_may_be_given_is_made_storable_in_many_rows_as_in_one(database: Database) -> None:
    rows = [{"name": f"n{n}\0", "owner": "a\ud800", "token": 2**70, "beat": -(2**70)} for n in range(3)]
    database.write(lambda db: upsert(leases).run(db, rows))
    database.write(lambda db: upsert(leases).run(db, [{**rows[0], "name": "alone\0"}]))
    with database.read() as db:
        there = {tuple(row) for row in db.execute(select(leases))}
    assert there == {(f"{n}\ufffd", "a\ufffd", MOST, -MOST - 1) for n in ("n0", "n1", "n2", "alone")}


def test_numbers_with_and_without_a_fraction_bytes_and_nothing_at_all_lie_beside_each_other(database: Database) -> None:
    table = Table("mixed", MetaData(), Column("id", Integer, primary_key=True), Column("real", Float),
                  Column("bytes", LargeBinary), Column("whole", BigInteger))  # fmt: skip
    database.write(table.create)
    rows: list[dict[str, Any]] = [
        {"id": 1, "real": 3, "bytes": b'\0\xff"{},\\', "whole": None},
        {"id": 2, "real": 3.5, "bytes": b"", "whole": 2**40},
        {"id": 3, "real": None, "bytes": None, "whole": 1},
    ]
    database.write(lambda db: upsert(table).run(db, rows))
    database.write(lambda db: rewrite(table, ["real"]).run(db, [{"id": 1, "real": 0}, {"id": 3, "real": 0.25}]))
    with database.read() as db:
        there = [tuple(row) for row in db.execute(select(table).order_by(table.c.id))]
    assert there == [(1, 0.0, b'\0\xff"{},\\', None), (2, 3.5, b"", 2**40), (3, 0.25, None, 1)]
    database.write(table.drop)


def test_a_row_that_must_be_new_and_is_not_is_an_error_and_nothing_of_it_is_there(database: Database) -> None:
    rows = [{"name": f"{n}", "owner": "a", "token": n, "beat": n} for n in range(3)]
    database.write(lambda db: insert_all(leases).run(db, rows[1:2]))
    with pytest.raises(IntegrityError):
        database.write(lambda db: insert_all(leases).run(db, rows))
    with database.read() as db:
        assert [row.name for row in db.execute(select(leases))] == ["1"]


def test_rows_are_found_by_their_key_and_not_one_by_one(database: Database) -> None:
    if not isinstance(database, SqliteDatabase):
        pytest.skip("PostgreSQL is asked for each row by itself, by its key")

    def plans(db: Connection) -> list[str]:
        said: list[str] = []
        found_by = Lookup(leases.c.name)
        for worded in (forget(snapshots).words, rewrite(snapshots, ["state"]).words, found_by.words):
            words = f"EXPLAIN QUERY PLAN {worded(256)}"
            said += [row[3] for row in db.exec_driver_sql(words, ("x",) * words.count("?"))]
        return said

    with database.read() as db:
        said = plans(db)
    assert not [
        each for each in said if each.startswith("SCAN") and ("snapshots" in each or "old" in each or "leases" in each)
    ], said


@pytest.mark.parametrize("many", [0, 1, 3, 256, 400])
def test_rows_are_found_by_some_values_however_many(database: Database, many: int) -> None:
    rows = [{"name": f"{n}", "owner": "a%b", "token": n, "beat": n} for n in range(many)]
    database.write(lambda db: upsert(leases).run(db, [*rows, {"name": "another", "owner": "", "token": 1, "beat": 1}]))
    by_name, by_owner = Lookup(leases.c.name), Lookup(leases.c.owner)
    asked = [row["name"] for row in rows]
    with database.read() as db:
        found = by_name.rows(db, [*asked, "never there", "a\0b\ud800"] if many else [])
        assert sorted(found) == sorted(tuple(row.values()) for row in rows)
        assert len(by_owner.rows(db, ["a%b"])) == many
    assert by_name.names == ("name", "owner", "token", "beat")


def test_a_question_is_answered_as_by_sqlalchemy_itself(database: Database) -> None:
    rows = [{"name": f"{n:02}", "owner": "a%b" if n % 3 else "c", "token": n, "beat": 0} for n in range(20)]
    database.write(lambda db: upsert(leases).run(db, rows))
    asked = {"least": 3, "most": 4, "gone0": "04", "gone1": "05"}
    query = (
        select(leases.c.token, leases.c.owner)
        .where(leases.c.token >= bindparam("least"), leases.c.owner.in_([literal("a%b"), literal("nobody")]))
        .where(leases.c.name.not_in([bindparam("gone0"), bindparam("gone1")]), leases.c.beat == 0)
        .order_by(leases.c.name.desc())
        .limit(bindparam("most"))
    )
    question, newest = Question(query), Question(select(func.max(leases.c.token)).where(leases.c.owner == "nobody"))
    with database.read() as db:
        assert question.rows(db, **asked) == [tuple(row) for row in db.execute(query, asked)]
        assert question.first(db, **{**asked, "least": 10}) == (19, "a%b")
        assert question.first(db, **{**asked, "least": 100}) is None
        assert question.one(db, **asked) == 19
        assert newest.one(db) is None
        with pytest.raises(KeyError, match="gone1"):
            question.rows(db, least=1, most=1, gone0="")


def test_a_change_says_how_many_rows_it_was(database: Database) -> None:
    rows = [{"name": f"{n}", "owner": "a", "token": n, "beat": 0} for n in range(4)]
    database.write(lambda db: upsert(leases).run(db, rows))
    change = Change(update(leases).where(leases.c.token >= bindparam("least")).values(owner=bindparam("new"), beat=7))
    assert database.write(lambda db: change.count(db, least=2, new="b\0%s")) == 2
    assert database.write(lambda db: change.count(db, least=9, new="c")) == 0
    with pytest.raises(KeyError, match="new"):
        database.write(lambda db: change.count(db, least=0))
    with database.read() as db:
        found = [(row.owner, row.beat) for row in db.execute(select(leases).order_by(leases.c.name))]
    assert found == [("a", 0), ("a", 0), ("b\ufffd%s", 7), ("b\ufffd%s", 7)]


def test_what_no_database_may_be_given_is_cleaned_here_too(database: Database) -> None:
    words = upsert(marks)
    database.write(lambda db: words.run(db, [{"name": "a\0b\ud800", "at": 2**70}]))
    with database.read() as db:
        assert db.execute(select(marks.c.name, marks.c.at)).all() == [("a\ufffdb\ufffd", 2**63 - 1)]


def test_a_savepoint_undoes_what_is_within_and_the_error_goes_on(database: Database) -> None:
    def work(db: Connection) -> None:
        db.execute(insert(marks).values(name="before", at=1))
        with savepoint(db):
            db.execute(insert(marks).values(name="outer", at=1))
            with pytest.raises(ZeroDivisionError), savepoint(db):
                db.execute(insert(marks).values(name="inner", at=1))
                raise ZeroDivisionError

    database.write(work)
    with database.read() as db:
        assert set(db.execute(select(marks.c.name)).scalars()) == {"before", "outer"}
    database.write(lambda db: forget(marks).run(db, [{"name": "before"}, {"name": "outer"}]))
    with database.read() as db:
        assert not db.execute(select(marks.c.name)).all()
