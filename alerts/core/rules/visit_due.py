"""Visit due: nobody has seen or spoken with this elder for so long that somebody should look in.

A visit that was recorded, an alert that ended with somebody who knew, and a drill that was answered count as contact.
"""

from typing import Any, Final

from alerts.core.alert import Alert
from alerts.core.household import Household
from alerts.core.policy import DRILL, Policy
from alerts.core.rule import Danger, DeadlineReached, HomeChanged, Seen, Verdict
from events.types.fact import DAY, Event

_SOMEBODY_KNEW: Final = frozenset({
    "rescued", "hospital", "safe_at_home", "away_unreported", "elder_cancelled", "request_done",
})  # fmt: skip


class VisitDue:
    """Counts from when it first looked: a town that was taken in today is not owed a month of visits."""

    name = "visit_due"
    danger = "visit_due"
    hears: tuple[type[Event], ...] = (HomeChanged, DeadlineReached)
    waits_for_hearing = False

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """One more look at the home; a month after the last contact it is due."""
        now, after = seen.received, policy.span("visit.after_s", home.home)
        met = max([state.get("met", 0), home.visited_at, *map(_contact, home.recent.values())])
        state = {"from": state.get("from", now), "met": met}
        if after == 0 or not home.watched or self.danger in home.alerts:
            return Verdict(state)
        due = max(state["from"], met, home.status_since) + after
        if isinstance(seen.event, DeadlineReached) and seen.event.due >= due:
            if home.is_away(now):
                return Verdict(state, wake_at=home.away_until or now + DAY)
            reason = {"at": now, "days": after // DAY} | ({"met": met} if met else {})
            return Verdict(state, danger=Danger(reason, lasting=False))
        return Verdict(state, wake_at=due)


def _contact(alert: Alert) -> int:
    """When this ended alert brought somebody to the elder, or to the phone about them; 0: it did not."""
    if alert.closed_at is None or alert.status != "closed":
        return 0
    if alert.danger == DRILL:
        return alert.closed_at if alert.answered else 0
    return alert.closed_at if alert.outcome in _SOMEBODY_KNEW or alert.there_since() is not None else 0


rule = VisitDue()
