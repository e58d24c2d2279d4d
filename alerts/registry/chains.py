"""The chain of a home: who is told, level by level. Where a person may stand, so may a rota: `@` and its id."""

from collections.abc import Collection
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


def chains(db: Connection, homes: Collection[str] | None = None) -> dict[str, Levels]:
    """Home -> its chain, of all or of these."""
    c = tables.chains
    query = select(c).order_by(c.c.home, c.c.level, c.c.place)
    found: dict[str, Levels] = {}
    for row in db.execute(query if homes is None else query.where(c.c.home.in_(homes))):
        found.setdefault(row.home, {level: [] for level in LEVELS})[row.level].append(row.person)
    return found


def chains_by_class(db: Connection, homes: Collection[str] | None = None) -> dict[str, dict[str, Levels]]:
    """Home -> class of alert -> the levels that are other than in its chain."""
    c = tables.class_chains
    found: dict[str, dict[str, Levels]] = {}
    query = select(c).where(c.c["class"] != "all").order_by(c.c.home, c.c["class"], c.c.level, c.c.place)
    rows = db.execute(query if homes is None else query.where(c.c.home.in_(homes)))
    for row in rows.mappings():
        levels = found.setdefault(row["home"], {}).setdefault(row["class"], {})
        levels.setdefault(row["level"], []).append(row["person"])
    return found


def may_be_told(db: Connection, home: str, levels: tuple[str, ...], at: int) -> set[str]:
    """Everybody who is meant on these levels at some time from `at` on: also by turn, and in somebody's place."""
    chain = chain_of(db, home)
    by_class = chains_by_class(db, [home]).get(home, {})
    places = [place for each in (chain, *by_class.values()) for level in levels for place in each.get(level, [])]
    return set(roster(db, at).everybody(places))


def people_of_village(db: Connection, village: str, at: int) -> set[str]:
    """Everybody who stands in the chain of a home there, from `at` on also by turn or in somebody's place."""
    h, s, g = tables.homes, tables.sites, tables.grids
    mine = select(h.c.id).join(s, s.c.id == h.c.site).join(g, g.c.id == s.c.grid).where(g.c.village == village)
    named: set[str] = set()
    for table in (tables.chains, tables.class_chains):
        named.update(db.scalars(select(table.c.person).where(table.c.home.in_(mine)).distinct()))
    return set(roster(db, at).everybody(sorted(named)))


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
