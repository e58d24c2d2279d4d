"""Shifts: who has the desk since when, what was promised and is still owed, and what was handed over."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from events.serial import Recorded
from events.store import read_stream
from events.types.fact import HOUR
from events.types.shift import PromiseKept, PromiseMade, ShiftHandedOver

STREAM: Final = "shift"
LONGEST: Final = 12 * HOUR
_READ: Final = 500
"""Promises older than so many others are not looked for: a desk that owes that much has another problem."""


@dataclass(frozen=True)
class Promise:
    """What somebody said they would do; the words lie in the registry under its id."""

    id: str
    by: str
    at: int
    due: int


@dataclass(frozen=True)
class Handover:
    """A signed handover."""

    at: int
    said: ShiftHandedOver


def open_promises(db: Connection) -> list[Promise]:
    """What is still owed, the oldest first."""
    owed: dict[str, Promise] = {}
    for recorded in read_stream(db, STREAM, types=["PromiseMade", "PromiseKept"], limit=_READ):
        match recorded.event:
            case PromiseMade(promise=promise, by=by, due=due):
                owed[promise] = Promise(promise, by, recorded.at, due)
            case PromiseKept(promise=promise):
                owed.pop(promise, None)
    return list(owed.values())


def handovers(db: Connection, *, limit: int = 20) -> list[Handover]:
    """The latest first."""
    found = [_handover(recorded) for recorded in read_stream(db, STREAM, types=["ShiftHandedOver"], limit=limit)]
    return sorted((each for each in found if each), key=lambda each: -each.at)


def shift_began(db: Connection) -> int | None:
    """When the present shift took the desk, None: nobody ever handed over."""
    last = handovers(db, limit=1)
    return last[0].at if last else None


def shift_since(db: Connection, now: int) -> int:
    """Since when a desk looks at what it did. A shift that nobody handed over for long is none: then half a day."""
    return max(shift_began(db) or 0, now - LONGEST)


def anchors(db: Connection) -> list[tuple[int, str]]:
    """How long the audit record was at each handover, and its last link."""
    return [(each.said.audit_entries, each.said.audit_link) for each in handovers(db, limit=10_000)]


def _handover(recorded: Recorded) -> Handover | None:
    return Handover(recorded.at, recorded.event) if isinstance(recorded.event, ShiftHandedOver) else None
