"""Response times, a row an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Folded anew from the log at the next start."""
    times = ("told_at", "received_at", "seen_at", "going_at", "arrived_at", "closed_at")
    op.create_table(
        "board_responses",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("alert", "home", "site", "danger")),
        sa.Column("class", sa.Integer(), nullable=False),
        sa.Column("drill", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in times),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("declined", "overdue", "rounds", "messages")),
        sa.Column("answer_within_s", sa.Float(), nullable=False),
        sa.Column("arrive_within_s", sa.Float(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alert"),
        if_not_exists=True,
    )
    op.create_index("board_responses_raised", "board_responses", ["raised_at"], if_not_exists=True)


def downgrade() -> None:
    """It can be folded again."""
    op.drop_table("board_responses")
