"""Until when a message is worth delivering: until its person is told anew, and never into hours that are kept quiet. Pure."""

from typing import Final

from alerts.core.alert import Alert
from alerts.core.calendar import LOCAL_OFFSET, next_open_hour
from alerts.core.escalation import has_rounds, next_due
from alerts.core.soft_check import SOFT_CHECK
from events.types.fact import DAY, HOUR, MINUTE, SECOND

WORTH: Final = {1: 5 * MINUTE, 2: 30 * MINUTE, 3: 4 * HOUR, 4: 4 * HOUR, 5: HOUR}
"""By class, where nothing more is due: how it ended, an answer."""


def worth_until(alert: Alert | None, alert_class: int, at: int, template: str = "") -> int:
    """While the steps run, the next round tells everybody anew; while somebody goes, whatever is due next.

    A text that the carrier brings later than that would only say what the next one says better (`validity_period`).
    """
    if template == SOFT_CHECK:  # later the elder is a suspicion already
        return at + 5 * MINUTE
    until = at + WORTH.get(alert_class, 30 * MINUTE)
    if alert is not None and alert.status == "raised":
        terms = alert.terms
        if alert.running and has_rounds(alert):
            last = max((due for _, due in alert.due), default=alert.last_step_at)
            again = next_open_hour(last + int(terms.round_gap_s * SECOND), terms.quiet_from_h, terms.quiet_to_h)
        else:
            again = next_due(alert) or until
        again = min(again, at + DAY)
        until = min(again, quiet_from(at, terms.quiet_from_h, terms.quiet_to_h) or again)
    return max(until, at + MINUTE)


def quiet_from(at: int, quiet_from_h: int, quiet_to_h: int) -> int | None:
    """When the quiet hours after `at` begin (local hours), None: they never do."""
    if quiet_from_h == quiet_to_h:
        return None
    midnight = at + LOCAL_OFFSET - (at + LOCAL_OFFSET) % DAY
    begins = midnight + quiet_from_h * HOUR - LOCAL_OFFSET
    return begins if begins > at else begins + DAY
