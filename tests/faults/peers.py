"""A second service beside the first: the same database and broker, a folder and a port of its own, also of another machine."""

import copy
import os
import shutil
import subprocess
import sys

import psycopg

from tests.faults.service import ROOT, Service
from tests.ports import free_port

_AS_ELSEWHERE = ["unshare", "--uts", "sh", "-c", 'hostname elsewhere && exec "$0" "$@"']
"""A process whose machine has another name: nobody on ours knows whether it has ended."""
_WITNESSED = ("events", "bookmarks", "snapshots", "timers", "outbox", "marks")


def can_be_elsewhere() -> bool:
    """Whether this machine lets us give a process another host name."""
    return os.geteuid() == 0 and shutil.which("unshare") is not None


class Peer(Service):
    """Made of a service that is open; closes nothing of it."""

    _elsewhere = False

    @classmethod
    def of(cls, first: Service, name: str, *, elsewhere: bool = False) -> "Peer":
        """`elsewhere`: as if on another machine."""
        made = copy.copy(first)
        made.__class__ = cls
        assert isinstance(made, Peer)
        made.home, made.port, made.process, made.starts = first.ground.folder / name, free_port(), None, 0
        made.log, made.url = first.ground.folder / f"{name}.log", f"http://127.0.0.1:{made.port}"
        made.home.mkdir()
        made._elsewhere = elsewhere
        return made

    def start(self, *, well: bool = False, **environ: str) -> None:
        """As the first one does."""
        words = [*(_AS_ELSEWHERE if self._elsewhere else ()), sys.executable, "-m", "shouwang.service"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                words, env=self.environ(**environ), cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self.starts += 1
        if well:
            self.until(lambda: self.health().get("ok"), "the service is well")


class Witness:
    """The database itself notes which process has committed something, and when; what was undone leaves no trace."""

    def __init__(self, address: str) -> None:
        self._db = psycopg.connect(address, autocommit=True)
        self._db.execute("CREATE TABLE witness (who text NOT NULL, at timestamptz NOT NULL, what text NOT NULL)")
        self._db.execute(
            "CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO witness SELECT current_setting('application_name'), clock_timestamp(), TG_TABLE_NAME "
            "WHERE EXISTS (SELECT 1 FROM changed); RETURN NULL; END $$"
        )
        for table in _WITNESSED:
            for event, rows in (
                ("INSERT", "NEW"),
                ("UPDATE", "NEW"),
                ("DELETE", "OLD"),
            ):  # a refused claim changes none
                self._db.execute(
                    f"CREATE TRIGGER witness_{event} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed "
                    "FOR EACH STATEMENT EXECUTE FUNCTION witness()"
                )

    def who(self, owner: str) -> str:
        """What the server calls the process that holds leases by this name."""
        return f"shouwang-{owner.rpartition('/')[2]}"

    def owner_of(self, lease: str) -> str:
        """Who holds it now; empty: nobody."""
        row = self._db.execute("SELECT owner FROM leases WHERE name = %s", (lease,)).fetchone()
        return str(row[0]) if row else ""

    def holds(self, owner: str) -> set[str]:
        """All leases of this process."""
        return {str(row[0]) for row in self._db.execute("SELECT name FROM leases WHERE owner = %s", (owner,))}

    def now(self) -> str:
        """The server's own time."""
        row = self._db.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        return str(row[0])

    def wrote(self, owner: str, *, after: str = "-infinity") -> list[str]:
        """The table of each statement of this process that was committed since then."""
        asked = "SELECT what FROM witness WHERE who = %s AND at > %s::timestamptz"
        return [str(row[0]) for row in self._db.execute(asked, (self.who(owner), after)).fetchall()]

    def in_hand(self, owner: str) -> int:
        """Messages that this process has claimed and not settled: what became of them nobody knows for certain."""
        asked = "SELECT count(*) FROM outbox WHERE claimed_by = %s AND state IN ('claimed', 'asking')"
        row = self._db.execute(asked, (owner,)).fetchone()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        """No more questions."""
        self._db.close()
