"""What could not be taken: a list, and one with its bytes, as ingest keeps them."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from events.tables import quarantine


@dataclass(frozen=True)
class Quarantined:
    """One message; `payload` only where one was asked for."""

    id: int
    received_at: int
    topic: str
    size: int
    retained: bool
    reason: str
    detail: str
    site: str
    device: str
    state: str
    payload: bytes = b""


def listed(db: Connection, *, before: int | None = None, limit: int = 100) -> list[Quarantined]:
    """The newest first; `before` is the last id of the page before."""
    query = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(quarantine.c.id < before)
    return [_of(row, b"") for row in db.execute(query)]


def one(db: Connection, id: int) -> Quarantined | None:
    """This one with its bytes."""
    row = db.execute(select(quarantine).where(quarantine.c.id == id)).first()
    return _of(row, bytes(row.payload)) if row else None


def count(db: Connection) -> int:
    """How many lie there."""
    return int(db.execute(select(func.count()).select_from(quarantine)).scalar() or 0)


def _of(row: object, payload: bytes) -> Quarantined:
    names = [name for name in Quarantined.__dataclass_fields__ if name not in {"payload", "retained"}]
    values = {name: getattr(row, name) for name in names}
    return Quarantined(**values, retained=bool(getattr(row, "retained")), payload=payload)  # noqa: B009 -- a Row
