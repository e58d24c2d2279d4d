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
    numbers = keep(db, [kept for piece in pieces for kept in piece.kept], recorded_at=recorded_at)
    done.quarantined += sum(number is not None for number in numbers)
    if done.quarantined:  # it counts as recorded too: of a refused message the number is all that is left in memory
        done.head = head(db)
    return done


def _conflicts(db: Connection, pieces: list[Piece], conflicts: list[New], recorded_at: int, done: Stored) -> None:
    """The same id with another payload: the first stands, the other is kept, and the log says so.

    An alarm counts all the same, under a key of its own: two devices may have been given one name, or one may count
    anew under the old boot.
    """
    by_fact = {id(new): piece.raw for piece in pieces for new in piece.news}
    known = [(new, raw) for new in conflicts if (raw := by_fact.get(id(new))) is not None]
    alone = [
        msgspec.structs.replace(new, key=f"{new.key}~{new.digest or 0:x}") for new, _ in known if is_alarm(new.event)
    ]
    done.facts += len(append(db, alone, recorded_at=recorded_at).recorded)
    numbers = keep(db, [_in_conflict(new, raw) for new, raw in known], recorded_at=recorded_at)
    said: list[New] = []
    for (new, _), number in zip(known, numbers, strict=True):
        if number is not None:
            done.quarantined += 1
            fact = ReadingConflicted(device=_device(new), id=new.key or "", quarantine=number)
            said.append(New(new.stream, new.lane_key, fact, new.at, f"~conflict-{number}", 0))
    append(db, said, recorded_at=recorded_at)


def _device(new: New) -> str:
    return new.stream.partition("-")[2]


def _in_conflict(new: New, raw: Raw) -> Kept:
    return Kept(
        raw.received_at, raw.topic, raw.payload, raw.retained, "conflict", new.key or "", new.lane_key, _device(new),
        named=True,
    )  # fmt: skip


def is_alarm(event: Event) -> bool:
    """A device in alarm, or somebody who calls for help."""
    if isinstance(event, ButtonPressed):
        return event.action in {"sos", "help"}
    return isinstance(event, DeviceFact) and getattr(event, "alarm", False) is True
