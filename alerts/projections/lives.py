"""Lives: for each home who agreed, proved, paused or retired it and when, the last visit, and what is wrong with its chain."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, Table, Text, select

from alerts.core.life import Life, Mark
from alerts.core.life import fold as fold_fact
from alerts.projections.projection import Projection, about, load_rows, replace_rows
from events.serial import Recorded
from events.tables import metadata
from events.types import home as facts
from events.types import life

__all__ = ["LIVES", "Life", "Mark", "all_lives", "holed_lives", "life_of", "lives"]

lives = Table(
    "board_lives",
    metadata,
    Column("home", Text, primary_key=True),
    Column("life", Text, nullable=False),
)

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(Life).decode


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """Write the rows of the homes these facts speak of."""
    touched = sorted({about(record, "home") for record in records})
    known = {key: _decode(row["life"]) for key, row in load_rows(db, lives.c.home, touched).items()}
    for record in records:
        fold_fact(known.setdefault(about(record, "home"), Life()), record.event, record.at)
    replace_rows(db, lives, [{"home": home, "life": _encode(known[home]).decode()} for home in touched])


LIVES: Final = Projection(
    "lives",
    (lives,),
    frozenset({
        facts.HomeEnrolled, facts.HomePaused, facts.HomeResumed, facts.HomeRetired, facts.DeviceAssigned,
        life.ConsentRecorded, life.ConsentWithdrawn, life.HomeProven, life.VisitRecorded, life.ChainChecked,
    }),
    fold,
)  # fmt: skip


def life_of(db: Connection, home: str) -> Life:
    """What has been said of this home."""
    row = db.execute(select(lives.c.life).where(lives.c.home == home)).first()
    return _decode(row.life) if row else Life()


def all_lives(db: Connection, homes: Sequence[str] | None = None) -> dict[str, Life]:
    """By home: these, or all."""
    query = select(lives)
    if homes is not None:
        query = query.where(lives.c.home.in_(homes))
    return {row.home: _decode(row.life) for row in db.execute(query)}


def holed_lives(db: Connection) -> dict[str, Life]:
    """Of the homes in whose chain something was found wrong."""
    query = select(lives).where(lives.c.life.contains('"holes":[{')).order_by(lives.c.home)
    return {row.home: life for row in db.execute(query) if (life := _decode(row.life)).holes}
