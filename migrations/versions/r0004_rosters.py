"""Rotas, leave and holidays, and chains that differ by class of alert."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    """Nothing is known of any yet."""
    op.create_table(
        "registry_class_chains",
        *_text("home", "class", "level"),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        *_text("person"),
        sa.PrimaryKeyConstraint("home", "class", "level", "place"),
        if_not_exists=True,
    )
    op.create_table(
        "registry_rotas",
        *_text("id"),
        sa.Column("place", sa.Integer(), nullable=False),
        *_text("name", "name_en"),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        *_text("turns", "lengths_s"),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "registry_leaves",
        *_text("person"),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        *_text("cover", "by", "note"),
        sa.PrimaryKeyConstraint("person", "since"),
        if_not_exists=True,
    )
    op.create_index("registry_leaves_until", "registry_leaves", ["until"], unique=False, if_not_exists=True)
    op.create_table(
        "registry_holidays",
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        *_text("name"),
        sa.PrimaryKeyConstraint("since"),
        if_not_exists=True,
    )
    op.create_table(
        "registry_holiday_covers",
        *_text("entry", "cover"),
        sa.PrimaryKeyConstraint("entry"),
        if_not_exists=True,
    )


def downgrade() -> None:
    """An older program would tell who is on leave, and nobody for a rota."""
    raise NotImplementedError("rosters have no way back")
