"""Statements of a fixed form, worded once and run by the driver for hundreds of rows.

SQLAlchemy takes a tenth of a millisecond and more to build and look up a statement, several times what SQLite needs to
run it; where a timer, a snapshot and a row of a board are written for each home that speaks, that is most of the time.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Table, Update, bindparam, make_url, update
from sqlalchemy.dialects.postgresql import insert as insert_of_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_of_sqlite
from sqlalchemy.dialects.sqlite import pysqlite

_DIALECTS: Mapping[str, Dialect] = {
    "sqlite": pysqlite.dialect(paramstyle="named"),
    "postgresql": make_url("postgresql+psycopg://").get_dialect()(),
}


class Prepared:
    """What to do, for each database; it is worded when it is first needed there."""

    def __init__(self, statements: Mapping[str, Insert | Update | Delete]) -> None:
        self._statements, self._words = statements, dict[str, str]()

    def run(self, db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Once for each row, in this order."""
        if not rows:
            return
        kind = db.dialect.name
        if (words := self._words.get(kind)) is None:
            words = self._words[kind] = str(self._statements[kind].compile(dialect=_DIALECTS[kind]))
        db.exec_driver_sql(words, [*rows])


def upsert(table: Table, *, keeps: Sequence[str] = ()) -> Prepared:
    """Whole rows by name, each over the one with the same primary key; `keeps`: columns that stay as they were there."""
    keys = [column.name for column in table.primary_key]
    changed = [column.name for column in table.columns if column.name not in {*keys, *keeps}]

    def over(insert: Any) -> Insert:
        new = insert(table)
        done: Insert = new.on_conflict_do_update(index_elements=keys, set_={n: new.excluded[n] for n in changed})
        return done

    return Prepared({"sqlite": over(insert_of_sqlite), "postgresql": over(insert_of_postgresql)})


def rewrite(table: Table, columns: Sequence[str]) -> Prepared:
    """These columns of rows that are there, by primary key; what else a row given here holds is not looked at."""
    there = [column == bindparam(column.name) for column in table.primary_key]
    over = update(table).where(*there).values({name: bindparam(name) for name in columns})
    return Prepared(dict.fromkeys(_DIALECTS, over))


def insert_new(table: Table) -> Prepared:
    """Whole rows by name; one whose primary key is there already stays as it is."""
    return Prepared({
        "sqlite": insert_of_sqlite(table).on_conflict_do_nothing(index_elements=[*table.primary_key]),
        "postgresql": insert_of_postgresql(table).on_conflict_do_nothing(index_elements=[*table.primary_key]),
    })  # fmt: skip


def forget(statement: Delete) -> Prepared:
    """What both word alike, with a `bindparam` where a value goes."""
    return Prepared(dict.fromkeys(_DIALECTS, statement))


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
