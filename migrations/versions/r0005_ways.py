"""What a phone is good for, how people would rather be told, and why a message went the way it did."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FLAGS = (
    ("registry_people", "voice_first", "0"),
    ("registry_people", "slow_speech", "0"),
    ("registry_phones", "sms", "1"),
    ("registry_phones", "voice", "1"),
)


def upgrade() -> None:
    """Nobody has said anything of it yet: every phone takes texts and calls."""
    for table, name, default in _FLAGS:
        _add(table, sa.Column(name, sa.SmallInteger(), nullable=False, server_default=default))
    _add("board_messages", sa.Column("because", sa.Text(), nullable=False, server_default=""))


def _add(table: str, column: sa.Column[object]) -> None:
    there = {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in there:  # a log from before shapes were counted was given all tables of today
        op.add_column(table, column)


def downgrade() -> None:
    """An older program would text landlines."""
    raise NotImplementedError("ways have no way back")
