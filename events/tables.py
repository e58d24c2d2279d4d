"""The tables of the memory. Portable SQL: integers, text and bytes only, no database function, no default."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, text

metadata = MetaData()
"""All rooms that keep tables enter them here, so that one call creates the whole."""

events = Table(
    "events",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
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

APPEND_ONLY_SQLITE = [
    text(
        "CREATE TRIGGER IF NOT EXISTS events_no_update BEFORE UPDATE ON events "
        "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    ),
    text(
        "CREATE TRIGGER IF NOT EXISTS events_no_delete BEFORE DELETE ON events "
        "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    ),
]
