"""Decoding again on request: the same bytes, topic and receipt time, the codecs and registrations of today."""

import msgspec
from sqlalchemy import Connection, select

from events.follow import bookmark, save_bookmark
from events.serial import load
from events.store import New, append, head
from events.tables import events
from events.types.system import ReadingRedecoded, RedecodeRequested
from ingest import quarantine
from ingest.codec import Refused, decode
from ingest.known import Known
from ingest.quarantine import Quarantined

READER = "redecode"


Request = tuple[int, RedecodeRequested]
"""A position and what was asked there."""


def waiting_since(db: Connection) -> int:
    """The position up to which all requests are answered."""
    return bookmark(db, READER)


def look(db: Connection, after: int) -> tuple[int, list[Request]]:
    """The head of the log, and the requests between `after` and it."""
    upto = head(db)
    query = (
        select(events.c.position, events.c.type, events.c.data)
        .where(events.c.position > after, events.c.position <= upto, events.c.type == RedecodeRequested.__name__)
        .order_by(events.c.position)
    )
    found = ((row.position, load(row.type, row.data)) for row in db.execute(query))
    return upto, [(position, event) for position, event in found if isinstance(event, RedecodeRequested)]


def answer(db: Connection, known: Known, requests: list[Request], upto: int, *, now: int) -> None:
    """Answer these, within the caller's transaction; each once: the answer has a key, and the bookmark moves with it."""
    for position, request in requests:
        row = quarantine.fetch(db, request.quarantine)
        facts, reason = (0, "no_such_number") if row is None else _again(db, row, known, now)
        if row is not None and row.state != "redecoded":
            quarantine.set_state(db, row.id, "refused" if reason else "redecoded")
        said = ReadingRedecoded(quarantine=request.quarantine, facts=facts, reason=reason)
        fact = New(quarantine.STREAM, "all", said, now, f"redecoded-{position}", 0, {"cause": position})
        append(db, [fact], recorded_at=now)
    save_bookmark(db, READER, upto)


def _again(db: Connection, row: Quarantined, known: Known, now: int) -> tuple[int, str]:
    if row.size > len(row.payload):
        return 0, "too_large"
    try:
        decoded = decode(row.topic, row.payload, retained=row.retained, received_at=row.received_at)
    except Refused as why:
        return 0, why.reason
    if refusal := known.refusal(decoded.device):
        return 0, refusal
    news = [
        New(
            f"device-{decoded.device}",
            decoded.site,
            msgspec.structs.replace(reading.event, redecoded=True),
            reading.at,
            reading.key,
            reading.digest,
            {"quarantine": row.id},
        )
        for reading in decoded.readings
    ]
    landed = append(db, news, recorded_at=now)
    if landed.conflicts:
        return len(landed.recorded), "conflict"
    return len(landed.recorded), decoded.refused[0].why.reason if decoded.refused else ""
