"""The tables of access. Not rebuildable from the log, so they belong in every backup."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from events.tables import append_only, metadata

users = Table(
    "access_users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("failed", Integer, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
    Column("scope", Text),
)

second_factors = Table(
    "access_second_factors",
    metadata,
    Column("user", Text, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("since", BigInteger),
    Column("last_step", BigInteger, nullable=False),
)

sessions = Table(
    "access_sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("active_at", BigInteger),
    Column("locked_at", BigInteger),
    Column("code_due", Integer),
)
Index("access_sessions_user", sessions.c.user)

login_links = Table(
    "access_login_links",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

tokens = Table(
    "access_tokens",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

audit = Table(
    "access_audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("link", Text),
)

append_only(audit, "audit log")
