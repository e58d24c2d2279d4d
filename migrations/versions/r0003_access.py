"""Access: who sees which part, one-time codes, locked sessions, and the chain through the audit log."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ADDED: dict[str, list[tuple[str, sa.types.TypeEngine[Any]]]] = {
    "access_users": [("scope", sa.Text())],
    "access_sessions": [("active_at", sa.BigInteger()), ("locked_at", sa.BigInteger()), ("code_due", sa.Integer())],
    "access_audit": [("link", sa.Text())],
}


def upgrade() -> None:
    """What stands in the audit log already is covered by the first link that comes."""
    op.create_table(
        "access_second_factors",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
        if_not_exists=True,  # a log from before shapes were counted was given all tables of today
    )
    for table, columns in _ADDED.items():
        there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        for name, kind in columns:
            if name not in there:
                op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """An older program would let a village see the whole town."""
    raise NotImplementedError("access has no way back")
