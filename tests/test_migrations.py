"""The tables that migrations make are the tables the rooms have entered, on both databases, down to the triggers."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

import shouwang.house  # noqa: F401  # with it all rooms have entered their tables
from events.database import Database
from events.keepers import make_database
from events.tables import metadata
from shouwang.exits import Refused
from shouwang.operations.migrating import migrate, revision_of
from tests.events.saying import fact, tell, whole
from tests.postgres import Databases

_OF_SQLITE = [
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type <> 'table' AND tbl_name <> 'alembic_version'"
]
_OF_POSTGRESQL = [
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
    "SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default, identity_generation "  # noqa: ISC004  # one
    "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'",
]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table."""
    if request.param == "sqlite":
        yield from _opened(tmp_path / "log.db")
    else:
        servers: Databases = request.getfixturevalue("postgresql")
        with servers.fresh(empty=True) as url:
            yield from _opened(url)


def _opened(address: str | Path) -> Iterator[Database]:
    database = make_database(address)
    yield database
    database.close()


def shape(database: Database) -> list[list[tuple[Any, ...]]]:
    """Indexes, triggers, functions and columns, in words of the database itself."""
    with database.read() as db:
        asked = _OF_SQLITE if db.dialect.name == "sqlite" else _OF_POSTGRESQL
        return [sorted(tuple(str(part) for part in row) for row in db.execute(text(one))) for one in asked]


def test_migrations_and_tables_agree(empty: Database) -> None:
    migrate(empty)
    with empty.read() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrated_is_the_same_as_created(empty: Database, postgresql: Databases, tmp_path: Path) -> None:
    migrate(empty)
    with postgresql.fresh() as url:
        created = make_database(url if "://" in str(empty.address) else tmp_path / "created.db")
        created.create()
        assert shape(empty) == shape(created)
        created.close()


def test_a_second_time_changes_nothing_and_the_log_stays(empty: Database) -> None:
    migrate(empty)
    tell(empty, fact("a"))
    migrate(empty)
    assert [r.key for r in whole(empty)] == ["a"]
    with empty.read() as db:
        assert revision_of(db) == "0012"


def test_a_log_from_before_shapes_were_counted_is_taken_as_it_is(empty: Database) -> None:
    empty.create()
    tell(empty, fact("a"))
    migrate(empty)
    assert [r.key for r in whole(empty)] == ["a"]
    with empty.read() as db:
        assert revision_of(db) == "0012"


def test_several_who_start_at_once_make_it_once(empty: Database) -> None:
    others = [make_database(empty.address) for _ in range(4)]
    failures: list[BaseException] = []

    def starts(database: Database) -> None:
        try:
            migrate(database)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=starts, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for other in others:
        other.close()
    assert failures == []
    tell(empty, fact("a"))


def test_a_database_of_a_newer_program_is_refused(empty: Database) -> None:
    migrate(empty)

    def from_the_future(db: Connection) -> None:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    empty.write(from_the_future)
    with pytest.raises(Refused, match="9999"):
        migrate(empty)
