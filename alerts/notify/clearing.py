"""Old rows leave the outbox: what was settled a month ago is in the log and on the board, and nobody asks for it here.

Receipts are taken for six hours by asking and for some days by callbacks, ids of a person's other messages are needed
while one of his is unclear: both are over long before.
"""

from typing import Final

from sqlalchemy import delete, select

from alerts.notify.outbox import UNDECIDED, outbox
from events.database import Database
from events.types.fact import DAY

KEPT: Final = 30 * DAY
_AT_ONCE: Final = 1000


def clear_settled(database: Database, *, now: int) -> bool:
    """Delete a piece of what is settled and old; True when nothing is left to delete. Two who do it at once do it once."""
    old = (
        select(outbox.c.message)
        .where(outbox.c.planned_at < now - KEPT, outbox.c.state.not_in(UNDECIDED))
        .order_by(outbox.c.message)
        .limit(_AT_ONCE)
    )
    with database.read() as db:
        messages = list(db.execute(old).scalars())
    if messages:
        still = (outbox.c.message.in_(messages), outbox.c.state.not_in(UNDECIDED))
        database.write(lambda db: db.execute(delete(outbox).where(*still)))
    return len(messages) < _AT_ONCE
