"""The service's own time: it runs with the machine's uptime, and the wall clock moves it only when that is decided.

Steps of alerts are minutes after a moment. Were they counted on a clock that others may set, one wrong answer of a time
server would ring them an hour early or hold them for an hour. Uptime counts a machine's sleep too, and a stopped process
finds it gone on. All processes on a machine read one line from the database, so that they agree, also after a restart.
"""

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, insert
from sqlalchemy import update as change

from events.store import head, read
from events.tables import marks
from events.worded import Lookup
from shouwang.moment import now as wall_now

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def uptime() -> int:
    """Microseconds since the machine started, its sleep included; nobody can set it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def boot_name() -> str:
    """Which start of which machine this is."""
    return _BOOT.read_text("ascii").strip()[:13]


class SteadyClock:
    """`now` in microseconds UTC. `origin` is what time it was when the machine started, as far as we follow."""

    def __init__(self, origin: int, *, uptime: Callable[[], int] = uptime) -> None:
        self.origin, self.uptime = origin, uptime

    def now(self) -> int:
        """What time it is for us."""
        return self.origin + self.uptime()


def line_of(boot: str) -> str:
    """The mark that holds the origin of this boot."""
    return f"clock:{boot}"


def read_line(db: Connection, name: str) -> int | None:
    """A mark of the clock; None: never written."""
    return read_lines(db, name).get(name)


def read_lines(db: Connection, *names: str) -> dict[str, int]:
    """Several at once, without those that were never written."""
    return dict(_BY_NAME.rows(db, names))


_BY_NAME = Lookup(marks.c.name)


def write_line(db: Connection, name: str, value: int) -> None:
    """Within the caller's transaction."""
    if not db.execute(change(marks).where(marks.c.name == name).values(at=value)).rowcount:
        db.execute(insert(marks).values(name=name, at=value))


def origin_for(
    db: Connection, boot: str, *, wall: Callable[[], int] = wall_now, uptime: Callable[[], int] = uptime
) -> int:
    """Where we were, when the machine still runs; else by the wall, but never before what is in the log already.

    An old machine may begin in 1970 and learn the time a minute later.
    """
    name = line_of(boot)
    known = read_line(db, name)
    if known is not None:
        return known
    newest = head(db)
    last = read(db, newest - 1, limit=1) if newest else []
    begins = max(wall(), last[0].recorded_at if last else 0) - uptime()
    write_line(db, name, begins)
    return begins
