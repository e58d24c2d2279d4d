"""The lives of homes, as screens show them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Folded from the log at the next start."""
    op.create_table(
        "board_lives",
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("life", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("home"),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Rebuildable, so nothing is lost."""
    op.drop_table("board_lives")
