"""Server-side sessions and one-time login links: only digests are stored, everything can be revoked."""

from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from api.access.tables import login_links, sessions
from api.access.users import role_of
from api.access.who import Who, digest_of, fresh_secret
from events.database import Database
from events.types.fact import DAY, SECOND

LASTS: Final = 7 * DAY
"""A duty room keeps the console open; leaving is by logging out or by an administrator."""


class UserUnknown(Exception):
    """No such user, or disabled."""


def open_session(database: Database, user: str, now: int) -> str:
    """Open a session and return its secret for the cookie."""
    secret = fresh_secret()
    database.write(lambda db: _open(db, user, secret, now))
    return secret


def _open(db: Connection, user: str, secret: str, now: int) -> None:
    db.execute(delete(sessions).where(sessions.c.expires_at < now - 30 * DAY))
    db.execute(
        insert(sessions).values(
            digest=digest_of(secret), user=user, opened_at=now, expires_at=now + LASTS, ended_at=None
        )
    )


def find_session(db: Connection, secret: str, now: int) -> Who | None:
    """Whose session this is, None when it ended, expired, or its user was disabled."""
    digest = digest_of(secret)
    user = db.execute(
        select(sessions.c.user).where(
            sessions.c.digest == digest, sessions.c.ended_at.is_(None), sessions.c.expires_at > now
        )
    ).scalar()
    role = role_of(db, user) if user else None
    return Who(f"user:{user}", role, str(user), by_cookie=True, session=digest) if role else None


def end_session(database: Database, digest: str, now: int) -> None:
    """Log out."""
    database.write(
        lambda db: db.execute(update(sessions).where(sessions.c.digest == digest).values(ended_at=now)).rowcount
    )


def end_sessions_of(database: Database, user: str, now: int) -> int:
    """Log this user out everywhere; returns how many sessions ended."""
    mine = (sessions.c.user == user, sessions.c.ended_at.is_(None))
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
