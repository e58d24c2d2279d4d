"""A database that is held by somebody, or throws us out, ends none of the threads that decide, tell and show."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from alerts.notify.channels.logbook import Logbook
from alerts.notify.outbox import outbox
from events.database import Database
from events.holding import Holder
from events.keepers import make_database, sqlite_connections
from events.serial import Recorded
from events.store import New, append
from events.types.device import CarbonMonoxideReported
from shouwang.alerting import Alerting
from shouwang.operations.migrating import migrate
from tests.faults.town import Town
from tests.shouwang.running import until

pytestmark = pytest.mark.both


def now() -> int:
    return time.time_ns() // 1000


@contextmanager
def held(address: str | Path) -> Iterator[Callable[[], None]]:
    """Yields what makes it so; PostgreSQL also throws everybody out who waits, for SQLite's patience ends by itself."""
    with ExitStack() as stack:
        if isinstance(address, Path):
            other = stack.enter_context(
                closing(sqlite3.connect(address, isolation_level=None, check_same_thread=False))
            )
            yield lambda: (other.execute("BEGIN IMMEDIATE"), None)[1]
            return
        holder = stack.enter_context(psycopg.connect(address))
        ended = threading.Event()

        def throws_out() -> None:
            with psycopg.connect(str(address), autocommit=True) as db:
                while not ended.wait(0.05):
                    db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                               "WHERE datname = current_database() AND wait_event_type = 'Lock'")  # fmt: skip

        def hold() -> None:
            holder.execute("LOCK TABLE bookmarks, outbox, timers IN ACCESS EXCLUSIVE MODE")
            thread.start()

        thread = threading.Thread(target=throws_out)
        yield hold
        ended.set()
        thread.join()
        holder.rollback()


def messages(database: Database) -> list[tuple[str, str]]:
    with database.read() as db:
        return [(row.person, row.state) for row in db.execute(select(outbox).order_by(outbox.c.person))]


def test_a_held_database_is_waited_for_and_the_alarm_in_hand_is_told_once(
    address: str | Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite_connections, "PATIENCE_MS", 50)
    caplog.set_level(logging.WARNING)
    database, ended, town = make_database(address), list[BaseException](), Town(1)
    migrate(database)
    town.settle(database, now())
    holder = Holder(database, on_fatal=ended.append)
    holder.start()
    alerting = Alerting(database, now, [Logbook()], holder, ticks=True, on_fatal=ended.append, failed=threading.Event())
    alerting.start()
    co = town.device(1, "co")
    alarm = New(
        f"device-{co}",
        town.site(1),
        CarbonMonoxideReported(device=co, alarm=True, ppm=210.0),
        now(),
        key="co-1",
        digest=1,
    )
    try:
        with held(address) as hold:
            if isinstance(address, Path):  # in the one writer's own thread, before anybody can write about the alarm

                def holds(landed: list[Recorded]) -> None:
                    if any(each.key == "co-1" for each in landed):
                        stop()
                        hold()

                stop = database.on_landed(holds)
            else:
                hold()  # the log itself is free
            database.write(lambda db: append(db, [alarm], recorded_at=now()))
            for waits in ("nothing can be decided", "projections wait"):
                until(lambda waits=waits: waits in caplog.text, waits)  # type: ignore[misc]
            assert ended == []
        told = [("g-s0001", "sent"), ("w-s0001", "sent")]
        until(lambda: messages(database) == told, "both are told")
        until(lambda: alerting.projector.behind() == 0, "all is shown")
        assert ended == []
    finally:
        alerting.stop()
        holder.stop()
        database.close()
