"""When the next thing is due for an alert, and what to do when that moment has come. Pure.

Steps count from `raised` and are never pushed back. Only somebody en route or arrived stops them.
"""

from alerts.core.alert import Alert, fold
from alerts.core.calendar import next_open_hour
from alerts.core.policy import DRILL, NO_ROUNDS
from events.types import alert as facts
from events.types.fact import SECOND, Event
from events.types.message import PersonLost


def next_due(alert: Alert) -> int | None:
    """The next moment at which something happens by itself, None: nothing will."""
    moments: list[int] = []
    if alert.status == "suspected" and alert.suspected_at is not None:
        return alert.suspected_at + int(alert.terms.prealarm_s * SECOND)
    if alert.status != "raised":
        return None
    if alert.running and alert.due:
        moments.append(_told_at(alert, min(due for _, due in alert.due)))
    elif alert.running and has_rounds(alert):
        moments.append(_told_at(alert, _next_round(alert)))
    there = alert.there_since()
    if there is None:
        moments += [r.overdue_from for r in alert.responders if r.here and r.arrived_at is None and r.overdue_from]
    else:
        moments.append(max(there, alert.asked_at) + int(alert.terms.ask_outcome_s * SECOND))
        if _still_active_counts(alert):
            moments.append(there + int(alert.terms.attended_s * SECOND))
        if (silent_since := refired_unanswered(alert)) is not None:
            moments.append(silent_since + int(alert.terms.attended_s * SECOND))
    return min(moments, default=None)


def refired_unanswered(alert: Alert) -> int | None:
    """When it fired again while somebody was there, if nobody has set out since: they may have left before it did.

    A lasting condition says by itself that it is still there; a second press of SOS is said once.
    """
    there, again = alert.there_since(), alert.unanswered_at
    if alert.active or alert.running or there is None or again <= there:
        return None
    return None if any(r.here and (r.en_route_at or 0) > again for r in alert.responders) else again


def next_ring(alert: Alert) -> int | None:
    """When somebody must look at it again: the next due, or the end of its time on the shelf."""
    return min((moment for moment in (next_due(alert), alert.shelved_until) if moment), default=None)


def has_rounds(alert: Alert) -> bool:
    """Is anybody told again by the clock?"""
    return bool(alert.terms.steps) and alert.terms.round_gap_s > NO_ROUNDS


def _next_round(alert: Alert) -> int:
    return alert.last_step_at + int(alert.terms.round_gap_s * SECOND)


def _told_at(alert: Alert, due: int) -> int:
    return next_open_hour(due, alert.terms.quiet_from_h, alert.terms.quiet_to_h)


def _still_active_counts(alert: Alert) -> bool:
    return alert.alert_class == 1 and alert.active and not alert.still_active_told and not alert.running


_WANTED_NOW = frozenset({"need_help", "escalated"})


class Decided:
    """Decisions in the making: each is folded at once, so that the next is made on what the last left behind."""

    def __init__(self, alert: Alert, at: int) -> None:
        self.alert, self.at = alert, at
        self.events: list[Event] = []

    def say(self, event: Event) -> None:
        """Decide this."""
        self.events.append(event)
        fold(self.alert, event, self.at, self.alert.version + 1)


def wake(alert: Alert, at: int) -> list[Event]:
    """Do all that is due at `at`. The alert is folded on; the events are what was decided."""
    deciding = Decided(alert, at)
    if alert.shelved_until and at >= alert.shelved_until:
        deciding.say(facts.AlertUnshelved(alert=alert.id, by="system", why="due"))
    if alert.status == "suspected" and alert.suspected_at is not None:
        if at >= alert.suspected_at + int(alert.terms.prealarm_s * SECOND):
            deciding.say(
                facts.AlertRaised(
                    alert=alert.id,
                    home=alert.home,
                    site=alert.site,
                    danger=alert.danger,
                    reason=alert.reason,
                    terms=alert.terms,
                    devices=alert.devices,
                    lasting=alert.lasting,
                )
            )
            take_due(deciding)
        return deciding.events
    if alert.status != "raised":
        return deciding.events
    _overdue(deciding)
    there = alert.there_since()
    if there is not None:
        if _still_active_counts(alert) and at >= there + int(alert.terms.attended_s * SECOND):
            resume(deciding, "still_active")
        silent_since = refired_unanswered(alert)
        if silent_since is not None and at >= silent_since + int(alert.terms.attended_s * SECOND):
            resume(deciding, "refired")
        if at >= max(there, alert.asked_at) + int(alert.terms.ask_outcome_s * SECOND):
            asked = alert.roster.resolve(alert.terms.chain.get("grid_member", []), at).persons
            deciding.say(facts.OutcomeAsked(alert=alert.id, persons=asked))
    take_due(deciding)
    if alert.running and not alert.due and has_rounds(alert) and at >= _told_at(alert, _next_round(alert)):
        if alert.danger == DRILL:  # the time to answer is over
            deciding.say(facts.AlertClosed(alert=alert.id, outcome=DRILL, by="system", via="system"))
        else:
            start_round(deciding, "due")
    return deciding.events


def _overdue(deciding: Decided) -> None:
    alert, at = deciding.alert, deciding.at
    if alert.there_since() is not None:
        return
    late = [r.who for r in alert.responders if r.here and r.overdue_from and at >= r.overdue_from]
    for who in late:
        deciding.say(facts.ArrivalOverdue(alert=alert.id, who=who))
    if late:
        resume(deciding, "overdue")


def take_due(deciding: Decided, why: str = "due") -> None:
    """Tell the steps that are due. After a standstill class 1 tells all at once, others the next one now."""
    alert, at = deciding.alert, deciding.at
    while alert.running and alert.due:
        step, due = min(alert.due, key=lambda pair: (pair[1], pair[0]))
        if at < _told_at(alert, due):
            return
        others = [d for s, d in alert.due if s != step and at >= _told_at(alert, d)]
        respace = bool(others) and alert.alert_class != 1 and due not in others
        take(deciding, step, "standstill" if respace else why, respaced=respace)


def take(deciding: Decided, step: int, why: str, *, respaced: bool = False) -> None:
    """Tell this step now. One that resolves to nobody is recorded and pulls the next one to now, as does who is on leave."""
    alert = deciding.alert
    meant = alert.meant(step, deciding.at)
    persons = persons_of(alert, step, deciding.at)
    deciding.say(
        facts.StepTaken(
            alert=alert.id,
            round=alert.round,
            step=step,
            persons=persons,
            why=why if persons else "empty",
            respaced=respaced,
            instead={person: place for person, place in meant.instead.items() if person in persons},
        )
    )
    for absent in meant.on_leave:
        deciding.say(PersonLost(alert=alert.id, round=alert.round, step=step, person=absent, why="on_leave"))
    for _ in range(max(len(meant.on_leave), int(not persons))):
        pull_next(deciding, "lost" if persons else "empty")


def persons_of(alert: Alert, step: int, at: int) -> list[str]:
    """Who this step means at `at`, without those who cannot go and those who are there already."""
    there = {r.who for r in alert.responders if r.here and r.arrived_at is not None}
    if alert.everybody(at) <= there | set(alert.declined):
        there = set()  # nobody else is left: better they hear it again than nobody
    return [p for p in alert.meant(step, at).persons if p not in alert.declined and p not in there]


def pull_next(deciding: Decided, why: str) -> None:
    """The next untold step now; the others stay where they are."""
    alert = deciding.alert
    if alert.running and alert.due:
        take(deciding, min(alert.due)[0], why)


def take_rest(deciding: Decided, why: str) -> None:
    """All untold steps of this round now: nobody waits for a turn."""
    alert = deciding.alert
    while alert.running and alert.due:
        take(deciding, min(alert.due)[0], why)


def resume(deciding: Decided, why: str) -> None:
    """The steps go on: the next untold one now, the rest at table distances; when all are told, a new round.

    A new round keeps its distance to the last step, unless a person asks for more people now.
    """
    alert = deciding.alert
    deciding.say(facts.StepsResumed(alert=alert.id, why=why))
    if alert.due:
        take(deciding, min(alert.due)[0], why)
    elif alert.terms.steps and (why in _WANTED_NOW or deciding.at >= _next_round(alert)):
        start_round(deciding, why)


def start_round(deciding: Decided, why: str) -> None:
    """From step 1 again, without those who answered that they cannot, with all when nobody else is left."""
    alert = deciding.alert
    without = [] if alert.everybody(deciding.at) <= set(alert.declined) else alert.declined
    deciding.say(facts.RoundStarted(alert=alert.id, round=alert.round + 1, without=without))
    take_due(deciding, why)
