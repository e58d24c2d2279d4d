"""Statements of a fixed form, worded once and run for hundreds of rows.

SQLAlchemy takes a tenth of a millisecond and more to build and look up a statement, several times what SQLite needs to
run it; where a timer, a snapshot and a row of a board are written for each home that speaks, that is most of the time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from itertools import chain
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    Insert,
    LargeBinary,
    Table,
    Update,
    bindparam,
    delete,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_of_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_of_sqlite

from events.arrays import array_of
from events.storable import CLEAN, storable_values
from events.worded import POSTGRESQL, SQLITE

_AT_ONCE = 256
"""Rows a statement at most: with 64 an alarm under load took half as long again, 1,024 is no quicker. SQLite takes 32,766 values."""


class Prepared:
    """What to do, for each database; it is worded when it is first needed there."""

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        sqlite: Callable[[int], str],
        postgresql: Insert | Update | Delete,
        all_of: Callable[[str], str] | None = None,
    ) -> None:
        """`sqlite`: words for so many rows, their values one after the other, each in the order of `columns`.

        `all_of`: PostgreSQL's words for all rows at once, given what to call them (sixty snapshots row by row take 1.7 ms of
        our processor, 0.8 so); None: row by row, where it matters in which order they are taken and a join would take
        them in another.
        """
        self._names, self.words, self._postgresql = [column.name for column in columns], cache(sqlite), postgresql
        self._columns, self._all_of = columns, all_of
        self.table = columns[0].table
        self._keys = [column.name for column in columns if column.primary_key]

    @cached_property
    def _each(self) -> str:
        return str(self._postgresql.compile(dialect=POSTGRESQL))

    def run(self, db: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Once for each row, in this order. Returns how many rows of the table it was."""
        if not rows:
            return 0
        if db.dialect.name == "sqlite":
            return at_once(db, self.words, [[row[name] for name in self._names] for row in rows])
        if len(rows) == 1:
            return db.exec_driver_sql(self._each, dict(rows[0])).rowcount
        if not self.fits_in_one(rows):
            return db.exec_driver_sql(self._each, [*rows]).rowcount
        return db.exec_driver_sql(self.all, self.values(rows)).rowcount

    @cached_property
    def all(self) -> str:
        """PostgreSQL's words for all rows at once."""
        assert self._all_of is not None
        return self._all_of(f"unnest({', '.join(map(_array, self._columns))})")

    def fits_in_one(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Can `all` take them? It meets each row of the table once."""
        return self._all_of is not None and len({tuple(row[key] for key in self._keys) for row in rows}) == len(rows)

    def values(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        """What `all` is given."""
        return tuple([_values_of(column, [row[column.name] for row in rows]) for column in self._columns])


def _array(column: Column[Any]) -> str:
    """A parameter for all values of this column. Bytes go as they are: in words they would be twice as many."""
    kind = column.type.compile(dialect=POSTGRESQL)
    return f"{'%b' if isinstance(column.type, LargeBinary) else '%s'}::{kind}[]"


def _values_of(column: Column[Any], values: list[Any]) -> list[Any] | str:
    return values if isinstance(column.type, LargeBinary) else array_of(storable_values(values))


def at_once(db: Connection, words: Callable[[int], str], rows: Sequence[Sequence[Any]], *, clean: bool = False) -> int:
    """SQLite: many rows by one statement, few statements for all. `clean`: their values have been looked at.

    Returns how many rows of the table it was.

    Its driver lets go of the interpreter at each row that a statement takes by itself, and comes back when the others have
    had their turns: fifty rows beside two busy threads took 1,381 ms one by one, 201 at once. The numbers are powers of
    two, so that few wordings do.
    """
    start, size, count = 0, _AT_ONCE, 0
    how = {CLEAN: True} if clean else None
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        values = tuple(chain.from_iterable(rows[start : start + size]))
        count += db.exec_driver_sql(words(size), values, execution_options=how).rowcount
        start += size
    return count


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

    then = f"ON CONFLICT ({_quoted(keys)}) DO UPDATE SET " + ", ".join(f'"{n}" = excluded."{n}"' for n in changed)
    return _inserting(table, over(insert_of_sqlite), over(insert_of_postgresql), then)


def insert_new(table: Table) -> Prepared:
    """Whole rows by name; one whose primary key is there already stays as it is."""
    keys = [*table.primary_key]
    return _inserting(
        table,
        insert_of_sqlite(table).on_conflict_do_nothing(index_elements=keys),
        insert_of_postgresql(table).on_conflict_do_nothing(index_elements=keys),
        f"ON CONFLICT ({_quoted(_keys(table))}) DO NOTHING",
    )


def insert_all(table: Table) -> Prepared:
    """Whole rows by name; the database raises where the primary key of one is there already."""
    return _inserting(table, insert_of_sqlite(table), insert_of_postgresql(table))


def rewrite(table: Table, columns: Sequence[str]) -> Prepared:
    """These columns of rows that are there, by primary key, each given once; what else such a row holds is not looked at."""
    keys = _keys(table)
    names = [*keys, *columns]
    new = {name: f"new.column{n}" for n, name in enumerate(names, 1)}  # what SQLite calls them; PostgreSQL is told to
    called = ", ".join(f"column{n}" for n in range(1, len(names) + 1))
    where = " AND ".join(f"{table.name}.{key} = {new[key]}" for key in keys)
    over = f"UPDATE {table.name} SET {', '.join(f'{name} = {new[name]}' for name in columns)}"  # noqa: S608 -- our names
    return Prepared(
        [table.c[name] for name in names],
        lambda rows: f"{over} FROM ({_values(names, rows)}) AS new WHERE {where}",
        update(table).where(*_by_key(table)).values({name: bindparam(name) for name in columns}),
        lambda given: f"{over} FROM {given} AS new({called}) WHERE {where}",
    )


def forget(table: Table) -> Prepared:
    """The rows with these primary keys."""
    keys = _keys(table)
    which = " AND ".join(f"old.{key} = gone.column{n}" for n, key in enumerate(keys, 1))
    found = f"CROSS JOIN {table.name} AS old WHERE {which}"  # said so that SQLite looks up each, and not for each of its rows
    return Prepared(
        [*table.primary_key],
        lambda rows: (
            f"DELETE FROM {table.name} WHERE rowid IN (SELECT old.rowid FROM ({_values(keys, rows)}) AS gone {found})"  # noqa: S608
        ),
        delete(table).where(*_by_key(table)),
    )


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _by_key(table: Table) -> list[ColumnElement[bool]]:
    return [column == bindparam(column.name) for column in table.primary_key]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _inserting(table: Table, sqlite: Insert, postgresql: Insert, then: str = "") -> Prepared:
    names = _quoted([column.name for column in table.columns])
    return Prepared(
        [*table.columns],
        many(str(sqlite.compile(dialect=SQLITE))),
        postgresql,
        lambda given: f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {given} AS fresh({names}) {then}",  # noqa: S608
    )


def _values(names: Sequence[str], rows: int) -> str:
    row = ", ".join("?" * len(names))
    return f"VALUES {', '.join([f'({row})'] * rows)}"


@contextmanager
def savepoint(db: Connection) -> Iterator[None]:
    """What is done within is undone by an error, and by nothing else; the error goes on.

    In plain words, for SQLAlchemy's own takes half a millisecond. One name will do: the innermost of that name is meant.
    """
    raw: Any = db.connection.driver_connection
    say = raw.execute if db.dialect.name == "sqlite" else db.exec_driver_sql
    say("SAVEPOINT shouwang")
    try:
        yield
    except BaseException:
        # A full disk has ended the transaction already, and says so in the error that goes on; so has a server that is gone.
        with suppress(Exception):
            say("ROLLBACK TO shouwang")
            say("RELEASE shouwang")
        raise
    say("RELEASE shouwang")
