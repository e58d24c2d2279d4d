"""How much a piece of work asks of the database, counted in statements."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event

from events.database import Database


def statements(database: Database, work: Callable[[Connection], Any], *, writes: bool = True) -> int:
    """How many this work gives the database."""
    said: list[str] = []

    def counted(db: Connection) -> None:
        note: Any = lambda _c, _k, statement, *_: said.append(statement)  # noqa: E731
        event.listen(db, "before_cursor_execute", note)
        work(db)

    if writes:
        database.write(counted)
    else:
        with database.read() as db:
            counted(db)
    return sum(not statement.startswith("BEGIN") for statement in said)
