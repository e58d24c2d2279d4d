"""One transaction's worth of messages on its way to disk: what each becomes, and what is owed once it is committed."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from events.store import New, append, head
from events.types.device import ButtonPressed, DeviceFact, ReadingConflicted
from events.types.fact import Event
from ingest.inbox import Raw
from ingest.quarantine import Kept, keep


class Piece(msgspec.Struct):
    """One message and what it becomes: facts, and what of it is quarantined."""

    raw: Raw
    news: list[New]
    kept: list[Kept]


class Stored(msgspec.Struct):
    """What a transaction did. `head` is the last position it wrote, 0: none. `saved`: snapshots moved with it."""

    facts: int = 0
    repeated: int = 0
    quarantined: int = 0
    head: int = 0
    saved: bool = False


def store(db: Connection, pieces: Iterable[Piece], gaps: list[New], *, recorded_at: int) -> Stored:
    """Append all facts in one statement, keep the rest, within the caller's transaction."""
    pieces = list(pieces)
    landed = append(db, [new for piece in pieces for new in piece.news] + gaps, recorded_at=recorded_at)
    done = Stored(facts=len(landed.recorded), repeated=len(landed.repeated))
    if landed.recorded:
        done.head = landed.recorded[-1].position
    if landed.conflicts:
        _conflicts(db, pieces, landed.conflicts, recorded_at, done)
    for piece in pieces:
        for kept in piece.kept:
            done.quarantined += keep(db, kept, recorded_at=recorded_at) is not None
    if done.quarantined:  # it counts as recorded too: of a refused message the number is all that is left in memory
        done.head = head(db)
    return done


def _conflicts(db: Connection, pieces: list[Piece], conflicts: list[New], recorded_at: int, done: Stored) -> None:
    """The same id with another payload: the first stands, the other is kept, and the log says so.

    An alarm counts all the same, under a key of its own: two devices may have been given one name, or one may count
    anew under the old boot.
    """
    by_fact = {id(new): piece.raw for piece in pieces for new in piece.news}
    for new in conflicts:
        raw = by_fact.get(id(new))
        if raw is None:
            continue
        _, _, device = new.stream.partition("-")
        key = new.key or ""
        kept = Kept(
            raw.received_at, raw.topic, raw.payload, raw.retained, "conflict", key, new.lane_key, device, named=True
        )
        if is_alarm(new.event):
            alone = msgspec.structs.replace(new, key=f"{key}~{new.digest or 0:x}")
            done.facts += len(append(db, [alone], recorded_at=recorded_at).recorded)
        number = keep(db, kept, recorded_at=recorded_at)
        if number is None:
            continue
        done.quarantined += 1
        fact = ReadingConflicted(device=device, id=key, quarantine=number)
        append(
            db,
            [New(new.stream, new.lane_key, fact, new.at, f"~conflict-{number}", 0)],
            recorded_at=recorded_at,
        )


def is_alarm(event: Event) -> bool:
    """A device in alarm, or somebody who calls for help."""
    if isinstance(event, ButtonPressed):
        return event.action in {"sos", "help"}
    return isinstance(event, DeviceFact) and getattr(event, "alarm", False) is True
