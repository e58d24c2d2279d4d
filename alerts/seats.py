"""Seats: the 64 lanes in a fixed number of shares; each is read by an engine and a planner of its own.

One seat holds all lanes where one process holds the database. Where several may, there are four, and a process takes as
many as fall to it. Names of readers are stored data: they never change.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, select

from events.follow import load_snapshots, save_bookmark, save_snapshots
from events.lanes import LANES, lane_of
from events.tables import bookmarks, snapshots

SHARES = 4
"""How many seats there are on a database that processes share."""
ENGINE, PLANNER, LEARNER = "engine", "planner", "learner"
POLICY = "policy"
"""Under this name each reader keeps the settings in force: every seat has its own."""
ROSTER = "roster"
"""Likewise who stands in for whom."""
CHANNELS = "channels:declared"
"""Likewise, for planners, the channels of the house; no person's id has a colon."""
LANES_SAVED = "lanes:saved"
"""Likewise, for engines, of which lanes more is saved than of the others; no home's id has a colon but those of sites."""
COMMON = frozenset({POLICY, ROSTER, CHANNELS, LANES_SAVED})


class Seat(NamedTuple):
    """Seat `number` of `among`."""

    number: int = 0
    among: int = 1

    @property
    def lease(self) -> str:
        """By which a process holds it."""
        return f"seat.{self.number}"

    @property
    def lanes(self) -> frozenset[int] | None:
        """Its lanes; None: all."""
        if self.among == 1:
            return None
        return frozenset(lane for lane in range(LANES) if lane % self.among == self.number)

    def reader(self, kind: str) -> str:
        """The stored name of its engine or planner."""
        return kind if self.among == 1 else f"{kind}.{self.number}"

    def owns(self, key: str) -> bool:
        """Is this site or person its own? Facts in the lane that everybody reads may concern somebody else's."""
        return lane_of(key) % self.among == self.number


WHOLE = Seat()


def seats_of(*, shared: bool) -> tuple[Seat, ...]:
    """All there are."""
    return tuple(Seat(number, SHARES) for number in range(SHARES)) if shared else (WHOLE,)


def readers(*, shared: bool) -> list[str]:
    """The stored names of all engines and planners."""
    return [seat.reader(kind) for kind in (ENGINE, PLANNER) for seat in seats_of(shared=shared)]


def share_out(db: Connection) -> None:
    """What one reader of all lanes had kept goes to the seats, once; they read on where it stood."""
    _share(db, ENGINE, lambda _, state: _site(state).site)
    _share(db, PLANNER, lambda person, _: person)
    _share(db, LEARNER, lambda home, _: home)  # it keeps no states, only where it stood


def _share(db: Connection, kind: str, key_of: Callable[[str, bytes], str]) -> None:
    # Of several who come at once the first deletes it, and the others wait here until it has shared everything out.
    found = db.execute(delete(bookmarks).where(bookmarks.c.reader == kind).returning(bookmarks.c.position)).scalar()
    seats = seats_of(shared=True)
    started = select(bookmarks.c.reader).where(bookmarks.c.reader.in_([seat.reader(kind) for seat in seats]))
    if found is None or db.execute(started).first() is not None:
        return
    kept = list(load_snapshots(db, kind))
    for seat in seats:
        states = {o: s for o, s in kept if o in COMMON or seat.owns(key_of(o, s))}
        save_snapshots(db, seat.reader(kind), dict(states))
        save_bookmark(db, seat.reader(kind), int(found))
    db.execute(delete(snapshots).where(snapshots.c.reader == kind))


class _Site(msgspec.Struct):
    site: str


_site = msgspec.msgpack.Decoder(_Site).decode
