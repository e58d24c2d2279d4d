"""Leases: who may write for a part of the service. A token, checked in the writer's own transaction, says who.

A holder shows that it lives by raising `beat`. Whoever takes over raises `token`, so that everything the former holder
still has in hand is refused, however long it slept. On PostgreSQL a check holds the row until its commit, beside the
holder's own beats but not beside a take-over: that one waits for a commit under way, or defeats it.
"""

from collections.abc import Collection

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Table, Text, bindparam, delete, select, text, update

from events.tables import metadata
from events.worded import Question

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),  # empty: free
    Column("token", BigInteger, nullable=False),
    Column("beat", BigInteger, nullable=False),
)


class Fenced(Exception):
    """Somebody else holds this lease by now: nothing may be written under it any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the lease {name} is not ours any more")
        self.name = name


class Lease(msgspec.Struct, frozen=True):
    """A lease as it was read, or as it was taken."""

    name: str
    owner: str
    token: int
    beat: int = 0


def find(db: Connection, name: str) -> Lease | None:
    """This lease as it is now."""
    row = db.execute(select(leases).where(leases.c.name == name)).first()
    return Lease(*row) if row else None


def every(db: Connection) -> list[Lease]:
    """All leases by name, the free ones too."""
    return [Lease(*row) for row in db.execute(select(leases).order_by(leases.c.name))]


def take(db: Connection, name: str, owner: str, *, seen: Lease | None) -> Lease | None:
    """Become the holder, provided that nothing has moved since it was `seen` (None: there was no such lease)."""
    if seen is None:
        made = db.execute(_MAKE, {"name": name, "owner": owner})
        return Lease(name, owner, 1) if made.rowcount == 1 else None
    as_seen = (leases.c.name == name, leases.c.token == seen.token, leases.c.beat == seen.beat)
    # For update: a plain UPDATE of these columns would not wait for those who check the token.
    if db.execute(select(leases.c.name).where(*as_seen).with_for_update()).first() is None:
        return None
    mine = Lease(name, owner, seen.token + 1)
    db.execute(update(leases).where(leases.c.name == name).values(owner=owner, token=mine.token, beat=0))
    return mine


def check(db: Connection, lease: Lease) -> None:
    """In a writer's transaction: it is ours, and stays so until the commit. Raises Fenced."""
    if _HELD.first(db, **_as_params(lease)) is None:
        raise Fenced(lease.name)


def confirm(db: Connection, lease: Lease) -> None:
    """In a reader's: it was ours a moment ago. Raises Fenced."""
    if _OURS.first(db, **_as_params(lease)) is None:
        raise Fenced(lease.name)


def beat(db: Connection, owner: str) -> set[tuple[str, int]]:
    """Show that this owner lives; returns name and token of all it holds."""
    raised = update(leases).where(leases.c.owner == owner).values(beat=leases.c.beat + 1)
    return {(row.name, row.token) for row in db.execute(raised.returning(leases.c.name, leases.c.token))}


def give_back(db: Connection, lease: Lease) -> None:
    """Let the next one take it at once; nothing when it is somebody else's already."""
    mine = (leases.c.name == lease.name, leases.c.token == lease.token, leases.c.owner == lease.owner)
    db.execute(update(leases).where(*mine).values(owner=""))


def forget(db: Connection, gone: Collection[Lease]) -> None:
    """Leases that nobody will take again, such as those by which processes say that they live."""
    for lease in gone:
        db.execute(
            delete(leases).where(*(leases.c[field] == getattr(lease, field) for field in lease.__struct_fields__))
        )


def _as_params(lease: Lease) -> dict[str, object]:
    return {"name": lease.name, "token": lease.token, "owner": lease.owner}


# Made once: each transaction of each writer asks it.
_ours = select(leases.c.token).where(*(leases.c[name] == bindparam(name) for name in ("name", "token", "owner")))
_OURS, _HELD = Question(_ours), Question(_ours.with_for_update(read=True, key_share=True))
# SQLite and PostgreSQL say this in the same words, SQLAlchemy only in a dialect's own.
_MAKE = text("INSERT INTO leases (name, owner, token, beat) VALUES (:name, :owner, 1, 0) ON CONFLICT (name) DO NOTHING")
