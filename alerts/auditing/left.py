"""Nobody is left: everybody this round of an alert asked is lost (no budget, refused, no phone, failed), and nobody goes.

The chain has then moved on as fast as it can, and the next round may be half an hour away. The operator is alarmed by an
alert of its own, and closes with that of the home; the administrators are told by whoever audits.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection

from alerts.core.alert import Alert
from alerts.core.telling import NEVER_TOLD
from events.database import Database
from events.store import New, append
from events.types.fact import SECOND
from events.types.home import ChainExhausted

SETTLED: Final = 3 * SECOND
"""Who is lost pulls the next one to now: within a second all who can be asked are asked."""
_CANNOT_WAIT: Final = 2


def nobody_left(alert: Alert, now: int) -> bool:
    """Are all who could be asked lost, with no further step before the next round?"""
    asks = alert.status == "raised" and alert.alert_class <= _CANNOT_WAIT and alert.danger not in NEVER_TOLD
    if not (asks and alert.home and alert.running and alert.terms.steps) or alert.due or alert.acknowledged_by:
        return False
    if any(responder.here for responder in alert.responders) or now < alert.last_step_at + SETTLED:
        return False
    return all(person in alert.lost or person in alert.declined for person in alert.told)


def record(
    database: Database, alerts: Sequence[Alert], at: int, *, check: Callable[[Connection], None] = lambda _: None
) -> None:
    """Once for each round of each of them, however often and by however many it is seen. `check` may raise Fenced."""
    news = [
        New(
            f"coverage-{alert.site}", alert.site,
            ChainExhausted(
                alert=alert.id, home=alert.home, site=alert.site, danger=alert.danger, round=alert.round,
                lost=dict(alert.lost),
            ),
            at, key=f"left-{alert.id}-{alert.round}", digest=0,
        )
        for alert in alerts
    ]  # fmt: skip

    def work(db: Connection) -> None:
        check(db)
        append(db, news, recorded_at=at)

    if news:
        database.write(work)
