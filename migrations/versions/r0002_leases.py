"""Leases, by which several processes share one database."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody holds any yet."""
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,  # a log from before shapes were counted was given all tables of today
    )


def downgrade() -> None:
    """An older program would share nothing, and could not know that seats have read what it had not."""
    raise NotImplementedError("seats have no way back")
