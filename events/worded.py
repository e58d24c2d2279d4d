"""One statement, worded once and asked again and again, its values given by name; rows as the driver gives them.

What SQLAlchemy builds for each execution takes longer than SQLite needs to run it: see `events/prepared.py`, which does the
same for hundreds of rows.
"""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Final

from sqlalchemy import (
    Column,
    CompoundSelect,
    Connection,
    CursorResult,
    Delete,
    Dialect,
    Select,
    Update,
    make_url,
)
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.sql.compiler import SQLCompiler

from events.storable import storable

SQLITE: Final[Dialect] = pysqlite.dialect(paramstyle="qmark")
POSTGRESQL: Final[Dialect] = make_url("postgresql+psycopg://").get_dialect()()


class Lookup:
    """The rows of a table that have one of some values in a column, one question for hundreds of them."""

    def __init__(self, column: Column[Any]) -> None:
        """Rows are plain tuples of `names`, the columns of the table."""
        table = column.table
        self.names = tuple(table.columns.keys())
        asked = f"SELECT {', '.join(self.names)} FROM {table.name} WHERE {column.name}"  # noqa: S608 -- our names
        self.words = cache(lambda count: f"{asked} IN ({', '.join('?' * count)})")
        self._postgresql = f"{asked} = ANY(%s)"

    def rows(self, db: Connection, values: Sequence[str]) -> Sequence[tuple[Any, ...]]:
        """In no order."""
        if not values:
            return []
        if db.dialect.name == "sqlite":  # the last one again until they are a power of two: so few wordings do
            count = 1 << (len(values) - 1).bit_length()
            padded = (*values, *[values[-1]] * (count - len(values)))
            result = db.exec_driver_sql(self.words(count), padded)
        else:
            result = db.exec_driver_sql(self._postgresql, ([storable(value) for value in values],))
        return plain_rows(result)


_Statement = Select[Any] | CompoundSelect[Any] | Update | Delete


class _Wordings:
    """One statement in the words of each database. Its values are given by name or are part of it, one by one."""

    def __init__(self, statement: _Statement) -> None:
        self._statement = statement

    @cached_property
    def _sqlite(self) -> "_Worded":
        return _Worded(self._statement, SQLITE)

    @cached_property
    def _postgresql(self) -> "_Worded":
        return _Worded(self._statement, POSTGRESQL)

    def worded(self, db: Connection) -> "_Worded":
        return self._sqlite if db.dialect.name == "sqlite" else self._postgresql


class Question(_Wordings):
    """A SELECT that is worded once for each database; its rows are as the driver gives them."""

    def rows(self, db: Connection, **asked: Any) -> Sequence[tuple[Any, ...]]:
        """In the order of the query. Raises KeyError when a value is missing."""
        worded = self.worded(db)
        return plain_rows(db.exec_driver_sql(worded.words, worded.values(asked)))

    def first(self, db: Connection, **asked: Any) -> tuple[Any, ...] | None:
        """The first of them; None: there is none."""
        found = self.rows(db, **asked)
        return found[0] if found else None

    def one(self, db: Connection, **asked: Any) -> Any:
        """The first value of the first row; None: there is none."""
        found = self.rows(db, **asked)
        return found[0][0] if found else None


class Change(_Wordings):
    """An UPDATE or DELETE that is worded once for each database."""

    def count(self, db: Connection, **asked: Any) -> int:
        """How many rows it was. Raises KeyError when a value is missing."""
        worded = self.worded(db)
        return db.exec_driver_sql(worded.words, worded.values(asked)).rowcount


class _Worded:
    """Words for a driver, and its values: by place where it counts question marks, else by name."""

    def __init__(self, query: _Statement, dialect: Dialect) -> None:
        compiled = query.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.post_compile_params
        self.words, self._places = str(compiled), compiled.positiontup
        binds = compiled.binds
        self._fixed = {
            name: value for name, value in compiled.params.items() if name not in binds or not binds[name].required
        }
        self._asked = {name for name, bind in binds.items() if bind.required}

    def values(self, asked: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        if not self._asked <= asked.keys():
            raise KeyError(*self._asked - asked.keys())
        values = {**self._fixed, **asked}
        return values if self._places is None else tuple([values[name] for name in self._places])


def plain_rows(result: CursorResult[Any]) -> Sequence[tuple[Any, ...]]:
    """As the driver gives them, by place: to make each a row of SQLAlchemy's takes as long as fetching it."""
    cursor = result.cursor
    assert cursor is not None
    rows = cursor.fetchall()
    result.close()
    return rows
