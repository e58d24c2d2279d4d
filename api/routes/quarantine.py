"""Quarantine: what could not be taken, and trying again."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from alerts.projections import quarantined
from api.access.audit import note_down
from api.asking import Operator, Reader, Serving, Snapshot
from api.problems import Problem
from api.routes.other_shapes import QuarantinedOut, QuarantinedWhole
from api.services import Services
from events.store import New, append
from events.types.system import RedecodeRequested

router = APIRouter(prefix="/quarantine", tags=["quarantine"])

Number = Annotated[int, Path(ge=1, le=1 << 62)]


@router.get("")
def list_quarantine(
    db: Snapshot, who: Reader,
    before: Annotated[int | None, Query(ge=1, le=1 << 62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> list[QuarantinedOut]:  # fmt: skip
    """The newest first."""
    del who
    return [QuarantinedOut(**_plain(item)) for item in quarantined.listed(db, before=before, limit=limit)]


@router.get("/{number}")
def read_quarantine(number: Number, db: Snapshot, who: Operator, serving: Serving) -> QuarantinedWhole:
    """One with its bytes; they may hold anything, so that they were shown is written down."""
    item = known(quarantined.one(db, number), number)
    note_down(serving.database, at=serving.now(), who=who.id, what="GET quarantine", ref=str(number))
    return QuarantinedWhole(**_plain(item), hex=item.payload.hex(), text=as_text(item.payload))


@router.post("/{number}/redecode", status_code=202)
def redecode(number: Number, db: Snapshot, who: Operator, serving: Serving) -> QuarantinedOut:
    """Ask for the bytes to be read again; the answer comes as a ReadingRedecoded."""
    item = known(quarantined.one(db, number), number)
    ask_again(serving, number, who.id)
    return QuarantinedOut(**_plain(item))


def ask_again(serving: Services, number: int, by: str) -> None:
    """Record the request; ingest hears of it from the log."""
    now = serving.now()
    asked = New("quarantine", "all", RedecodeRequested(quarantine=number, by=by), now, key=f"redecode-{number}-{now}")
    serving.database.write(lambda db: append(db, [asked], recorded_at=now))
    serving.folded()


def known(item: quarantined.Quarantined | None, number: int) -> quarantined.Quarantined:
    """The message, or 404."""
    if item is None:
        raise Problem(404, "quarantined_unknown", number=number)
    return item


def as_text(payload: bytes) -> str | None:
    """The bytes as text, None when they are not UTF-8."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None


def _plain(item: quarantined.Quarantined) -> dict[str, Any]:
    return {name: getattr(item, name) for name in QuarantinedOut.model_fields}
