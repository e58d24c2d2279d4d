"""After the faults have stopped: every queue runs empty within a minute, and the seconds are a figure."""

import time
from typing import Final

from sqlalchemy import func, or_, select

from alerts.notify.outbox import UNDECIDED, outbox
from alerts.seats import readers
from alerts.timers import mark_of, timers
from events.database import Database
from events.follow import bookmark
from events.store import head
from events.tables import events
from events.types.fact import SECOND
from tests.faults.crowd import Crowd
from tests.faults.service import Service

WITHIN_S: Final = 60.0
_LATE: Final = 2 * SECOND


def drain(service: Service, crowd: Crowd | None, within_s: float = WITHIN_S) -> tuple[float, list[str]]:
    """How many seconds it took, and what was still not empty when the time was over."""
    began = time.monotonic()
    calm = 0
    with service.memory() as database:
        while True:
            left = waiting(service, crowd, database)
            calm = 0 if left else calm + 1
            took = time.monotonic() - began
            if calm == 2:  # what one reader decides is another's work: empty twice in a row
                return took, []
            if took > within_s:
                return took, [f"after {within_s:g} s {each}" for each in left]
            time.sleep(min(0.1 + took / 20, 1.0))


def waiting(service: Service, crowd: Crowd | None, database: Database) -> list[str]:
    """What is not empty now, in words; the dearer questions only when the cheap ones are answered well."""
    left = []
    if not service.alive:
        left.append("the service does not run")
    health = service.health()
    if not health.get("connected"):
        left.append("the service does not hear")
    if health.get("queued"):
        left.append(f"{health['queued']} messages wait in the inbox")
    if crowd is not None and crowd.waiting:
        left.append(f"{crowd.waiting} messages are not acknowledged by the broker")
    return left or _in_the_log(crowd, database)


def _in_the_log(crowd: Crowd | None, database: Database) -> list[str]:
    now = time.time_ns() // 1000
    left: list[str] = []
    with database.read() as db:
        end = head(db)
        behind = {reader: end - bookmark(db, reader) for reader in (*readers(shared=database.shared), "projections")}
        left += [f"{reader} is {facts} facts behind" for reader, facts in behind.items() if facts > 0]
        undecided = db.execute(select(func.count()).where(outbox.c.state.in_(UNDECIDED))).scalar()
        if undecided:
            left.append(f"{undecided} messages are not settled in the outbox")
        heard = mark_of(db)
        overdue = select(func.count()).where(
            timers.c.due <= now - _LATE, or_(timers.c.waits == 0, timers.c.due <= heard - _LATE)
        )
        if late := db.execute(overdue).scalar():
            left.append(f"{late} timers are overdue")
        if not left and crowd is not None:
            missing = len(crowd.acknowledged) - int(db.execute(_LOGGED).scalar() or 0)
            if missing > 0:
                left.append(f"{missing} acknowledged readings are not in the log")
    return left


def logged(database: Database) -> int:
    """How many readings with an id of their device's own are in the log."""
    with database.read() as db:
        return int(db.execute(_LOGGED).scalar() or 0)


# Between two streams and by key, so that an index alone answers: the log is long and the machine has other work.
_LOGGED = select(func.count()).where(
    events.c.stream.between("device-", "device-~"), events.c.key.is_not(None), events.c.key < "~"
)
