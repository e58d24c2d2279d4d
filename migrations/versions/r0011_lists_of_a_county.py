"""Indexes for the lists of a county: which alerts ended when, and which messages went to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ADDED = (
    ("board_alerts_closed", "board_alerts", ["closed_at"]),
    ("board_messages_person", "board_messages", ["person", "position"]),
)


def upgrade() -> None:
    """The rows are folded anew at the next start anyway."""
    look = sa.inspect(op.get_bind())
    for name, table, columns in _ADDED:
        if name not in {index["name"] for index in look.get_indexes(table)}:  # a log may have been given all of today
            op.create_index(name, table, columns)


def downgrade() -> None:
    """An older program does not mind them, and knows no way back."""
    raise NotImplementedError("indexes stay")
