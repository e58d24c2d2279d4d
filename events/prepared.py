"""Statements of a fixed form, worded once and run for hundreds of rows.

SQLAlchemy takes a tenth of a millisecond and more to build and look up a statement, several times what SQLite needs to
run it; where a timer, a snapshot and a row of a board are written for each home that speaks, that is most of the time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache, cached_property
from itertools import chain
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    CursorResult,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    make_url,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_of_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_of_sqlite
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.sql.compiler import SQLCompiler

from events.storable import CLEAN, storable

_SQLITE = pysqlite.dialect(paramstyle="qmark")
_POSTGRESQL = make_url("postgresql+psycopg://").get_dialect()()

_AT_ONCE = 256
"""Rows a statement at most: with 64 an alarm under load took half as long again, 1,024 is no quicker. SQLite takes 32,766 values."""


class Prepared:
    """What to do, for each database; it is worded when it is first needed there."""

    def __init__(
        self, names: Sequence[str], sqlite: Callable[[int], str], postgresql: Insert | Update | Delete
    ) -> None:
        """`sqlite`: words for so many rows, their values one after the other, each in the order of `names`."""
        self._names, self.words, self._postgresql = names, cache(sqlite), postgresql
        self._each = ""

    def run(self, db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Once for each row, in this order."""
        if not rows:
            return
        if db.dialect.name == "sqlite":
            at_once(db, self.words, [[row[name] for name in self._names] for row in rows])
            return
        self._each = self._each or str(self._postgresql.compile(dialect=_POSTGRESQL))
        db.exec_driver_sql(self._each, [*rows])


def at_once(db: Connection, words: Callable[[int], str], rows: Sequence[Sequence[Any]], *, clean: bool = False) -> None:
    """SQLite: many rows by one statement, few statements for all. `clean`: their values have been looked at.

    Its driver lets go of the interpreter at each row that a statement takes by itself, and comes back when the others have
    had their turns: fifty rows beside two busy threads took 1,381 ms one by one, 201 at once. The numbers are powers of
    two, so that few wordings do.
    """
    start, size = 0, _AT_ONCE
    how = {CLEAN: True} if clean else None
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        db.exec_driver_sql(words(size), tuple(chain.from_iterable(rows[start : start + size])), execution_options=how)
        start += size


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
        return _Worded(self._statement, _SQLITE)

    @cached_property
    def _postgresql(self) -> "_Worded":
        return _Worded(self._statement, _POSTGRESQL)

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


def many(words: str) -> Callable[[int], str]:
    """SQLite's words of an INSERT for one row -> for so many."""
    before, _, after = words.partition("VALUES (")
    row, end, after = after.partition(")")
    return lambda rows: f"{before}VALUES {', '.join(['(' + row + end] * rows)}{after}"


def upsert(table: Table, *, keeps: Sequence[str] = ()) -> Prepared:
    """Whole rows by name, each over the one with the same primary key; `keeps`: columns that stay as they were there."""
    keys = _keys(table)
    changed = [column.name for column in table.columns if column.name not in {*keys, *keeps}]

    def over(insert: Any) -> Insert:
        new = insert(table)
        done: Insert = new.on_conflict_do_update(index_elements=keys, set_={n: new.excluded[n] for n in changed})
        return done

    return _inserting(table, over(insert_of_sqlite), over(insert_of_postgresql))


def insert_new(table: Table) -> Prepared:
    """Whole rows by name; one whose primary key is there already stays as it is."""
    keys = [*table.primary_key]
    return _inserting(
        table,
        insert_of_sqlite(table).on_conflict_do_nothing(index_elements=keys),
        insert_of_postgresql(table).on_conflict_do_nothing(index_elements=keys),
    )


def rewrite(table: Table, columns: Sequence[str]) -> Prepared:
    """These columns of rows that are there, by primary key, each given once; what else such a row holds is not looked at."""
    keys = _keys(table)
    names = [*keys, *columns]
    new = {name: f"new.column{n}" for n, name in enumerate(names, 1)}  # what SQLite calls them
    where = " AND ".join(f"{table.name}.{key} = {new[key]}" for key in keys)
    over = f"UPDATE {table.name} SET {', '.join(f'{name} = {new[name]}' for name in columns)}"  # noqa: S608 -- our names
    return Prepared(
        names,
        lambda rows: f"{over} FROM ({_values(names, rows)}) AS new WHERE {where}",
        update(table).where(*_by_key(table)).values({name: bindparam(name) for name in columns}),
    )


def forget(table: Table) -> Prepared:
    """The rows with these primary keys."""
    keys = _keys(table)
    which = " AND ".join(f"old.{key} = gone.column{n}" for n, key in enumerate(keys, 1))
    found = f"CROSS JOIN {table.name} AS old WHERE {which}"  # said so that SQLite looks up each, and not for each of its rows
    return Prepared(
        keys,
        lambda rows: (
            f"DELETE FROM {table.name} WHERE rowid IN (SELECT old.rowid FROM ({_values(keys, rows)}) AS gone {found})"  # noqa: S608
        ),
        delete(table).where(*_by_key(table)),
    )


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _by_key(table: Table) -> list[ColumnElement[bool]]:
    return [column == bindparam(column.name) for column in table.primary_key]


def _inserting(table: Table, sqlite: Insert, postgresql: Insert) -> Prepared:
    return Prepared([column.name for column in table.columns], many(str(sqlite.compile(dialect=_SQLITE))), postgresql)


def _values(names: Sequence[str], rows: int) -> str:
    row = ", ".join("?" * len(names))
    return f"VALUES {', '.join([f'({row})'] * rows)}"


def savepoint(db: Connection) -> AbstractContextManager[object]:
    """What is done within is undone by an error, and by nothing else; the error goes on."""
    return _savepoint(db) if db.dialect.name == "sqlite" else db.begin_nested()


@contextmanager
def _savepoint(db: Connection) -> Iterator[None]:
    """Said to the driver. One name will do: the innermost of that name is meant."""
    raw: Any = db.connection.driver_connection
    raw.execute("SAVEPOINT shouwang")
    try:
        yield
    except BaseException:
        # A full disk has ended the transaction already, and says so in the error that goes on.
        with suppress(Exception):
            raw.execute("ROLLBACK TO shouwang")
            raw.execute("RELEASE shouwang")
        raise
    raw.execute("RELEASE shouwang")
