"""The people who answer for homes: watchers, grid members, village heads, town officers."""

from collections.abc import Iterator, Sequence
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
    return {row.id: as_person(row) for few in pieces(wanted) for row in db.execute(select(p).where(p.c.id.in_(few)))}


def pieces(wanted: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many at a time as go into one question."""
    return (wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK))


def people(db: Connection) -> list[Person]:
    """Everybody in the order of the file."""
    p = tables.people.c
    query = select(p.id, p.name, p.name_en, p.role, p.language).order_by(p.place, p.id)
    return [Person(*row) for row in db.execute(query)]


def of_role(db: Connection, role: str, *, most: int) -> list[Person] | None:
    """Everybody of this role in the order of the file; None: there are more than `most`."""
    p = tables.people
    query = select(p).where(p.c.role == role).order_by(p.c.place, p.c.id).limit(most + 1)
    found = db.execute(query).all()
    return None if len(found) > most else [as_person(row) for row in found]


def short_name(person: Person, language: wording.Language = "zh") -> str:
    """How others are told of them: `王守望员`, at most five UTF-16 units in Chinese; the role alone where the name does not fit."""
    return wording.person_short(
        person.name if language == "zh" else person.name_en or person.name, person.role, language
    )


def as_person(row: Row[tuple[object, ...]]) -> Person:
    """A row of the table of people, read."""
    return Person(row.id, row.name, row.name_en, row.role, row.language)
