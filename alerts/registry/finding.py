"""Finding a home as people ask for it: by place and house number, by its id, or by the whole name of who lives there."""

import re
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from alerts.registry import tables

_WORD: Final = re.compile(r"[0-9]+|[^0-9\s,，]+")
_EMPTY: Final = frozenset({"号", "号家", "家", "no.", "house"})
_MOST_WORDS: Final = 6


def find_homes(db: Connection, text: str, *, village: str = "", limit: int | None = None) -> list[str]:
    """Ids in the order of the file: every word of `text` must be of its place, its number or its id; no word: all."""
    h, s, g = tables.homes, tables.sites, tables.grids
    query = _placed(select(h.c.id)).order_by(s.c.place, h.c.site, h.c.number, h.c.id)
    if village:
        query = query.where(g.c.village == village)
    asked = text.strip().lower()
    if asked and db.execute(query.where(func.lower(h.c.id) == asked)).first() is not None:
        query = query.where(func.lower(h.c.id) == asked)
    else:
        words = [word for word in _WORD.findall(asked) if word not in _EMPTY][:_MOST_WORDS]
        house = next((n for n in reversed(range(len(words))) if words[n].isascii() and words[n].isdigit()), None)
        for n, word in enumerate(words):  # of several numbers the last is the house's, as in "Group 3 12"
            query = query.where(h.c.number == int(word[:9]) if n == house else _says(word))
    return list(db.scalars(query if limit is None else query.limit(limit)))


def homes_of_resident(db: Connection, name: str) -> list[str]:
    """Where somebody of exactly this name lives: whoever asks must know it already."""
    r = tables.residents
    return list(db.scalars(select(r.c.home).where(r.c.name == name.strip()).order_by(r.c.home)))


def _placed(query: Select[Any]) -> Select[Any]:
    h, s, g, v = tables.homes, tables.sites, tables.grids, tables.villages
    return query.select_from(h).join(s, s.c.id == h.c.site).join(g, g.c.id == s.c.grid).join(v, v.c.id == g.c.village)


def _says(word: str) -> ColumnElement[bool]:
    h, s, g, v = tables.homes, tables.sites, tables.grids, tables.villages
    names = (s.c.name, s.c.name_en, g.c.name, g.c.name_en, v.c.name, v.c.name_en, h.c.address, h.c.id)
    return or_(*(func.lower(name).contains(word, autoescape=True) for name in names))
