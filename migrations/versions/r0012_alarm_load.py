"""What the load of the alarm screen is counted over: the device an alert is about, and an index of what fired again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_AGAIN = sa.text("type IN ('AlertRefired', 'AlertReopened')")


def upgrade() -> None:
    """Folded anew from the log at the next start."""
    look = sa.inspect(op.get_bind())
    # A log may have been given all of today.
    if "device" not in {column["name"] for column in look.get_columns("board_responses")}:
        op.add_column("board_responses", sa.Column("device", sa.Text(), nullable=False, server_default=""))
    if "board_timeline_again" not in {index["name"] for index in look.get_indexes("board_timeline")}:
        op.create_index(
            "board_timeline_again", "board_timeline", ["at"], sqlite_where=_AGAIN, postgresql_where=_AGAIN
        )  # fmt: skip


def downgrade() -> None:
    """An older program does not mind them, and knows no way back."""
    raise NotImplementedError("indexes stay")
