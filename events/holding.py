"""The leases of one process: it takes them, shows that it lives, watches the others, and gives all back in the end."""

import logging
import secrets
import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection

from events import leases
from events.database import Database
from events.leases import Fenced, Lease
from events.passing import passing
from events.presence import session_of, this_process
from events.watchfulness import Watchful

log = logging.getLogger("shouwang.leases")

LOOK_S = 1.0
PROCESS = "process."
"""Before the name of an owner: the lease by which a process says that it lives, and works."""


class Holder:
    """One for a process. Where nobody else can work on the database (SQLite) all is taken at once, and nothing beats."""

    def __init__(
        self,
        database: Database,
        *,
        on_fatal: Callable[[BaseException], None],
        watchful: Watchful | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_fatal` gets Fenced when a lease was lost. `clock`: monotonic seconds."""
        self.alone = not database.shared
        self.owner = this_process(database.session or secrets.token_hex(4))
        self._database, self._on_fatal, self._clock = database, on_fatal, clock
        self._watchful = watchful or Watchful()
        self._held: dict[str, Lease] = {}
        self._seen: list[Lease] = []
        self._taking = threading.Lock()
        self._looked = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Show that we live, and watch; a first look before it returns."""
        if not self.alone and not self._thread.is_alive():
            self.look()
            self._thread.start()

    def stop(self) -> None:
        """Give back what is still ours."""
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(10)
        for lease in list(self._held.values()):
            try:
                self.give_back(lease)
            except Exception as failure:
                if not passing(failure):
                    raise
                log.warning("lease %s is not given back: they find out by watching", lease.name)

    def join(self) -> None:
        """Count as one of those who share the work."""
        if not self.alone:
            self.take(f"{PROCESS}{self.owner}")

    def check(self, db: Connection) -> None:
        """In a writer's transaction: nobody has counted us as dead. Raises Fenced."""
        if lease := self._held.get(f"{PROCESS}{self.owner}"):
            leases.check(db, lease)

    def take(self, name: str) -> Lease | None:
        """The lease when it is ours, was free, its holder is dead, or nobody else can be there; None: somebody has it."""
        with self._taking:
            with self._database.read() as db:
                seen = leases.find(db, name)
            if seen is not None and seen.owner == self.owner:  # also where the answer to our taking was lost
                return self._held.setdefault(name, Lease(name, self.owner, seen.token))
            if seen is not None and seen.owner and not self.alone:
                if not self._watchful.is_dead(seen):
                    return None
                self._database.end_session(session_of(seen.owner))
            taken = self._database.write(lambda db: leases.take(db, name, self.owner, seen=seen))
            if taken is not None:
                self._held[name] = taken
                log.info("lease %s is ours, token %d%s", name, taken.token, _after(seen))
            return taken

    def give_back(self, lease: Lease) -> None:
        """Free from now on. What we had in hand under it must be written before."""
        self._held.pop(lease.name, None)
        if not lease.name.startswith(PROCESS):
            self._database.write(lambda db: leases.give_back(db, lease))
            return
        with self._database.read() as db:
            now = leases.find(db, lease.name)
        if now is not None and now.owner == self.owner:
            self._database.write(lambda db: leases.forget(db, [now]))

    def seen(self) -> list[Lease]:
        """All leases as of our last look."""
        return self._seen

    def is_dead(self, lease: Lease) -> bool:
        """Whether its holder was seen to be dead."""
        return self._watchful.is_dead(lease)

    def living(self, db: Connection) -> set[str]:
        """Owners that share the work and were not seen to be dead, ourselves among them."""
        if self.alone:
            return {self.owner}
        dead = self._watchful.dead_owners()
        working = {lease.owner for lease in leases.every(db) if lease.name.startswith(PROCESS)}
        return (working - dead) | {self.owner}

    def wait(self, seconds: float) -> None:
        """Until somebody has looked again, or we stop."""
        with self._looked:
            self._looked.wait(seconds)

    def wake(self) -> None:
        """End all waiting: somebody is to stop."""
        with self._looked:
            self._looked.notify_all()

    def look(self) -> None:
        """Beat and watch once. A database that does not answer proves nothing, about the others or about us."""
        try:
            held = list(self._held.values())
            ours = self._database.write(lambda db: leases.beat(db, self.owner))
            missing = [lease for lease in held if (lease.name, lease.token) not in ours]
            lost = [lease for lease in missing if self._held.get(lease.name) is lease]  # not given back meanwhile
            with self._database.read() as db:
                self._seen = leases.every(db)
            self._watchful.look(self._seen, self._clock())
            gone = [each for each in self._seen if each.name.startswith(PROCESS) and self.is_dead(each)]
            if gone:
                self._database.write(lambda db: leases.forget(db, gone))
        except Exception as failure:
            if not passing(failure):
                raise
            log.warning("nobody can say who lives: %s", type(failure).__name__)
            return
        finally:
            self.wake()
        if lost and not self._stopping.is_set():
            raise Fenced(lost[0].name)

    def _run(self) -> None:
        try:
            while not self._stopping.wait(LOOK_S):
                self.look()
        except BaseException as failure:
            self._on_fatal(failure)


def _after(seen: Lease | None) -> str:
    return f", after {seen.owner}" if seen is not None and seen.owner else ""
