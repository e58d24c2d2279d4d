"""What could not be taken is kept with its bytes and a reason; on request it is decoded again with its own receipt time."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update

from events.failpoints import failpoint
from events.prepared import insert_all
from events.store import New, append
from events.tables import quarantine
from events.types.fact import SECOND
from events.types.system import ReadingQuarantined

STREAM = "quarantine"
MOST_BYTES = 64 * 1024
_GRAIN = 10 * SECOND


class Kept(msgspec.Struct, frozen=True):
    """Something to keep. `named`: it carries an id, so the same bytes are the same message whenever they come."""

    received_at: int
    topic: str
    payload: bytes
    retained: bool
    reason: str
    detail: str = ""
    site: str = ""
    device: str = ""
    danger: str = ""
    named: bool = False


class Quarantined(msgspec.Struct, frozen=True):
    """A row of the quarantine. `size` is the true size; of what is larger only the first 64 KiB are kept.

    `state`: waiting, redecoded, refused (tried again, still not taken).
    """

    id: int
    received_at: int
    topic: str
    payload: bytes
    size: int
    retained: bool
    reason: str
    detail: str
    site: str
    device: str
    state: str


def keep(db: Connection, kept: Sequence[Kept], *, recorded_at: int) -> list[int | None]:
    """Keep their bytes and say so in the log; for each its number, or None when the very same lies there already.

    A message that the broker delivers twice must not be counted twice: with an id the bytes say which it is, without
    one the bytes and the receipt rounded to 10 s do. All of them in few statements: of a device that says nothing but
    nonsense each message would cost as much as a hundred good ones, and its neighbours would wait for it.
    """
    if not kept:
        return []
    failpoint("ingest.quarantining")
    numbers = _numbers(db, len(kept))
    _INSERT.run(db, [_row(each, number) for each, number in zip(kept, numbers, strict=True)])
    news = [_fact(each, number) for each, number in zip(kept, numbers, strict=True)]
    landed = append(db, news, recorded_at=recorded_at).recorded
    said = {fact.event.quarantine for fact in landed if isinstance(fact.event, ReadingQuarantined)}
    if again := [number for number in numbers if number not in said]:
        db.execute(delete(quarantine).where(quarantine.c.id.in_(again)))
    return [number if number in said else None for number in numbers]


def _numbers(db: Connection, count: int) -> list[int]:
    """So many that nobody else has."""
    if db.dialect.name == "sqlite":  # one writer
        last = db.execute(select(func.max(quarantine.c.id))).scalar() or 0
        return list(range(last + 1, last + 1 + count))
    return list(db.exec_driver_sql(_NEXT, (count,)).scalars())


def _row(kept: Kept, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "received_at": kept.received_at,
        "topic": _storable(kept.topic),
        "payload": kept.payload[:MOST_BYTES],
        "size": len(kept.payload),
        "retained": int(kept.retained),
        "reason": kept.reason,
        "detail": _storable(kept.detail)[:500],
        "site": kept.site,
        "device": kept.device,
        "state": "waiting",
    }


def _fact(kept: Kept, number: int) -> New:
    marks = blake2b(kept.payload, key=blake2b(kept.topic.encode(errors="replace")).digest()[:64], digest_size=16)
    when = "" if kept.named else f"-{kept.received_at // _GRAIN}"
    fact = ReadingQuarantined(
        quarantine=number, reason=kept.reason, site=kept.site, device=kept.device, danger=kept.danger
    )
    return New(STREAM, "all", fact, kept.received_at, f"{kept.reason}-{marks.hexdigest()}{when}", 0)


def fetch(db: Connection, number: int) -> Quarantined | None:
    """One, with its bytes."""
    row = db.execute(select(quarantine).where(quarantine.c.id == number)).first()
    return _quarantined(row) if row else None


def newest(
    db: Connection, *, state: str | None = None, before: int | None = None, limit: int = 100
) -> list[Quarantined]:
    """The newest first; `before` a number pages back."""
    query = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(quarantine.c.state == state)
    if before is not None:
        query = query.where(quarantine.c.id < before)
    return [_quarantined(row) for row in db.execute(query)]


def set_state(db: Connection, number: int, state: str) -> None:
    """What became of it."""
    db.execute(update(quarantine).where(quarantine.c.id == number).values(state=state))


def _quarantined(row: Row[Any]) -> Quarantined:
    fields = dict(row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for a row as a mapping
    return Quarantined(**{**fields, "retained": bool(fields["retained"]), "payload": bytes(fields["payload"])})


def _storable(text: str) -> str:
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


_INSERT = insert_all(quarantine)
_NEXT = "SELECT nextval(pg_get_serial_sequence('quarantine', 'id')) FROM generate_series(1, %s)"
