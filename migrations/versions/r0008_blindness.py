"""What can be seen of each home, and the ledger of the minutes in which nobody saw it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Folded anew from the log at the next start."""
    op.create_table(
        "board_sights",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("home", "site", "state")),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("dark", sa.Integer(), nullable=False),
        sa.Column("known_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("home"),
        if_not_exists=True,
    )
    op.create_table(
        "board_unseen",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nth", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("hole", "since", "until")),
        sa.PrimaryKeyConstraint("position", "nth"),
        if_not_exists=True,
    )
    op.create_index("board_unseen_home", "board_unseen", ["home", "since"], if_not_exists=True)


def downgrade() -> None:
    """It can be folded again."""
    op.drop_table("board_unseen")
    op.drop_table("board_sights")
