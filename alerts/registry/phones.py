"""Phones: a verified number belongs to one person; the log knows a phone by its id alone."""

import re
import unicodedata
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, bindparam, select

from alerts.registry import tables
from alerts.registry.people import Person, as_person, pieces
from events.worded import Question

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MAINLAND = re.compile(r"1[0-9]{10}")
_MAINLAND_WITH_CODE = re.compile(r"86(1[0-9]{10})")
_BETWEEN_DIGITS = re.compile(r"[\s\-()./·]+")


class Phone(msgspec.Struct, frozen=True):
    """A phone; `verified_at` None: nobody has checked that it is theirs. Withdrawn ones stay for the record."""

    id: str
    person: str
    number: str
    verified_at: int | None
    withdrawn_at: int | None

    @property
    def live(self) -> bool:
        """May be told and believed."""
        return self.verified_at is not None and self.withdrawn_at is None


def normal_number(text: str) -> str | None:
    """The number as E.164; spaces, dashes, full-width digits, 00 and a missing +86 are forgiven; None: no number."""
    number = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    if number.startswith("00"):
        number = "+" + number[2:]
    if _MAINLAND.fullmatch(number):
        number = "+86" + number
    elif _MAINLAND_WITH_CODE.fullmatch(number):
        number = "+" + number
    return number if E164.fullmatch(number) else None


def person_by_number(db: Connection, number: str) -> Person | None:
    """Whose verified phone this is; None for unknown, unverified and withdrawn ones."""
    normal = normal_number(number)
    if normal is None:
        return None
    p, h = tables.people, tables.phones
    row = db.execute(
        select(p)
        .join(h, h.c.person == p.c.id)
        .where(h.c.number == normal, h.c.verified_at.is_not(None), h.c.withdrawn_at.is_(None))
    ).first()
    return as_person(row) if row else None


def live_phone(db: Connection, number: str) -> Phone | None:
    """The verified phone with this number, whose it is; None for unknown, unverified and withdrawn ones."""
    h, normal = tables.phones, normal_number(number)
    live = (h.c.number == normal, h.c.verified_at.is_not(None), h.c.withdrawn_at.is_(None))
    row = db.execute(select(h).where(*live)).first() if normal else None
    return _phone(row) if row else None


def phone(db: Connection, id: str) -> Phone | None:
    """One phone by its id, withdrawn ones too."""
    row = _BY_ID.first(db, id=id)
    return Phone(*row) if row else None


_BY_ID = Question(
    select(*(tables.phones.c[name] for name in Phone.__struct_fields__)).where(tables.phones.c.id == bindparam("id"))
)


def phones_of(db: Connection, person: str) -> list[Phone]:
    """The live phones of a person, the one to try first first."""
    return live_phones(db, [person])[person]


def live_phones(db: Connection, persons: Sequence[str]) -> dict[str, list[Phone]]:
    """The same of each of them, read together."""
    h, found = tables.phones, {person: list[Phone]() for person in persons}
    for few in pieces(persons):
        query = select(h).where(h.c.person.in_(few), h.c.verified_at.is_not(None), h.c.withdrawn_at.is_(None))
        for row in db.execute(query.order_by(h.c.place, h.c.id)):
            found[row.person].append(_phone(row))
    return found


def _phone(row: Row[tuple[object, ...]]) -> Phone:
    return Phone(row.id, row.person, row.number, row.verified_at, row.withdrawn_at)
