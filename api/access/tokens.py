"""Bearer tokens for programs: shown once, stored as a digest, revocable by name."""

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.access.tables import tokens
from api.access.who import SCOPED, Role, RoleUnknown, Who, checked_role, digest_of, fresh_secret
from events.database import Database

_PREFIX: Final = "sw_"
_NAME: Final = re.compile(r"[\w.-]{1,64}")


class TokenExists(Exception):
    """The name is taken, even if that token was revoked: names stand in the log."""


class TokenNameRefused(Exception):
    """Names are 1 to 64 letters, digits, dots, dashes."""


@dataclass(frozen=True)
class Token:
    """What may be shown of a token."""

    name: str
    role: Role
    created_at: int
    revoked_at: int | None


def create_token(database: Database, name: str, role: str, now: int) -> str:
    """The token in plain, for this once. Raises RoleUnknown, TokenNameRefused, TokenExists."""
    if not _NAME.fullmatch(name):
        raise TokenNameRefused(name)
    if role in SCOPED:
        raise RoleUnknown(f"a token is of the whole town: {role} is for people")
    plain = _PREFIX + fresh_secret()
    row = {"name": name, "digest": digest_of(plain), "role": checked_role(role), "created_at": now, "revoked_at": None}

    def add(db: Connection) -> None:
        db.execute(insert(tokens).values(**row))

    try:
        database.write(add)
    except IntegrityError:
        raise TokenExists(name) from None
    return plain


def find_token(db: Connection, plain: str) -> Who | None:
    """Whose token this is, None when unknown or revoked."""
    if not plain.startswith(_PREFIX):
        return None
    row = db.execute(
        select(tokens.c.name, tokens.c.role).where(tokens.c.digest == digest_of(plain), tokens.c.revoked_at.is_(None))
    ).first()
    return Who(f"token:{row.name}", checked_role(row.role), row.name) if row else None


def list_tokens(db: Connection) -> list[Token]:
    """All tokens, revoked ones too, by name."""
    rows = db.execute(select(tokens).order_by(tokens.c.name))
    return [Token(row.name, checked_role(row.role), row.created_at, row.revoked_at) for row in rows]


def revoke_token(database: Database, name: str, now: int) -> bool:
    """The token opens nothing from now on. False: no such token, or revoked before."""
    mine = (tokens.c.name == name, tokens.c.revoked_at.is_(None))
    return database.write(lambda db: db.execute(update(tokens).where(*mine).values(revoked_at=now)).rowcount) > 0
