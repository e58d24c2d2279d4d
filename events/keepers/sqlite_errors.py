"""What SQLite means by an error: is it of the database, and can the database still be trusted?"""

import sqlite3

BROKEN = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Nothing that was written may be believed any more."""
PASSING = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
"""There may be room again, or whoever holds the lock lets go."""
_OF_THE_STORAGE = BROKEN | PASSING | {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}
_KIND = 0xFF


def code_of(failure: BaseException | None) -> int | None:
    """SQLite's code where the database itself failed, None where only the work did.

    A full disk ends the transaction by itself, so that what is seen first is "no such savepoint" and the cause lies
    behind it.
    """
    if failure is None:
        return None
    code = getattr(failure, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # no room for the index of the write-ahead log; nothing is harmed
        return sqlite3.SQLITE_FULL
    if code is not None and code & _KIND in _OF_THE_STORAGE:
        return int(code & _KIND)
    found = code_of(failure.__cause__)
    return code_of(failure.__context__) if found is None else found
