"""One-time codes from a phone's authenticator (RFC 6238): set up, proven once, then asked for at each login."""

from typing import Final

import pyotp
import segno
from sqlalchemy import Connection, delete, insert, select, update

from api.access.tables import second_factors
from events.database import Database
from events.types.fact import SECOND

_STEP_S: Final = 30
_EITHER_SIDE: Final = 1
"""Steps before and after ours that count too: phones' clocks differ."""


def has(db: Connection, user: str) -> bool:
    """Is a code asked of this user? Only once they have shown that theirs works."""
    found = select(second_factors.c.user).where(second_factors.c.user == user, second_factors.c.since.is_not(None))
    return db.execute(found).first() is not None


def begin(database: Database, user: str) -> str:
    """A fresh secret, not in force yet."""
    secret = pyotp.random_base32()

    def work(db: Connection) -> None:
        db.execute(delete(second_factors).where(second_factors.c.user == user))
        db.execute(insert(second_factors).values(user=user, secret=secret, since=None, last_step=0))

    database.write(work)
    return secret


def waiting(db: Connection, user: str) -> str | None:
    """The secret that was begun and not shown to work yet."""
    mine = (second_factors.c.user == user, second_factors.c.since.is_(None))
    return db.execute(select(second_factors.c.secret).where(*mine)).scalar()


def take(database: Database, user: str, code: str, now: int) -> bool:
    """Is this the code of now? Each is taken once. The first right one puts the factor in force."""

    def work(db: Connection) -> bool:
        row = db.execute(select(second_factors).where(second_factors.c.user == user)).first()
        if row is None:
            return False
        step = _matching(row.secret, code, now)
        if step is None:
            return False
        # Conditional, so that one code seen over a shoulder opens nothing a second time.
        mine = (second_factors.c.user == user, second_factors.c.last_step < step)
        since = now if row.since is None else row.since
        return db.execute(update(second_factors).where(*mine).values(last_step=step, since=since)).rowcount > 0

    return database.write(work)


def _matching(secret: str, code: str, now: int) -> int | None:
    given, here = "".join(code.split()), now // SECOND // _STEP_S
    totp = pyotp.TOTP(secret)
    for step in range(here - _EITHER_SIDE, here + _EITHER_SIDE + 1):
        if pyotp.utils.strings_equal(given, totp.at(step * _STEP_S)):
            return step
    return None


def forget(database: Database, user: str) -> bool:
    """No code is asked for any more. False: none was."""
    mine = second_factors.c.user == user
    return database.write(lambda db: db.execute(delete(second_factors).where(mine)).rowcount) > 0


def picture(secret: str, user: str, town: str) -> str:
    """The QR code that an authenticator reads, as an SVG without style attributes."""
    address = pyotp.TOTP(secret).provisioning_uri(name=user, issuer_name=town or "Shouwang")
    return str(segno.make(address, micro=False).svg_inline(scale=4, border=3, dark="#000", light="#fff"))
