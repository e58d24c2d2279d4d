"""Users and their passwords: argon2, and a lock-out that grows with each further miss."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from pwdlib import PasswordHash
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.access.tables import sessions, users
from api.access.who import SCOPED, Role, Who, checked_role
from events.database import Database
from events.types.fact import MINUTE

SHORTEST_PASSWORD: Final = 10
FREE_MISSES: Final = 5
_LONGEST_LOCK: Final = 60 * MINUTE
_NAME: Final = re.compile(r"[\w.-]{1,32}")

NO_PASSWORD: Final = "!"  # noqa: S105  # says that there is none
"""No hash: nothing matches it. Its user comes in by a one-time link and must choose a password first."""
_hasher: Final = PasswordHash.recommended()
_at_once: Final = threading.BoundedSemaphore(2)
"""One argon2 takes 64 MiB and a core; more than two at once would let anybody starve the service."""


@cache
def _nobody() -> str:
    """What an unknown name's password is compared with, so that it takes as long as a known one's."""
    return _hasher.hash("nobody has this password")


class UserExists(Exception):
    """The name is taken."""


class PasswordTooShort(Exception):
    """Below the shortest length."""


class NameRefused(Exception):
    """Names are 1 to 32 letters, digits, dots, dashes."""


class ScopeMissing(Exception):
    """A village or a watcher sees only what is named."""


@dataclass(frozen=True)
class User:
    """What may be shown of a user. `locked_until`: too many misses."""

    name: str
    role: Role
    scope: tuple[str, ...]
    created_at: int
    disabled_at: int | None
    locked_until: int
    has_password: bool


@dataclass(frozen=True)
class LoginRefused(Exception):
    """Wrong name or password, or locked until `until`."""

    until: int = 0


def create_user(
    database: Database, name: str, role: str, password: str | None, *, scope: Sequence[str] = (), now: int
) -> None:
    """Add a user; without a password they must choose one when they first come in.

    `scope`: villages, or the person a watcher is. Raises RoleUnknown, ScopeMissing, NameRefused, PasswordTooShort,
    UserExists.
    """
    if not _NAME.fullmatch(name):
        raise NameRefused(name)
    row = {
        "name": name, "role": checked_role(role), "password": _hashed(password), "created_at": now,
        "disabled_at": None, "failed": 0, "locked_until": 0, "scope": _scope_text(checked_role(role), scope),
    }  # fmt: skip

    def add(db: Connection) -> None:
        db.execute(insert(users).values(**row))

    try:
        database.write(add)
    except IntegrityError:
        raise UserExists(name) from None


def _hashed(password: str | None) -> str:
    if password is None:
        return NO_PASSWORD
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(f"a password has at least {SHORTEST_PASSWORD} characters")
    return _hasher.hash(password)


def _scope_text(role: Role, scope: Sequence[str]) -> str:
    if role in SCOPED and not scope:
        raise ScopeMissing(f"a {role} needs to know which: name villages, or the person in the registry")
    return " ".join(scope) if role in SCOPED else ""


def set_role(database: Database, name: str, role: str, scope: Sequence[str] = ()) -> bool:
    """Another role from the next request on. Raises RoleUnknown, ScopeMissing. False: no such user."""
    fresh = {"role": checked_role(role), "scope": _scope_text(checked_role(role), scope)}
    return database.write(lambda db: db.execute(update(users).where(users.c.name == name).values(**fresh)).rowcount) > 0


def set_password(database: Database, name: str, password: str | None) -> bool:
    """A new password, or None: one must be chosen; it also unlocks. False: no such user."""
    fresh = {"password": _hashed(password), "failed": 0, "locked_until": 0}
    return database.write(lambda db: db.execute(update(users).where(users.c.name == name).values(**fresh)).rowcount) > 0


def disable_user(database: Database, name: str, *, now: int) -> bool:
    """No login any more, and all their sessions end. False: no such user."""

    def disable(db: Connection) -> bool:
        db.execute(update(sessions).where(sessions.c.user == name, sessions.c.ended_at.is_(None)).values(ended_at=now))
        return db.execute(update(users).where(users.c.name == name).values(disabled_at=now)).rowcount > 0

    return database.write(disable)


def enable_user(database: Database, name: str) -> bool:
    """They may log in again. False: no such user."""
    mine = (users.c.name == name, users.c.disabled_at.is_not(None))
    return database.write(lambda db: db.execute(update(users).where(*mine).values(disabled_at=None)).rowcount) > 0


def list_users(db: Connection) -> list[User]:
    """All users, disabled ones too, by name."""
    return [
        User(
            row.name, checked_role(row.role), tuple((row.scope or "").split()), row.created_at, row.disabled_at,
            row.locked_until, row.password != NO_PASSWORD,
        )
        for row in db.execute(select(users).order_by(users.c.name))
    ]  # fmt: skip


def find_user(db: Connection, name: str) -> User | None:
    """A user who may log in."""
    return next((user for user in list_users(db) if user.name == name and user.disabled_at is None), None)


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
    known = row.password if row is not None and row.password != NO_PASSWORD else _nobody()
    with _at_once:
        right = _hasher.verify(password[:1024], known) and known is not _nobody()
    if row is None:
        raise LoginRefused
    if not right:
        raise LoginRefused(miss(database, name, now))
    database.write(lambda db: db.execute(update(users).where(users.c.name == name).values(failed=0)).rowcount)
    return Who(f"user:{name}", checked_role(row.role), name, by_cookie=True)


def locked_until(db: Connection, name: str) -> int:
    """Until when nobody gets in by this name, 0: not locked."""
    return db.execute(select(users.c.locked_until).where(users.c.name == name)).scalar() or 0


def miss(database: Database, name: str, now: int) -> int:
    """A wrong password or code. Returns until when the name is locked."""
    return database.write(lambda db: _missed(db, name, now))


def _missed(db: Connection, name: str, now: int) -> int:
    """Counted in the database, so that two tries at once count as two. Returns until when the name is locked."""
    counted = select(users.c.failed).where(users.c.name == name).with_for_update()
    failed = int(db.execute(counted).scalar() or 0) + 1
    until = 0
    if failed >= FREE_MISSES:
        until = now + min(_LONGEST_LOCK, MINUTE << (failed - FREE_MISSES))
    db.execute(update(users).where(users.c.name == name).values(failed=failed, locked_until=until))
    return until
