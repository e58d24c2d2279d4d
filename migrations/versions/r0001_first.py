"""The first shape of all tables."""

from migrations.first import access, board, memory, registry, sending

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From nothing."""
    for room in (memory, registry, sending, board, access):
        room.make()


def downgrade() -> None:
    """There is nothing before the first: a log is not thrown away."""
    raise NotImplementedError("the first shape has no way back")
