"""A dump is taken from a running PostgreSQL and restored into another: every reader goes on where it was."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from events.follow import Follower, load_snapshots, save_bookmark, save_snapshots
from events.keepers import make_database
from tests.events.saying import fact, tell, whole
from tests.postgres import Databases, Server


def program(servers: Databases, name: str) -> str:
    if not isinstance(servers.server, Server):
        return name
    if not (servers.server.bin / name).exists():
        pytest.skip(f"no {name} beside the server")
    return str(servers.server.bin / name)


def run(*words: str) -> None:
    told = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "PGCONNECT_TIMEOUT": "5"}
    )
    assert told.returncode == 0, told.stderr


def test_after_dump_and_restore_every_reader_goes_on_where_it_was(postgresql: Databases, tmp_path: Path) -> None:
    dump = tmp_path / "shouwang.dump"
    with postgresql.fresh() as old, postgresql.fresh(empty=True) as new:
        database = make_database(old)
        tell(database, *[fact(f"a{n}") for n in range(300)], *[fact("a1")] * 7)
        tell(database, fact("b"))
        follower = Follower(database, "story")
        read = follower.next(limit=120, timeout=0)
        database.write(lambda db: save_bookmark(db, "story", follower.position))
        database.write(lambda db: save_snapshots(db, "story", {"h1": b"\0state"}))
        run(program(postgresql, "pg_dump"), "--format=custom", "--file", str(dump), old)
        tell(database, fact("after the dump"))
        log = whole(database)
        database.close()

        run(program(postgresql, "pg_restore"), "--no-owner", "--exit-on-error", "--dbname", new, str(dump))
        restored = make_database(new)
        assert whole(restored) == log[:-1]
        again = Follower(restored, "story")
        rest = []
        while batch := again.next(limit=100, timeout=0):
            rest += batch
        assert read + rest == log[:-1], "each once, in order"
        with restored.read() as db:
            assert dict(load_snapshots(db, "story")) == {"h1": b"\0state"}

        made = tell(restored, fact("b"), fact("c"))
        assert [n.key for n in made.repeated] == ["b"]
        assert made.recorded[0].position > log[-2].position, "no number is given a second time"
        assert [r.key for r in again.next(timeout=5)] == ["c"]
        restored.close()
        with psycopg.connect(new) as connection:
            triggers = {row[0] for row in connection.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")}
        assert {"events_in_order", "events_append_only"} <= triggers
        assert make_url(new).database != make_url(old).database
