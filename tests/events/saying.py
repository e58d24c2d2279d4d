"""Short ways to say a fact or a decision in the stories of the memory."""

from collections.abc import Mapping, Sequence
from typing import Any

from events.database import Database
from events.serial import Recorded
from events.store import Appended, New, append, read
from events.types.device import OccupancyReported
from events.types.home import AwayEnded

AT = 1_800_000_000_000_000


def fact(key: str, *, digest: int | None = 1, device: str = "dp03/hall-1", occupied: bool = True, at: int = AT) -> New:
    """Something a device said, known by its key."""
    return New(
        f"device-{device}", device.partition("/")[0], OccupancyReported(device=device, occupied=occupied), at,
        key=key, digest=digest,
    )  # fmt: skip


def decision(by: str = "elder", *, home: str = "dp03-12", meta: dict[str, Any] | None = None) -> New:
    """Something decided about a home."""
    return New(f"home-{home}", "dp03", AwayEnded(home=home, by=by), AT, meta=meta or {})


def tell(database: Database, *news: New, after: Mapping[str, int] | None = None) -> Appended:
    """Append in a transaction of its own."""
    return database.write(lambda db: append(db, news, recorded_at=AT, after=after))


def whole(database: Database) -> Sequence[Recorded]:
    """The log from its beginning."""
    with database.read() as db:
        return read(db, 0, limit=1_000_000)
