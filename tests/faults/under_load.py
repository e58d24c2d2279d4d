"""A process to be recorded: writers, a decider and a reader on one log; each acknowledgement is a line in a file.

`python -m tests.faults.under_load LOG ACKS SEED BATCHES [full|normal]`
"""

import os
import random
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from events.database import Database
from events.follow import Follower, load_snapshots, save_bookmark, save_snapshots
from events.keepers import sqlite, sqlite_connections
from events.keepers.sqlite import SqliteDatabase
from events.store import append, version_of
from tests.events.saying import AT, decision, fact, tell

WRITERS = 3
READER, ITSELF = "counting", "dp03/counted"


class Acks:
    """Lines for whoever was answered; one write a line, after the answer was given and never before."""

    def __init__(self, path: Path) -> None:
        self._to = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(self, *words: object) -> None:
        os.write(self._to, (" ".join(map(str, words)) + "\n").encode())


def writes(database: Database, acks: Acks, name: str, batches: int, chance: random.Random) -> None:
    """Batches of facts of many sizes."""
    n = 0
    for _ in range(batches):
        keys = [f"{name}-{n + i}" for i in range(chance.choice((1, 1, 3, 12, 40)))]
        n += len(keys)
        landed = tell(database, *[fact(key, digest=n) for key in keys]).recorded
        acks.say("fact", *[f"{record.key}@{record.position}" for record in landed])


def decides(database: Database, acks: Acks, home: str, times: int, begun: int) -> None:
    """Decisions, each on the version before."""
    for version in range(begun, begun + times):
        made = tell(database, decision(home, home=home), after={f"home-{home}": version})
        acks.say("decision", f"{home}#{made.recorded[0].version}")


def counts(database: Database, acks: Acks, writing: threading.Event) -> None:
    """A reader: its bookmark, its count and what it says itself commit together."""
    follower = Follower(database, READER)
    with database.read() as db:
        counted = counted_in(db)
    while not (ended := writing.is_set()) or follower.behind():
        batch = follower.next(timeout=0.02)
        if not batch and ended:
            break
        if not batch:
            continue
        counted += len(batch)
        others = any(record.stream != f"device-{ITSELF}" for record in batch)
        database.write(partial(_count, counted=counted, position=follower.position, speaks=others))
        acks.say("bookmark", follower.position)
    follower.close()


def _count(db: Connection, *, counted: int, position: int, speaks: bool) -> None:
    save_snapshots(db, READER, {"all": str(counted).encode()})
    save_bookmark(db, READER, position)
    if speaks:
        append(db, [fact(f"counted-{counted}", device=ITSELF)], recorded_at=AT)


def counted_in(db: Connection) -> int:
    """How many facts the reader has counted as of its bookmark."""
    return sum(int(state) for _, state in load_snapshots(db, READER))


def careless(careful: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Connections that do not wait for the disk."""

    def prepare(connection: Any, record: Any) -> None:
        careful(connection, record)
        connection.execute("PRAGMA synchronous=NORMAL")

    return prepare


def main(log: str, said: str, seed: str, batches: str, synchronous: str = "full") -> None:
    """All at once, until each writer has told its batches."""
    sqlite._CHECKPOINT_EVERY_S = 0.2  # the log is shortened often, so that cuts fall into it
    if synchronous == "normal":  # the yardstick: can the harness see a loss at all?
        sqlite_connections.prepare = careless(sqlite_connections.prepare)  # type: ignore[assignment]  # before anybody connects
    database, acks = SqliteDatabase(Path(log)), Acks(Path(said))
    database.create()
    with database.read() as db:
        begun = version_of(db, "home-dp03-12")
    jobs = [
        threading.Thread(target=writes, args=(database, acks, f"{seed}-{n}", int(batches), random.Random(f"{seed}{n}")))
        for n in range(WRITERS)
    ]
    jobs.append(threading.Thread(target=decides, args=(database, acks, "dp03-12", int(batches) // 2, begun)))
    writing = threading.Event()
    reader = threading.Thread(target=counts, args=(database, acks, writing))
    for job in (*jobs, reader):
        job.start()
    for job in jobs:
        job.join()
    writing.set()
    reader.join()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
