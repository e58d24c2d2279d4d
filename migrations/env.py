"""What Alembic runs: the revisions, within the connection that `shouwang.operations.migrating` hands over."""

from alembic import context
from sqlalchemy import Connection

from events.tables import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
