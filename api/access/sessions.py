"""Server-side sessions and one-time login links: only digests are stored, everything can be revoked."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from api.access.second_factor import has
from api.access.tables import login_links, sessions
from api.access.users import find_user, role_of
from api.access.who import Who, digest_of, fresh_secret
from events.database import Database
from events.types.fact import DAY, MINUTE, SECOND

LASTS: Final = 7 * DAY
"""A duty room keeps the console open; leaving is by logging out or by an administrator."""


TOUCHED_EVERY: Final = MINUTE
"""So often at most it is written down that somebody is there."""


@dataclass(frozen=True)
class Session:
    """What may be shown of a session. `key` begins its digest: enough to end it, not to use it."""

    key: str
    user: str
    opened_at: int
    active_at: int
    locked: bool


class UserUnknown(Exception):
    """No such user, or disabled."""


def open_session(database: Database, user: str, now: int) -> str:
    """Open a session and return its secret for the cookie. Who has a second factor must still give its code."""
    secret = fresh_secret()
    database.write(lambda db: _open(db, user, secret, now))
    return secret


def _open(db: Connection, user: str, secret: str, now: int) -> None:
    db.execute(delete(sessions).where(sessions.c.expires_at < now - 30 * DAY))
    db.execute(
        insert(sessions).values(
            digest=digest_of(secret), user=user, opened_at=now, expires_at=now + LASTS, ended_at=None, active_at=now,
            code_due=int(has(db, user)),
        )
    )  # fmt: skip


def find_session(db: Connection, secret: str, now: int, *, idle: int = 0) -> Who | None:
    """Whose session this is, None when it ended, expired, or its user was disabled.

    `idle` microseconds without anybody there lock it; 0: never.
    """
    digest = digest_of(secret)
    row = db.execute(
        select(sessions).where(sessions.c.digest == digest, sessions.c.ended_at.is_(None), sessions.c.expires_at > now)
    ).first()
    user = find_user(db, row.user) if row else None
    if row is None or user is None:
        return None
    left = idle > 0 and now - (row.active_at or row.opened_at) > idle
    return Who(
        f"user:{user.name}", user.role, user.name, by_cookie=True, session=digest, scope=user.scope,
        locked=row.locked_at is not None or left, code_due=bool(row.code_due), password_due=not user.has_password,
    )  # fmt: skip


def touch(database: Database, digest: str, now: int) -> None:
    """Somebody is there; written down once a minute."""
    stale = (sessions.c.digest == digest, sessions.c.active_at < now - TOUCHED_EVERY)
    with database.read() as db:
        due = db.execute(select(sessions.c.digest).where(*stale)).first() is not None
    if due:
        database.write(lambda db: db.execute(update(sessions).where(*stale).values(active_at=now)).rowcount)


def lock(database: Database, digest: str, now: int) -> None:
    """The pages are shut until the password is given again; what sounds goes on sounding."""
    mine = (sessions.c.digest == digest, sessions.c.locked_at.is_(None))
    database.write(lambda db: db.execute(update(sessions).where(*mine).values(locked_at=now)).rowcount)


def unlock(database: Database, digest: str, now: int) -> None:
    """The password was given."""
    fresh = {"locked_at": None, "active_at": now}
    database.write(lambda db: db.execute(update(sessions).where(sessions.c.digest == digest).values(**fresh)).rowcount)


def code_given(database: Database, digest: str) -> None:
    """The second factor was shown: the session opens."""
    database.write(
        lambda db: db.execute(update(sessions).where(sessions.c.digest == digest).values(code_due=0)).rowcount
    )


def open_sessions(db: Connection, now: int) -> list[Session]:
    """All that are open, the latest first."""
    query = select(sessions).where(sessions.c.ended_at.is_(None), sessions.c.expires_at > now)
    return [
        Session(row.digest[:16], row.user, row.opened_at, row.active_at or row.opened_at, row.locked_at is not None)
        for row in db.execute(query.order_by(sessions.c.opened_at.desc()))
    ]


def end_session_by_key(database: Database, key: str, now: int) -> bool:
    """End the session whose digest begins so. False: none."""
    mine = (sessions.c.digest.like(f"{key[:16]}%"), sessions.c.ended_at.is_(None))
    if len(key) != 16 or not key.isalnum():
        return False
    return database.write(lambda db: db.execute(update(sessions).where(*mine).values(ended_at=now)).rowcount) > 0


def end_session(database: Database, digest: str, now: int) -> None:
    """Log out."""
    database.write(
        lambda db: db.execute(update(sessions).where(sessions.c.digest == digest).values(ended_at=now)).rowcount
    )


def end_sessions_of(database: Database, user: str, now: int, *, but: str = "") -> int:
    """Log this user out everywhere, `but` for one session; returns how many sessions ended."""
    mine = (sessions.c.user == user, sessions.c.ended_at.is_(None), sessions.c.digest != but)
    return database.write(lambda db: db.execute(update(sessions).where(*mine).values(ended_at=now)).rowcount)


def make_login_link(database: Database, user: str, now: int, valid_s: float) -> str:
    """A path that logs this user in once within `valid_s` seconds. Raises UserUnknown."""
    secret = fresh_secret()

    def make(db: Connection) -> None:
        if role_of(db, user) is None:
            raise UserUnknown(user)
        db.execute(delete(login_links).where(login_links.c.expires_at < now - DAY))
        expires = now + int(valid_s * SECOND)
        db.execute(insert(login_links).values(digest=digest_of(secret), user=user, expires_at=expires, used_at=None))

    database.write(make)
    return f"/login/link/{secret}"


def use_login_link(database: Database, link: str, now: int) -> tuple[str, str] | None:
    """Consume a link: the user and the secret of a new session; None when it is unknown, used or too old."""
    secret = fresh_secret()

    def use(db: Connection) -> str | None:
        mine = (
            login_links.c.digest == digest_of(link),
            login_links.c.used_at.is_(None),
            login_links.c.expires_at > now,
        )
        user: str | None = db.execute(select(login_links.c.user).where(*mine)).scalar()
        if user is None or role_of(db, user) is None:
            return None
        if not db.execute(update(login_links).where(*mine).values(used_at=now)).rowcount:
            return None
        _open(db, user, secret, now)
        return user

    user = database.write(use)
    return (user, secret) if user else None
