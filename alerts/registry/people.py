"""The people who answer for homes: watchers, grid members, village heads, town officers."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, select

from alerts.core import wording
from alerts.registry import tables

ANYWHERE: Final = "party_household"
"""党员中心户: may stand on any level of a chain."""
_CHUNK: Final = 400
ROLES: Final = ("watcher", "grid_member", "village_head", "town_officer", ANYWHERE)


class Person(msgspec.Struct, frozen=True):
    """Somebody in a chain; `language` is the one they are told in."""

    id: str
    name: str
    name_en: str
    role: str
    language: wording.Language


def person(db: Connection, id: str) -> Person | None:
    """One person, None when they are unknown."""
    row = db.execute(select(tables.people).where(tables.people.c.id == id)).first()
    return as_person(row) if row else None


def named(db: Connection, wanted: Sequence[str]) -> dict[str, Person]:
    """Those of them who are known."""
    p = tables.people
    pieces = (wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK))
    return {row.id: as_person(row) for few in pieces for row in db.execute(select(p).where(p.c.id.in_(few)))}


def people(db: Connection) -> list[Person]:
    """Everybody in the order of the file."""
    return [as_person(r) for r in db.execute(select(tables.people).order_by(tables.people.c.place, tables.people.c.id))]


def short_name(person: Person, language: wording.Language = "zh") -> str:
    """How others are told of them: `王守望员`, at most five UTF-16 units in Chinese; the role alone where the name does not fit."""
    return wording.person_short(
        person.name if language == "zh" else person.name_en or person.name, person.role, language
    )


def as_person(row: Row[tuple[object, ...]]) -> Person:
    """A row of the table of people, read."""
    return Person(row.id, row.name, row.name_en, row.role, row.language)
