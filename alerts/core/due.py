"""What happens next to an alert if nobody does anything, and until when answers and arrivals are due. Pure."""

from dataclasses import dataclass

from alerts.core.alert import Alert
from alerts.core.escalation import next_due, persons_of, refired_unanswered
from events.types.fact import SECOND


@dataclass(frozen=True)
class Next:
    """`what`: prealarm_ends, step, round, arrival, outcome, still_active, refired. `persons` are told then."""

    at: int
    what: str
    step: int = 0
    persons: tuple[str, ...] = ()


def what_is_next(alert: Alert) -> Next | None:
    """The next thing that happens by itself; None when nothing will."""
    at = next_due(alert)
    if at is None:
        return None
    if alert.status == "suspected":
        return Next(at, "prealarm_ends", 1, _told(alert, 1, at))
    late = [r.who for r in alert.responders if not r.gone and r.arrived_at is None and r.overdue_from == at]
    there = alert.there_since()
    if late and there is None:
        return Next(at, "arrival", persons=tuple(late))
    if there is not None and at == there + int(alert.terms.attended_s * SECOND):
        return Next(at, "still_active")
    silent_since = refired_unanswered(alert)
    if silent_since is not None and at == silent_since + int(alert.terms.attended_s * SECOND):
        return Next(at, "refired")
    if there is not None and at == max(there, alert.asked_at) + int(alert.terms.ask_outcome_s * SECOND):
        return Next(
            at, "outcome", persons=tuple(alert.roster.resolve(alert.terms.chain.get("grid_member", []), at).persons)
        )
    if alert.due:
        step = min(alert.due)[0]
        return Next(at, "step", step, _told(alert, step, at))
    return Next(at, "round", 1, _told(alert, 1, at))


def _told(alert: Alert, step: int, at: int) -> tuple[str, ...]:
    return tuple(persons_of(alert, step, at)) if 0 < step <= len(alert.terms.steps) else ()


def answer_by(alert: Alert) -> int | None:
    """Until when somebody should say that they go; None when somebody has, or before it is raised."""
    if alert.raised_at is None or alert.status != "raised" or any(not r.gone for r in alert.responders):
        return None
    return max(alert.raised_at, alert.refired_at) + int(alert.terms.answer_within_s * SECOND)


def arrive_by(alert: Alert) -> int | None:
    """Until when the first of those who go should be there; None when nobody goes or somebody has arrived."""
    if alert.status != "raised" or alert.there_since() is not None:
        return None
    return min((r.overdue_from for r in alert.responders if not r.gone and r.overdue_from), default=None)
