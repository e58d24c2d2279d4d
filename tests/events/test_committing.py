"""One writer for all: what is asked together is committed together, and nobody's mistake is anybody else's."""

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from events.keepers import sqlite as database_module
from events.keepers import sqlite_connections
from events.keepers.sqlite import SqliteDatabase
from events.passing import passing
from events.serial import Recorded
from events.store import VersionConflict, append
from tests.events.saying import AT, decision, fact, tell, whole
from tests.right_of_way import StandingWay


def asked_together(database: SqliteDatabase, *works: Callable[[Connection], Any]) -> list[Future[Any]]:
    """Hands all of them in while the writer is busy, so that they share its next transaction."""
    busy, go_on = threading.Event(), threading.Event()

    def keeps_busy(_db: Connection) -> None:
        busy.set()
        assert go_on.wait(10)

    first = database.submit(keeps_busy)
    assert busy.wait(10)
    futures = [database.submit(work) for work in works]
    go_on.set()
    first.result(10)
    for future in futures:
        future.exception(10)
    return futures


def adds(*keys: str) -> Callable[[Connection], str]:
    def work(db: Connection) -> str:
        append(db, [fact(key) for key in keys], recorded_at=AT)
        return keys[-1]

    return work


def mistaken(_db: Connection) -> None:
    raise LookupError("a mistake of the asker")


def mistaken_late(db: Connection) -> None:
    append(db, [fact("never")], recorded_at=AT)
    raise LookupError("a mistake of the asker")


def mistaken_sql(db: Connection) -> None:
    append(db, [fact("never either")], recorded_at=AT)
    db.execute(text("SELECT * FROM no_such_table"))


def decides_late(db: Connection) -> None:
    append(db, [decision()], recorded_at=AT, after={"home-dp03-12": 7})


def keys(database: SqliteDatabase) -> list[str | None]:
    return [r.key for r in whole(database)]


def test_what_is_asked_together_is_one_transaction(database: SqliteDatabase) -> None:
    commits: list[int] = []
    event.listen(database._writer_engine, "commit", lambda _db: commits.append(1))
    futures = asked_together(database, *[adds(f"a{n}") for n in range(40)])
    assert [f.result() for f in futures] == [f"a{n}" for n in range(40)]
    assert len(commits) == 2, "one for the work that kept the writer busy, one for all that waited"
    assert keys(database) == [f"a{n}" for n in range(40)]


@pytest.mark.parametrize("wrong", [mistaken, mistaken_late, mistaken_sql, decides_late])
def test_one_that_raises_undoes_only_itself(database: SqliteDatabase, wrong: Callable[[Connection], None]) -> None:
    landed: list[Recorded] = []
    database.on_landed(landed.extend)
    before, failed, after = asked_together(database, adds("a"), wrong, adds("b", "c"))
    assert (before.result(), after.result()) == ("a", "c")
    assert isinstance(failed.exception(), LookupError | OperationalError | VersionConflict)
    log = whole(database)
    assert [(r.position, r.key) for r in log] == [(1, "a"), (2, "b"), (3, "c")]
    assert landed == log, "readers hear of what landed and of nothing else"


def test_readers_are_told_only_when_it_is_on_disk_and_before_the_asker_goes_on(database: SqliteDatabase) -> None:
    heard: list[tuple[int, int]] = []

    def listens(landed: list[Recorded]) -> None:
        heard.append((len(landed), len(whole(database))))

    stop = database.on_landed(listens)
    tell(database, fact("a"), fact("b"))
    assert heard == [(2, 2)]
    stop()
    tell(database, fact("c"))
    assert len(heard) == 1


def test_a_listener_that_raises_costs_nobody_anything(database: SqliteDatabase) -> None:
    def breaks(_landed: list[Recorded]) -> None:
        raise ZeroDivisionError

    heard: list[Recorded] = []
    database.on_landed(breaks)
    database.on_landed(heard.extend)
    tell(database, fact("a"))
    tell(database, fact("b"))
    assert [r.key for r in heard] == ["a", "b"]


def test_work_may_not_wait_for_other_work(database: SqliteDatabase) -> None:
    with pytest.raises(RuntimeError, match="wait"):
        database.write(lambda _db: tell(database, fact("a")))
    tell(database, fact("b"))
    assert keys(database) == ["b"]


def test_work_taken_back_in_time_is_not_done_and_disturbs_nobody(database: SqliteDatabase) -> None:
    busy, go_on = threading.Event(), threading.Event()

    def keeps_busy(_db: Connection) -> None:
        busy.set()
        assert go_on.wait(10)

    database.submit(keeps_busy)
    assert busy.wait(10)
    taken_back, kept = database.submit(adds("a")), database.submit(adds("b"))
    assert taken_back.cancel()
    go_on.set()
    assert kept.result(10) == "b"
    tell(database, fact("c"))
    assert keys(database) == ["b", "c"]


def test_closing_finishes_what_waits_and_takes_nothing_more(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "log.db")
    database.create()
    busy, go_on = threading.Event(), threading.Event()

    def keeps_busy(_db: Connection) -> None:
        busy.set()
        assert go_on.wait(10)

    database.submit(keeps_busy)
    assert busy.wait(10)
    waiting = [database.submit(adds(f"a{n}")) for n in range(200)]
    closing = threading.Thread(target=database.close)
    closing.start()
    while not database._closed:
        time.sleep(0)
    with pytest.raises(RuntimeError, match="closed"):
        database.submit(adds("late"))
    go_on.set()
    closing.join(10)
    assert [f.result(0) for f in waiting] == [f"a{n}" for n in range(200)]
    database.close()
    again = SqliteDatabase(tmp_path / "log.db")
    assert keys(again) == [f"a{n}" for n in range(200)]
    again.close()


def test_a_disk_that_fails_ends_the_process_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    last_words: list[BaseException] = []
    database = SqliteDatabase(tmp_path / "log.db", on_fatal=last_words.append)
    database.create()
    broken = sqlite3.OperationalError("disk I/O error")
    broken.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC

    def hits_the_disk(_db: Connection) -> None:
        raise OperationalError("COMMIT", None, broken) from broken

    futures = asked_together(database, adds("a"), hits_the_disk)
    assert [type(f.exception()) for f in futures] == [OperationalError, OperationalError]
    database._thread.join(10)
    assert len(last_words) == 1
    with pytest.raises(RuntimeError, match="nothing is written any more"):
        tell(database, fact("b"))
    assert whole(database) == [], "nothing of that transaction was acknowledged, nothing of it is there"
    database.close()


def test_a_file_that_is_no_database_any_more_ends_the_process(tmp_path: Path) -> None:
    last_words: list[BaseException] = []
    database = SqliteDatabase(tmp_path / "log.db", on_fatal=last_words.append)
    database.create()
    tell(database, *[fact(f"a{n}") for n in range(500)])
    database.close()
    size = (tmp_path / "log.db").stat().st_size
    with (tmp_path / "log.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    database = SqliteDatabase(tmp_path / "log.db", on_fatal=last_words.append)
    with pytest.raises(Exception, match="malformed"):
        tell(database, fact("b"))
    assert last_words
    database.close()


def test_a_long_reader_holds_up_no_writer_at_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_CHECKPOINT_EVERY_S", 0.02)
    database = SqliteDatabase(tmp_path / "log.db")
    database.create()
    tell(database, fact("a"))
    with database.read() as db:
        db.execute(text("SELECT count(*) FROM events")).all()
        began = time.monotonic()
        for n in range(10):
            tell(database, fact(f"b{n}"))
            time.sleep(0.02)  # a checkpoint falls due meanwhile
        assert time.monotonic() - began < 5, "a checkpoint that waits for the reader would wait for 30 s"
    database.close()


def test_the_write_ahead_log_is_shortened_also_when_there_is_always_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_CHECKPOINT_EVERY_S", 0.05)
    database = SqliteDatabase(tmp_path / "log.db")
    database.create()
    sizes: list[int] = []
    checkpoint = database._checkpoint

    def measured(*kind: str) -> bool:
        done = checkpoint(*kind)
        if not kind:
            sizes.append(Path(f"{database.path}-wal").stat().st_size)
        return done

    monkeypatch.setattr(database, "_checkpoint", measured)
    until = time.monotonic() + 20
    while not sizes and time.monotonic() < until:
        tell(database, fact(f"a{time.monotonic_ns()}"))
    database.close()
    assert sizes
    assert set(sizes) == {0}


def test_who_has_patience_goes_behind_those_who_came_later(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "log.db")
    database.create()
    busy, go_on = threading.Event(), threading.Event()
    database.submit(lambda _: (busy.set(), go_on.wait(10)))
    assert busy.wait(10)
    order: list[str] = []
    asked = [
        database.submit(lambda _: order.append("patient"), patient=True),
        database.submit(lambda _: order.append("pressing")),
    ]
    go_on.set()
    for one in asked:
        one.result(10)
    assert order == ["pressing", "patient"]
    database.close()


def test_who_has_patience_waits_while_an_alarm_passes_and_goes_when_it_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = StandingWay()
    monkeypatch.setattr(database_module, "WAY", standing)
    database = SqliteDatabase(tmp_path / "log.db")
    database.create()
    standing.begins()
    patient = database.submit(lambda _: 7, patient=True)
    for _ in range(50):  # the alarm's own stages are many
        assert database.submit(lambda _: 8).result(10) == 8
    with pytest.raises(TimeoutError):
        patient.result(0.2)
    standing.has_gone()  # nobody asks for anything else, and it goes all the same
    assert patient.result(10) == 7
    database.close()


def test_the_log_is_not_copied_while_an_alarm_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = StandingWay()
    monkeypatch.setattr(database_module, "WAY", standing)
    monkeypatch.setattr(database_module, "_COMMITS_A_COPY", 1)
    database = SqliteDatabase(tmp_path / "log.db")
    database.create()
    copied = threading.Event()
    monkeypatch.setattr(database, "_checkpoint", lambda *_: copied.set())
    standing.begins()
    database.submit(adds("a")).result(10)
    assert not copied.wait(0.2)
    standing.has_gone()
    database.submit(adds("b")).result(10)
    assert copied.wait(10)
    database.close()


def test_patience_has_an_end_where_others_never_stop_coming(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "log.db")
    database.create()
    done = threading.Event()

    def more(_db: Connection) -> None:
        if not done.is_set():
            database.submit(more)

    database.submit(more)
    database.submit(more)
    patient = database.submit(lambda _: 7, patient=True)
    try:
        assert patient.result(10) == 7
    finally:
        done.set()
    database.close()


def test_what_patience_had_asked_for_is_done_before_the_end(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "log.db")
    database.create()
    asked = [database.submit(adds(f"p{n}"), patient=True) for n in range(5)]
    database.close()
    assert [one.result(0) for one in asked] == [f"p{n}" for n in range(5)]


def test_another_program_that_holds_the_database_is_waited_for_and_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_connections, "PATIENCE_MS", 30)
    database = SqliteDatabase(tmp_path / "held.db")
    database.create()
    other = sqlite3.connect(tmp_path / "held.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError) as held:  # as whoever waits for the database expects it
        database.write(adds("k1"))
    assert passing(held.value)
    other.close()
    assert database.write(adds("k1")) == "k1"
    database.close()


def test_those_who_open_a_new_file_at_once_are_all_let_in(tmp_path: Path) -> None:
    """SQLite refuses one of two who would turn the same new file to a write-ahead log at once, without waiting."""
    for n in range(60):
        together = threading.Barrier(2)

        def opens(path: Path, together: threading.Barrier = together) -> str:
            with closing(sqlite3.connect(path)) as connection:
                together.wait(10)
                sqlite_connections.prepare(connection, None)
                together.wait(10)  # who is first must not have closed it again
                return str(connection.execute("PRAGMA journal_mode").fetchone()[0])

        with ThreadPoolExecutor(2) as people:
            assert list(people.map(opens, [tmp_path / f"{n}.db"] * 2)) == ["wal", "wal"]
