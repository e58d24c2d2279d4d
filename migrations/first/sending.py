"""What is to be sent, and what is due."""

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """All of it."""
    op.create_table(
        "outbox",
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("tell", sa.BigInteger(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("alert_class", sa.SmallInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("unsure_since", sa.BigInteger(), nullable=False),
        sa.Column("possible_duplicate", sa.SmallInteger(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message"),
    )
    op.create_index("outbox_person", "outbox", ["person", "state"], unique=False)
    op.create_index("outbox_undecided", "outbox", ["state", "alert_class", "due_at"], unique=False)
    op.create_index("outbox_unreported", "outbox", ["state", "sent_at"], unique=False)
    op.create_table(
        "timers",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("timer", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("waits", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "timer"),
    )
    op.create_index("timers_due", "timers", ["waits", "due"], unique=False)
