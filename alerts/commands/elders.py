"""The elder answers the soft check: any key of that call is a sign of life."""

from alerts.notify.outbox import OutboxRow
from alerts.notify.receipts import take_receipt
from events.database import Database
from events.store import New, append
from events.types.routine import ElderAnswered


def elder_answered(database: Database, row: OutboxRow, *, call: str, at: int) -> None:
    """On record once a call, however often its keys are told. `row`: the message the call was made for."""
    home = row.words["home"]
    answered = ElderAnswered(home=home, site=row.site, message=row.message)
    fact = New(f"home-{home}", row.site, answered, at, key=f"answered-{row.message}", digest=0)
    database.write(lambda db: append(db, [fact], recorded_at=at))
    take_receipt(database, message=row.message, provider_id=call, status="read", error_code="", at=at)
