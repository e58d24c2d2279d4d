"""The chain of a home: who is told, level by level. Where a person may stand, so may a rota: `@` and its id."""

from typing import Final

from sqlalchemy import Connection, select

from alerts.registry import tables
from alerts.registry.rosters import roster

LEVELS: Final = ("watcher", "second_watcher", "grid_member", "village", "town")

Levels = dict[str, list[str]]


def chain_of(db: Connection, home: str) -> Levels:
    """Level -> places in order, with every level present; all empty for an unknown home."""
    c = tables.chains
    levels: Levels = {level: [] for level in LEVELS}
    for row in db.execute(select(c).where(c.c.home == home).order_by(c.c.level, c.c.place)):
        levels[row.level].append(row.person)
    return levels


def chains(db: Connection) -> dict[str, Levels]:
    """Home -> its chain."""
    c = tables.chains
    found: dict[str, Levels] = {}
    for row in db.execute(select(c).order_by(c.c.home, c.c.level, c.c.place)):
        found.setdefault(row.home, {level: [] for level in LEVELS})[row.level].append(row.person)
    return found


def chains_by_class(db: Connection) -> dict[str, dict[str, Levels]]:
    """Home -> class of alert -> the levels that are other than in its chain."""
    c = tables.class_chains
    found: dict[str, dict[str, Levels]] = {}
    rows = db.execute(select(c).where(c.c["class"] != "all").order_by(c.c.home, c.c["class"], c.c.level, c.c.place))
    for row in rows.mappings():
        levels = found.setdefault(row["home"], {}).setdefault(row["class"], {})
        levels.setdefault(row["level"], []).append(row["person"])
    return found


def may_be_told(db: Connection, home: str, levels: tuple[str, ...], at: int) -> set[str]:
    """Everybody who is meant on these levels at some time from `at` on: also by turn, and in somebody's place."""
    chain = chain_of(db, home)
    by_class = chains_by_class(db).get(home, {})
    places = [place for each in (chain, *by_class.values()) for level in levels for place in each.get(level, [])]
    return set(roster(db, at).everybody(places))


def told_now(db: Connection, chain: Levels, at: int) -> Levels:
    """Level -> the persons meant at `at`."""
    known = roster(db, at)
    return {level: known.resolve(places, at).persons for level, places in chain.items()}


def homes_of(db: Connection, person: str, at: int) -> list[str]:
    """The homes in whose chain this person stands, at some time from `at` on also by turn or in somebody's place."""
    known = roster(db, at)
    c, own = tables.chains, tables.class_chains
    named = {row.person for table in (c, own) for row in db.execute(select(table.c.person).distinct())}
    places = [place for place in sorted(named) if person in known.everybody([place])]
    found: set[str] = set()
    for table in (c, own):
        found.update(db.execute(select(table.c.home).where(table.c.person.in_(places)).distinct()).scalars())
    return sorted(found)
