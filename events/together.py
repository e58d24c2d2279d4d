"""Rows of several tables, written by one statement where a server is told: under load each statement waits.

An alarm's way is dozens of them, and each waits for the processor and for the interpreter.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from events.prepared import Prepared

Part = tuple[Prepared, Sequence[Mapping[str, Any]]]
"""What to do with rows, and with which."""


def together(db: Connection, parts: Sequence[Part]) -> None:
    """Each of these, those of one table in this order. PostgreSQL is told of different tables in one statement."""
    parts = [part for part in parts if part[1]]
    tables = Counter(prepared.table for prepared, _ in parts)
    told_apart = db.dialect.name == "sqlite" or len(parts) == 1
    one: list[Part] = []
    for prepared, rows in parts:
        if told_apart or tables[prepared.table] > 1 or not prepared.fits_in_one(rows):
            prepared.run(db, rows)
        else:
            one.append((prepared, rows))
    if one:
        values = chain.from_iterable(prepared.values(rows) for prepared, rows in one)
        db.exec_driver_sql(_in_one(*(prepared for prepared, _ in one)), tuple(values))


@cache
def _in_one(*some: Prepared) -> str:
    *before, last = (each.all for each in some)
    along = ", ".join(f"part{n} AS ({words})" for n, words in enumerate(before))
    return f"WITH {along} {last}" if along else last
