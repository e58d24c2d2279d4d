"""Where the log has kept how long the audit record was, and its last link."""

from sqlalchemy import Connection


def anchors(_db: Connection) -> list[tuple[int, str]]:
    """(number of entries, link of the last), as each handover of a shift wrote it down."""
    return []
