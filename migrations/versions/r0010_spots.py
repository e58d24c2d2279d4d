"""Where a home lies on the schematic map, for those of which somebody said it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLE, _ADDED = "registry_homes", ("east", "north")


def upgrade() -> None:
    """Nothing is known yet: it comes with the next import."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(_TABLE)}
    for name in _ADDED:
        if name not in there:  # a log from before shapes were counted was given all tables of today
            op.add_column(_TABLE, sa.Column(name, sa.Float(), nullable=True))


def downgrade() -> None:
    """What people wrote is not thrown away."""
    raise NotImplementedError("what is known of homes has no way back")
