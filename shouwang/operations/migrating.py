"""Brings a database to the shape of tables that this program needs; at every start, one process at a time."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import migrations
from events.database import Database
from events.tables import metadata
from shouwang.exits import Refused

log = logging.getLogger("shouwang.migrating")

FIRST = "0001"
_MIGRATING = int.from_bytes(b"MIGRATES")


def migrate(database: Database) -> None:
    """Make what is missing, change what is old; nothing when it is all there. Raises Refused."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    revisions = ScriptDirectory.from_config(config)
    newest = revisions.get_current_head()
    with database.read() as db:
        if revision_of(db) == newest:
            return

    def work(db: Connection) -> None:
        if db.dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        here = revision_of(db)
        if here is not None and here not in {script.revision for script in revisions.walk_revisions()}:
            raise Refused(
                "数据库属于更新的版本", f"the database has shape {here}, which this program does not know: it is newer"
            )
        config.attributes["connection"] = db
        if here is None and inspect(db).has_table("events"):  # made before shapes were counted, perhaps not all of it
            metadata.create_all(db)
            command.stamp(config, FIRST)
        command.upgrade(config, "head")
        log.info("the database has shape %s now", newest)

    database.write(work)


def revision_of(db: Connection) -> str | None:
    """The shape the database says it has; None when it never said."""
    return MigrationContext.configure(db).get_current_revision()
