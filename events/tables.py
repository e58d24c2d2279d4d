"""The tables of the memory. Portable SQL: integers, text and bytes only; the log's own order is each database's."""

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    event,
)

metadata = MetaData()
"""All rooms that keep tables enter them here, so that one call creates the whole."""

events = Table(
    "events",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("lane", SmallInteger, nullable=False),
    Column("stream", Text, nullable=False),
    Column("version", Integer),
    Column("key", Text),
    Column("type", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("digest", BigInteger),
    Column("data", Text, nullable=False),
    Column("meta", Text, nullable=False),
)
_versioned = events.c.version.is_not(None)
_keyed = events.c.key.is_not(None)
Index(
    "events_stream_version",
    events.c.stream,
    events.c.version,
    unique=True,
    sqlite_where=_versioned,
    postgresql_where=_versioned,
)
Index("events_stream_key", events.c.stream, events.c.key, unique=True, sqlite_where=_keyed, postgresql_where=_keyed)
Index("events_type_versioned", events.c.type, events.c.position, sqlite_where=_versioned, postgresql_where=_versioned)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("received_at", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("retained", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("state", Text, nullable=False),
)
Index("quarantine_received", quarantine.c.received_at)

LANDED_CHANNEL = "shouwang_landed"
PROCESS = "shouwang.process"
"""Notifications say by this setting of a connection whose they are: nobody wakes for their own."""
_ONE_AT_A_TIME = int.from_bytes(b"SHOUWANG")
"""The advisory lock that whoever appends holds from before numbering until after the commit."""


def after_create(table: Table, dialect: str, statement: str) -> None:
    """Run this on one kind of database when the table is made."""
    ddl = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    event.listen(table, "after_create", ddl)


def append_only(table: Table, what: str) -> None:
    """Nothing in this table is changed or deleted, by whomever: the database itself refuses."""
    name, words = table.name, f"the {what} is append-only"
    for verb in ("update", "delete"):
        after_create(
            table, "sqlite",
            f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb.upper()} ON {name} BEGIN SELECT RAISE(ABORT, '{words}'); END",
        )  # fmt: skip
    after_create(
        table, "postgresql",
        f"CREATE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation'; END $$",
    )  # fmt: skip
    after_create(
        table, "postgresql",
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()",
    )  # fmt: skip


append_only(events, "log")
# Before a number is given the lock is taken: without it a lower number may become visible after a higher one.
after_create(
    events, "postgresql",
    "CREATE FUNCTION events_in_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"PERFORM pg_advisory_xact_lock({_ONE_AT_A_TIME}); "
    f"PERFORM pg_notify('{LANDED_CHANNEL}', coalesce(current_setting('{PROCESS}', true), '')); "
    "RETURN NULL; END $$",
)  # fmt: skip
after_create(
    events, "postgresql",
    "CREATE TRIGGER events_in_order BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION events_in_order()",
)  # fmt: skip
