"""Rotas, leave and holidays as registered: what the log says of them, with names, for those who decide on a click."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from alerts.core.roster import Leave, Roster, Rota
from alerts.registry import tables
from events.types.fact import SECOND

_turns = msgspec.json.Decoder(list[list[str]])
_lengths = msgspec.json.Decoder(list[int])


class NamedRota(msgspec.Struct, frozen=True):
    """A rota with its name; who stands in which turn, and how long each lasts in seconds."""

    id: str
    name: str
    name_en: str
    begins: int
    turns: list[list[str]]
    lengths_s: list[int]


class Absence(msgspec.Struct, frozen=True):
    """A leave; `note` is a text's id, empty: none."""

    person: str
    since: int
    until: int
    cover: str
    by: str
    note: str


class Holiday(msgspec.Struct, frozen=True):
    """A public holiday, from its first midnight to the one after its last day."""

    since: int
    until: int
    name: str


def rotas(db: Connection) -> list[NamedRota]:
    """All of them in the order of the file."""
    r = tables.rotas
    return [
        NamedRota(row.id, row.name, row.name_en, row.begins, _turns.decode(row.turns), _lengths.decode(row.lengths_s))
        for row in db.execute(select(r).order_by(r.c.place, r.c.id))
    ]


def absences(db: Connection, since: int) -> list[Absence]:
    """Leave that lasts at `since` or begins later."""
    a = tables.leaves
    rows = db.execute(select(a).where(a.c.until > since).order_by(a.c.since, a.c.person))
    return [Absence(row.person, row.since, row.until, row.cover, row.by, row.note) for row in rows]


def absence(db: Connection, person: str, since: int) -> Absence | None:
    """The leave of this person that begins just then."""
    a = tables.leaves
    row = db.execute(select(a).where(a.c.person == person, a.c.since == since)).first()
    return Absence(row.person, row.since, row.until, row.cover, row.by, row.note) if row else None


def holidays(db: Connection) -> list[Holiday]:
    """All that are known."""
    h = tables.holidays
    return [Holiday(row.since, row.until, row.name) for row in db.execute(select(h).order_by(h.c.since))]


def roster(db: Connection, at: int) -> Roster:
    """Who stands in for whom from `at` on, as a fold of the log would have it."""
    leaves: dict[str, list[Leave]] = {}
    for each in absences(db, at):
        leaves.setdefault(each.person, []).append(Leave(each.since, each.until, each.cover))
    covers = tables.holiday_covers
    return Roster(
        rotas={
            each.id: Rota(each.begins, each.turns, [length * SECOND for length in each.lengths_s]) for each in rotas(db)
        },
        leaves=leaves,
        holidays=[(each.since, each.until) for each in holidays(db)],
        covers={row.entry: row.cover for row in db.execute(select(covers))},
    )


def roster_about(db: Connection, chain: Iterable[list[str]], at: int) -> Roster:
    """As far as it matters for these places."""
    return roster(db, at).about(chain)
