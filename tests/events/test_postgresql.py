"""What PostgreSQL is asked to keep beyond what every database is: many writers, lost wires, other processes."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from events.database import CommitUnclear, StorageFull
from events.keepers import make_database
from events.keepers import postgresql as postgresql_module
from events.keepers.postgresql import PostgresqlDatabase
from events.landing import postgresql as landing
from events.new import VersionConflict
from events.serial import Recorded
from events.store import append, read_stream
from events.tables import bookmarks
from tests.events.saying import AT, decision, fact, tell, whole
from tests.postgres import waiting_to_number
from tests.right_of_way import StandingWay
from tests.wire import Wire, through, until


@pytest.fixture
def database(url: str) -> Iterator[PostgresqlDatabase]:
    made = make_database(url, on_fatal=lambda _failure: None)
    assert isinstance(made, PostgresqlDatabase)
    yield made
    made.close()


def keys(database: PostgresqlDatabase) -> list[str | None]:
    return [r.key for r in whole(database)]


def test_work_may_not_wait_for_other_work_and_says_so(database: PostgresqlDatabase) -> None:
    with pytest.raises(RuntimeError, match="wait"):
        database.write(lambda _db: tell(database, fact("a")))
    tell(database, fact("b"))
    assert keys(database) == ["b"]


def test_two_writers_who_decided_on_the_same_version_at_the_same_moment(database: PostgresqlDatabase) -> None:
    """Both have looked, both have found version 0: the unique index would call the later one broken."""
    numbered, go_on = threading.Event(), threading.Event()
    outcomes: list[str] = []

    def keeps_them_waiting(db: Connection) -> None:
        append(db, [fact("first")], recorded_at=AT)
        numbered.set()
        assert go_on.wait(20)

    def decides(by: str) -> None:
        try:
            tell(database, fact(f"of {by}"), decision(by), after={"home-dp03-12": 0})
            outcomes.append("landed")
        except VersionConflict as conflict:
            outcomes.append(f"refused: {conflict.expected}, {conflict.found}")

    threads = [threading.Thread(target=database.write, args=(keeps_them_waiting,))]
    threads += [threading.Thread(target=decides, args=(by,)) for by in ("one", "two")]
    threads[0].start()
    assert numbered.wait(20)
    for thread in threads[1:]:
        thread.start()
    until(lambda: waiting_to_number(database) == 2)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["landed", "refused: 0, 1"]
    assert len(whole(database)) == 3, "nothing of the refused call is in the log"


@pytest.mark.parametrize("count", [1, landing.MANY - 1, landing.MANY, 3 * landing.MANY])
def test_batches_of_every_size_land_alike(database: PostgresqlDatabase, count: int) -> None:
    tell(database, fact("k3", digest=1), fact("k4", digest=9))
    news = [fact(f"k{n}") for n in range(count)] + [fact("k0"), decision("one")]
    made = tell(database, *news, after={"home-dp03-12": 0})
    fresh = [f"k{n}" for n in range(count) if n not in {3, 4}]
    assert [r.key for r in made.recorded] == [*fresh, None]
    assert [n.key for n in made.conflicts] == (["k4"] if count > 4 else [])
    assert [n.key for n in made.repeated] == (["k3", "k0"] if count > 3 else ["k0"])
    assert whole(database)[2:] == made.recorded


def test_two_large_batches_in_one_transaction_are_two_batches(database: PostgresqlDatabase) -> None:
    def work(db: Connection) -> None:
        for part in range(2):
            append(db, [fact(f"{part}-{n}") for n in range(landing.MANY)], recorded_at=AT)

    database.write(work)
    assert len(whole(database)) == 2 * landing.MANY


def crossing(database: PostgresqlDatabase, mine: str, other: str, met: threading.Barrier, runs: list[str]) -> None:
    def work(db: Connection) -> None:
        runs.append(mine)
        db.execute(update(bookmarks).where(bookmarks.c.reader == mine).values(position=bookmarks.c.position + 1))
        if len(runs) <= 2:
            met.wait(10)
        db.execute(update(bookmarks).where(bookmarks.c.reader == other).values(position=bookmarks.c.position + 1))

    database.write(work)


def test_of_two_who_wait_for_each_other_one_begins_again(database: PostgresqlDatabase) -> None:
    rows = [{"reader": name, "position": 0} for name in ("a", "b")]
    database.write(lambda db: db.execute(insert(bookmarks), rows))
    met, runs = threading.Barrier(2), []  # type: ignore[var-annotated]
    threads = [
        threading.Thread(target=crossing, args=(database, *pair, met, runs)) for pair in (("a", "b"), ("b", "a"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with database.read() as db:
        assert {row.reader: row.position for row in db.execute(select(bookmarks))} == {"a": 2, "b": 2}
    assert len(runs) == 3


@pytest.mark.parametrize(("fate", "written"), [("cut", []), ("deaf", ["a"])])
def test_a_wire_lost_while_committing_is_unclear_and_the_fact_may_be_told_again(
    url: str, wire: Wire, database: PostgresqlDatabase, fate: str, written: list[str]
) -> None:
    far = through(url, wire)
    wire.on_asked = lambda asked: fate if b"COMMIT\0" in asked else ""
    landed: list[Recorded] = []
    far.on_landed(landed.extend)
    with pytest.raises(CommitUnclear):
        tell(far, fact("a"))
    assert landed == [], "nobody is told what may not be"
    wire.on_asked = lambda _asked: ""
    until(lambda: keys(database) == written)
    made = tell(far, fact("a"), fact("b"))
    assert [n.key for n in made.repeated] == written
    assert keys(database) == ["a", "b"]
    far.close()


def test_a_wire_lost_in_the_middle_of_work_undoes_it_and_the_next_work_goes_on(url: str, wire: Wire) -> None:
    far = through(url, wire)

    def loses_it(db: Connection) -> None:
        append(db, [fact("a")], recorded_at=AT)
        wire.cut()
        append(db, [fact("b")], recorded_at=AT)

    with pytest.raises(OperationalError):
        far.write(loses_it)
    assert keys(far) == []
    tell(far, fact("c"))
    assert keys(far) == ["c"]
    far.close()


def test_a_server_that_goes_down_and_comes_back_is_found_again(database: PostgresqlDatabase, url: str) -> None:
    tell(database, fact("a"))
    with psycopg.connect(url, autocommit=True) as other:
        ended = other.execute("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity "
                              "WHERE datname = current_database() AND pid <> pg_backend_pid()").fetchall()  # fmt: skip
    assert ended and all(gone for (gone,) in ended), "each has ended, not only been told to"
    tell(database, fact("b"))
    assert keys(database) == ["a", "b"]


def test_a_wire_lost_when_all_was_answered_takes_no_answer_back(
    url: str, wire: Wire, database: PostgresqlDatabase
) -> None:
    tell(database, fact("a"))
    far = through(url, wire)
    wire.on_asked = lambda asked: "cut" if b"COMMIT\0" in asked else ""
    assert keys(far) == ["a"]
    wire.on_asked = lambda _asked: ""
    assert keys(far) == ["a"], "and the next question has another wire"
    far.close()


def test_what_is_asked_again_and_again_the_server_has_prepared(database: PostgresqlDatabase) -> None:
    for _ in range(10):
        keys(database)
    with database.read() as db:
        assert db.execute(
            text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM events%'")
        ).scalar()


def test_a_stream_is_read_by_its_indexes_also_where_the_plan_was_made_on_an_empty_log(
    database: PostgresqlDatabase,
) -> None:
    """Kept for the empty log, a plan that reads all of it would be the quickest; the log grows, and the plan stays."""
    for _ in range(20):
        with database.read() as db:
            assert read_stream(db, "home-dp03-12") == []
    for start in range(0, 3000, 1000):
        tell(database, *(fact(f"{n}") for n in range(start, start + 1000)))
    with database.read() as db:
        [name] = db.execute(
            text("SELECT name FROM pg_prepared_statements WHERE generic_plans > 0 AND statement LIKE '%stream = $1%'")
        ).scalars()
        plan = [row[0] for row in db.exec_driver_sql(f"EXPLAIN EXECUTE {name}('home-dp03-12')")]
    assert any("events_stream_version" in step for step in plan), plan
    assert any("events_stream_key" in step for step in plan), plan
    assert not [step for step in plan if "Seq Scan" in step], plan


def test_who_has_patience_stops_where_an_alarm_passes_and_goes_on_when_it_has_gone(
    database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = StandingWay()
    monkeypatch.setattr(postgresql_module, "WAY", standing)
    halfway, ended = threading.Event(), threading.Event()

    def folds(db: Connection) -> None:
        db.execute(insert(bookmarks), {"reader": "half", "position": 1})
        standing.begins()
        halfway.set()
        db.execute(insert(bookmarks), {"reader": "whole", "position": 1})
        ended.set()

    thread = threading.Thread(target=database.write, args=(folds,), kwargs={"patient": True})
    thread.start()
    assert halfway.wait(20)
    tell(database, fact("a"))  # who has no patience is not held up by it
    assert not ended.wait(0.2)
    standing.has_gone()
    assert ended.wait(20)
    thread.join(20)
    with database.read() as db:
        assert {row.reader for row in db.execute(select(bookmarks))} == {"half", "whole"}


def test_who_has_patience_and_has_appended_goes_on_for_others_wait_to_number(
    database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = StandingWay()
    monkeypatch.setattr(postgresql_module, "WAY", standing)

    def appends(db: Connection) -> None:
        append(db, [fact("a")], recorded_at=AT)
        standing.begins()
        db.execute(insert(bookmarks), {"reader": "behind it", "position": 1})

    thread = threading.Thread(target=database.write, args=(appends,), kwargs={"patient": True}, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert keys(database) == ["a"]


def test_who_has_patience_may_ask_beside_his_own_work(database: PostgresqlDatabase) -> None:
    tell(database, fact("a"))
    assert database.write(lambda _: keys(database), patient=True) == ["a"]


def test_a_full_disk_over_there_is_a_full_disk(database: PostgresqlDatabase) -> None:
    def full(db: Connection) -> None:
        db.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$"))

    with pytest.raises(StorageFull):
        database.write(full)


@pytest.mark.parametrize("count", [1, landing.MANY])
def test_a_disk_that_fills_while_a_batch_lands_is_a_full_disk(database: PostgresqlDatabase, count: int) -> None:
    def full(db: Connection) -> None:
        says = "BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END"
        db.execute(text(f"CREATE FUNCTION fills() RETURNS trigger LANGUAGE plpgsql AS $${says}$$"))
        db.execute(text("CREATE TRIGGER fills BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION fills()"))

    database.write(full)
    with pytest.raises(StorageFull):
        tell(database, *(fact(f"{n}") for n in range(count)))
    assert keys(database) == []


def test_files_that_are_corrupt_over_there_end_the_process(url: str) -> None:
    last_words: list[BaseException] = []
    database = make_database(url, on_fatal=last_words.append)

    def broken(db: Connection) -> None:
        db.execute(text("DO $$ BEGIN RAISE EXCEPTION 'bad page' USING ERRCODE = 'data_corrupted'; END $$"))

    with pytest.raises(DBAPIError):
        database.write(broken)
    assert len(last_words) == 1
    database.close()


def test_a_read_is_as_of_one_moment_and_writes_nothing(database: PostgresqlDatabase) -> None:
    with database.read() as db:
        assert db.execute(select(bookmarks)).all() == []
        database.write(lambda other: other.execute(insert(bookmarks).values(reader="a", position=1)))
        assert db.execute(select(bookmarks)).all() == []
        with pytest.raises(DBAPIError, match="read-only"):
            db.execute(insert(bookmarks).values(reader="b", position=1))


def test_whatever_the_server_says_a_commit_waits_for_the_disk(database: PostgresqlDatabase, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(f'ALTER DATABASE "{make_url(url).database}" SET synchronous_commit = off')
    again = make_database(url)
    with again.read() as db:
        assert db.execute(text("SHOW synchronous_commit")).scalar() == "on"
    assert again.write(lambda db: db.execute(text("SHOW synchronous_commit")).scalar()) == "on"
    again.close()


def test_a_frozen_writer_is_ended_soon_and_a_reader_may_think_between_two_questions(
    database: PostgresqlDatabase,
) -> None:
    asked = text("SELECT extract(epoch FROM current_setting('idle_in_transaction_session_timeout')::interval)")
    assert database.write(lambda db: db.execute(asked).scalar()) == 5
    with database.read() as db:
        assert db.execute(asked).scalar() >= 60, "all chains of a county are looked at within one picture of them"


def test_closing_takes_nothing_more_and_finishes_what_waits(url: str) -> None:
    database = make_database(url)
    done = [database.submit(lambda db, n=n: append(db, [fact(f"a{n}")], recorded_at=AT)) for n in range(30)]  # type: ignore[misc]
    database.close()
    assert all(len(f.result(0).recorded) == 1 for f in done)
    for refused in (database.submit, database.write):
        with pytest.raises(RuntimeError, match="closed"):
            refused(lambda _db: None)
    database.close()


def test_no_password_is_shown_by_what_fails() -> None:
    database = make_database("postgresql://shouwang:hush-hush@127.0.0.1:1/nowhere")
    with pytest.raises(OperationalError) as refused:
        tell(database, fact("a"))
    assert "hush-hush" not in f"{refused.value!r} {refused.value} {database!r} {database.__dict__}"
    database.close()
