"""A log with a past: what the devices of a town have said, decoded and appended as the door does, only without a broker."""

from events.database import Database
from events.store import New, append
from events.types.fact import HOUR
from ingest.codec import decode
from measuring import town
from measuring.messages import APART_US, Voices
from shouwang.moment import now

_AT_ONCE = 1000


def settled_town(database: Database, homes: int, facts: int, *, until: int | None = None, county: bool = False) -> None:
    """A town whose devices have said so many facts, the last of them just now (or at `until`)."""
    last = now() if until is None else until
    town.settle(database, homes, last - facts * APART_US - HOUR, county=county)
    batch: list[New] = []
    for message in Voices(homes).past(facts, until=last):
        decoded = decode(message.topic, message.payload, retained=False, received_at=last)
        for reading in decoded.readings:
            stream = f"device-{decoded.device}"
            batch.append(New(stream, decoded.site, reading.event, reading.at, reading.key, reading.digest))
        if len(batch) >= _AT_ONCE:
            _land(database, batch)
            batch = []
    if batch:
        _land(database, batch)


def _land(database: Database, batch: list[New]) -> None:
    database.write(lambda db: append(db, batch, recorded_at=batch[-1].at))
