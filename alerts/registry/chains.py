"""The chain of a home: who is told, level by level."""

from typing import Final

from sqlalchemy import Connection, select

from alerts.registry import tables

LEVELS: Final = ("watcher", "second_watcher", "grid_member", "village", "town")


def chain_of(db: Connection, home: str) -> dict[str, list[str]]:
    """Level -> person ids in order, with every level present; all empty for an unknown home."""
    c = tables.chains
    levels: dict[str, list[str]] = {level: [] for level in LEVELS}
    for row in db.execute(select(c).where(c.c.home == home).order_by(c.c.level, c.c.place)):
        levels[row.level].append(row.person)
    return levels


def homes_of(db: Connection, person: str) -> list[str]:
    """The homes in whose chain this person stands."""
    c = tables.chains
    return list(db.execute(select(c.c.home).where(c.c.person == person).distinct().order_by(c.c.home)).scalars())
