"""What whoever goes must know of a home: the way in and the stove; how to reach and speak to who lives there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ADDED = {"registry_homes": ("way_in", "stove"), "registry_residents": ("phone", "speech")}


def upgrade() -> None:
    """Nothing is known yet: it comes with the next import."""
    for table, columns in _ADDED.items():
        there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        for name in columns:
            if name not in there:  # a log from before shapes were counted was given all tables of today
                op.add_column(table, sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    """What people wrote is not thrown away."""
    raise NotImplementedError("what is known of homes has no way back")
