"""Users and their passwords: argon2, and a lock-out that grows with each further miss."""

import re
import threading
from dataclasses import dataclass
from typing import Final

from pwdlib import PasswordHash
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.access.tables import sessions, users
from api.access.who import Role, Who, checked_role
from events.database import Database
from events.types.fact import MINUTE

SHORTEST_PASSWORD: Final = 10
FREE_MISSES: Final = 5
_LONGEST_LOCK: Final = 60 * MINUTE
_NAME: Final = re.compile(r"[\w.-]{1,32}")

_hasher: Final = PasswordHash.recommended()
_nobody: Final = _hasher.hash("nobody has this password")
_at_once: Final = threading.BoundedSemaphore(2)
"""One argon2 takes 64 MiB and a core; more than two at once would let anybody starve the service."""


class UserExists(Exception):
    """The name is taken."""


class PasswordTooShort(Exception):
    """Below the shortest length."""


class NameRefused(Exception):
    """Names are 1 to 32 letters, digits, dots, dashes."""


@dataclass(frozen=True)
class LoginRefused(Exception):
    """Wrong name or password, or locked until `until`."""

    until: int = 0


def create_user(database: Database, name: str, role: str, password: str, *, now: int) -> None:
    """Add a user. Raises RoleUnknown, NameRefused, PasswordTooShort, UserExists."""
    if not _NAME.fullmatch(name):
        raise NameRefused(name)
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(f"a password has at least {SHORTEST_PASSWORD} characters")
    row = {
        "name": name, "role": checked_role(role), "password": _hasher.hash(password), "created_at": now,
        "disabled_at": None, "failed": 0, "locked_until": 0,
    }  # fmt: skip

    def add(db: Connection) -> None:
        db.execute(insert(users).values(**row))

    try:
        database.write(add)
    except IntegrityError:
        raise UserExists(name) from None


def set_password(database: Database, name: str, password: str) -> bool:
    """A new password; it also unlocks. False: no such user."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(f"a password has at least {SHORTEST_PASSWORD} characters")
    fresh = {"password": _hasher.hash(password), "failed": 0, "locked_until": 0}
    return database.write(lambda db: db.execute(update(users).where(users.c.name == name).values(**fresh)).rowcount) > 0


def disable_user(database: Database, name: str, *, now: int) -> bool:
    """No login any more, and all their sessions end. False: no such user."""

    def disable(db: Connection) -> bool:
        db.execute(update(sessions).where(sessions.c.user == name, sessions.c.ended_at.is_(None)).values(ended_at=now))
        return db.execute(update(users).where(users.c.name == name).values(disabled_at=now)).rowcount > 0

    return database.write(disable)


def role_of(db: Connection, name: str) -> Role | None:
    """The role of a user who may log in."""
    found = db.execute(select(users.c.role).where(users.c.name == name, users.c.disabled_at.is_(None))).scalar()
    return checked_role(found) if found else None


def any_user(db: Connection) -> bool:
    """Has the first administrator been made?"""
    return db.execute(select(users.c.name).limit(1)).first() is not None


def check_password(database: Database, name: str, password: str, *, now: int) -> Who:
    """Who this is. Raises LoginRefused; unknown names take as long as known ones and say the same."""
    with database.read() as db:
        row = db.execute(select(users).where(users.c.name == name, users.c.disabled_at.is_(None))).first()
    if row is not None and row.locked_until > now:
        raise LoginRefused(row.locked_until)
    with _at_once:
        right = _hasher.verify(password[:1024], row.password if row is not None else _nobody)
    if row is None:
        raise LoginRefused
    if not right:
        raise LoginRefused(database.write(lambda db: _missed(db, name, now)))
    database.write(lambda db: db.execute(update(users).where(users.c.name == name).values(failed=0)).rowcount)
    return Who(f"user:{name}", checked_role(row.role), name, by_cookie=True)


def _missed(db: Connection, name: str, now: int) -> int:
    """Counted in the database, so that two tries at once count as two. Returns until when the name is locked."""
    counted = select(users.c.failed).where(users.c.name == name).with_for_update()
    failed = int(db.execute(counted).scalar() or 0) + 1
    until = 0
    if failed >= FREE_MISSES:
        until = now + min(_LONGEST_LOCK, MINUTE << (failed - FREE_MISSES))
    db.execute(update(users).where(users.c.name == name).values(failed=failed, locked_until=until))
    return until
