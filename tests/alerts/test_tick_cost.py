"""A tick of the timers works on what is due; timers that lie in the future cost it nothing, however many there are."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from alerts.timers import next_due, ring, timers
from events.keepers import make_database
from ingest.caught_up import move_mark

NOW = 1_800_000_000_000_000


def instructions(db: Connection, work: Any) -> int:
    """What SQLite's machine does for it, in tens of its instructions: the same on every computer."""
    raw: Any = db.connection.driver_connection
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    raw.set_progress_handler(count, 10)
    try:
        work()
    finally:
        raw.set_progress_handler(None, 0)
    return counted


def tick(folder: Path, in_the_future: int) -> tuple[int, int]:
    """Looking for what is due, and ringing the three that are."""
    database = make_database(folder / f"{in_the_future}.db")
    database.create()

    def work(db: Connection) -> tuple[int, int]:
        move_mark(db, NOW)
        later = [(f"h{n}", f"rule:r{n % 3}", NOW + 1 + n, n % 2) for n in range(in_the_future)]
        due = [("a", "rule:r", NOW - 2, 1), ("b", "alert:b", NOW - 1, 0), ("c", "rule:r", NOW - 1, 1)]
        for owner, name, at, waits in [*later, *due]:
            db.execute(insert(timers).values(owner=owner, timer=name, site="s", due=at, waits=waits))
        looking = instructions(db, lambda: next_due(db, mark=NOW))
        rung: list[int] = []
        ringing = instructions(db, lambda: rung.append(ring(db, NOW)))
        assert rung == [3]
        return looking, ringing

    found = database.write(work)
    database.close()
    return found


def test_the_cost_follows_what_is_due(tmp_path: Path) -> None:
    few, many = tick(tmp_path, 20), tick(tmp_path, 2000)
    assert many[0] <= few[0] + 5
    assert many[1] <= few[1] + 30
