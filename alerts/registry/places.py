"""Where homes lie: town, village, grid and site, with the names that people say."""

import msgspec
from sqlalchemy import Connection, bindparam, select

from alerts.registry import tables
from events.worded import Question


class Town(msgspec.Struct, frozen=True):
    """A town; `signature` stands in 【】 before each of its messages."""

    id: str
    name: str
    name_en: str
    signature: str
    signature_en: str


class Village(msgspec.Struct, frozen=True):
    """A village and the id of its head."""

    id: str
    town: str
    name: str
    name_en: str
    head: str


class Grid(msgspec.Struct, frozen=True):
    """A micro-grid and the id of its member."""

    id: str
    village: str
    name: str
    name_en: str
    member: str


class Site(msgspec.Struct, frozen=True):
    """A villager group behind one supply and uplink."""

    id: str
    grid: str
    name: str
    name_en: str


class Above(msgspec.Struct, frozen=True):
    """The places a home lies in, each with its id and its names in Chinese and English."""

    village: tuple[str, str, str]
    grid: tuple[str, str, str]
    site: tuple[str, str, str]


class PlaceNames(msgspec.Struct, frozen=True):
    """The names around a home, from the town down; `address` is for screens only, never for a message."""

    town: str
    village: str
    grid: str
    site: str
    number: int
    address: str


def town(db: Connection, id: str = "") -> Town | None:
    """That town, or without an id the first that was registered."""
    row = _TOWN.first(db, id=id) if id else _FIRST_TOWN.first(db)
    return Town(*row) if row else None


_t = tables.towns
_towns = select(_t.c.id, _t.c.name, _t.c.name_en, _t.c.signature, _t.c.signature_en).limit(1)
_TOWN, _FIRST_TOWN = Question(_towns.where(_t.c.id == bindparam("id"))), Question(_towns.order_by(_t.c.place, _t.c.id))


def villages(db: Connection) -> list[Village]:
    """All villages in the order of the file."""
    rows = db.execute(select(tables.villages).order_by(tables.villages.c.place, tables.villages.c.id))
    return [Village(r.id, r.town, r.name, r.name_en, r.head) for r in rows]


def grids(db: Connection) -> list[Grid]:
    """All grids in the order of the file."""
    rows = db.execute(select(tables.grids).order_by(tables.grids.c.place, tables.grids.c.id))
    return [Grid(r.id, r.village, r.name, r.name_en, r.member) for r in rows]


def sites(db: Connection) -> list[Site]:
    """All sites in the order of the file."""
    rows = db.execute(select(tables.sites).order_by(tables.sites.c.place, tables.sites.c.id))
    return [Site(r.id, r.grid, r.name, r.name_en) for r in rows]


def site(db: Connection, id: str) -> Site | None:
    """One site."""
    row = db.execute(select(tables.sites).where(tables.sites.c.id == id)).first()
    return Site(row.id, row.grid, row.name, row.name_en) if row else None


def place_names(db: Connection, home: str) -> PlaceNames | None:
    """The names around this home; None when it is unknown."""
    t, v, g, s, h = tables.towns, tables.villages, tables.grids, tables.sites, tables.homes
    row = db.execute(
        select(t.c.name, v.c.name, g.c.name, s.c.name, h.c.number, h.c.address)
        .select_from(h)
        .join(s, s.c.id == h.c.site)
        .join(g, g.c.id == s.c.grid)
        .join(v, v.c.id == g.c.village)
        .join(t, t.c.id == v.c.town)
        .where(h.c.id == home)
    ).first()
    return PlaceNames(*row) if row else None


def above(db: Connection, home: str) -> Above | None:
    """Where this home lies; None when it is unknown."""
    v, g, s, h = tables.villages, tables.grids, tables.sites, tables.homes
    row = db.execute(
        select(v.c.id, v.c.name, v.c.name_en, g.c.id, g.c.name, g.c.name_en, s.c.id, s.c.name, s.c.name_en)
        .select_from(h)
        .join(s, s.c.id == h.c.site)
        .join(g, g.c.id == s.c.grid)
        .join(v, v.c.id == g.c.village)
        .where(h.c.id == home)
    ).first()
    return Above((row[0], row[1], row[2]), (row[3], row[4], row[5]), (row[6], row[7], row[8])) if row else None
