"""What a decision means for people: who is told what. Pure; the words are ids, numbers and times, never names.

Words: `clock` microseconds, `person` a person's id, `danger` and `outcome` ids, the rest numbers. House, names and
text are put in when a message is sent, by the registry.
"""

from alerts.core.alert import Alert
from alerts.core.policy import DRILL
from events.types import alert as facts
from events.types.fact import HOUR, Event
from events.types.life import DrillSummed
from events.types.message import TellRequested

NEVER_TOLD = frozenset({
    "device_silent", "sensor_out_of_service", "unknown_device_alarm", "rule_failed", "responder_unreachable", "nobody_left",
    "blind_time",
    "chain_hole", "sensor_fault", "tamper", "battery", "flapping", "tuning",
})  # fmt: skip
_VISITS = {"no_power": "visit_no_power", "sensor_dead": "visit_sensor_dead"}
"""Why a home cannot be seen -> what the visitor is told; all else is said as cut off."""

_MOST = 999
_MOST_HOMES = 9999
"""The longest number a template takes."""


def tells(alert: Alert, event: Event, at: int) -> list[TellRequested]:
    """The people to be told because of this event of the alert's life."""
    if alert.danger in NEVER_TOLD:
        return []
    if alert.area is not None:
        return _of_area(alert, event, at)
    if alert.danger == DRILL:  # one message, and an answer to the answer: nobody goes anywhere
        asked = event.persons if isinstance(event, facts.StepTaken) else []
        return [_tell(alert, person, "drill", "drill", {}, at, step=1) for person in asked]
    going = [r.who for r in alert.responders if r.here]
    match event:
        case facts.StepTaken(step=step, persons=persons, why=why):
            return [_step(alert, step, person, why, at) for person in persons]
        case facts.ResponderEnRoute(who=who):
            others = [p for p in alert.concerned() if p != who]
            found = [_tell(alert, p, "other_going", "someone_else_going", {"person": who}, at) for p in others]
            first = next((p for p in going if p != who), None)
            if first is not None:
                found.append(_tell(alert, who, "also_going", "also_going", {"person": first}, at))
            return found
        case facts.ResponderStoodDown(who=who, by=by):
            return [_tell(alert, who, "stand_down", "stand_down", {"person": by}, at, asks=False)]
        case facts.CancelPressed():
            return [_tell(alert, p, "cancel_pressed", "cancel_pressed", {}, at) for p in going]
        case facts.AlertRefired(attended=True) | facts.AlertReopened():
            return [_tell(alert, p, "refired", "refired_responder", {}, at, asks=False) for p in going]
        case facts.AlertRefired(new_round=True):
            return [_tell(alert, p, "refired_first", "refired", {}, at) for p in _first_responder(alert)]
        case facts.AlertSeverityRaised():
            return _worse(alert, event, going, at)
        case facts.ArrivalOverdue(who=who):
            minutes = str(min(_MOST, int(alert.terms.arrive_within_s) // 60))
            return [_tell(alert, who, "arrival_asked", "arrival_asked", {"minutes": minutes}, at)]
        case facts.OutcomeAsked(persons=persons):
            there = alert.there_since() or at
            hours = str(max(1, min(_MOST, (at - there) // HOUR)))
            return [_tell(alert, p, "ask_outcome", "ask_outcome", {"hours": hours}, at) for p in persons]
        case facts.AlertClosed(outcome=outcome, by=by):
            others = [p for p in alert.concerned() if p != by and alert.told.get(p) in {"planned", "sent", "delivered"}]
            return [_tell(alert, p, "outcome", "outcome_told", {"outcome": outcome}, at, asks=False) for p in others]
    return []


def _of_area(alert: Alert, event: Event, at: int) -> list[TellRequested]:
    """Once to whoever answers for the site, and when it has doubled; how it goes on, the console shows."""
    area = alert.area
    if area is None or not isinstance(event, facts.StepTaken):
        return []
    words = {
        "clock": str(area.since or alert.raised_at or at), "homes": str(min(_MOST_HOMES, len(area.homes))),
        "site": alert.site, "trouble": "power" if area.power else "cut",
    }  # fmt: skip
    return [_tell(alert, p, event.why, "area_dark", words, at, step=event.step, asks=False) for p in event.persons]


def drill_summed(summed: DrillSummed, site: str, at: int) -> list[TellRequested]:
    """The grid member hears once who near them did not answer the test; nothing when everybody did."""
    if not summed.silent:
        return []
    words = {"clock": str(at), "count": str(min(_MOST, len(summed.silent))), "persons": ",".join(summed.silent)}
    return [
        TellRequested(
            alert=summed.alert, home="", site=site, danger=DRILL, alert_class=3, round=0, step=0, person=summed.person,
            why="drill_summed", template="drill_silent", words=words, asks=False,
        )
    ]  # fmt: skip


def _worse(alert: Alert, event: facts.AlertSeverityRaised, going: list[str], at: int) -> list[TellRequested]:
    """Who goes hears it; that 120 is needed hear all who were told, unless a step tells them so in the same moment."""
    if event.severity != facts.CALL_120:
        return [_tell(alert, p, "severity", "worse_urgent", {}, at, asks=False) for p in going]
    told = [p for p in alert.concerned() if not event.all_at_once or p in going or alert.told[p] != "asked"]
    return [_tell(alert, p, "severity", "worse_call_120", {}, at, asks=False) for p in told]


def _first_responder(alert: Alert) -> list[str]:
    first = next((r.who for r in alert.responders if not r.gone), None)
    return [] if first is None or first in alert.declined else [first]


def _step(alert: Alert, step: int, person: str, why: str, at: int) -> TellRequested:
    last = int(alert.reason.get("last_seen", alert.raised_at or at))
    raised = alert.raised_at or at
    words = {"clock": str(raised)}
    late = next((r.who for r in alert.responders if not r.gone and r.arrived_at is None), None)
    on_site = next((r.who for r in reversed(alert.responders) if r.arrived_at is not None and r.here), None)
    hours = str(max(1, min(_MOST, round((at - last) / HOUR))))
    if why == "overdue" and late is not None:
        minutes = str(min(_MOST, int(alert.terms.arrive_within_s) // 60))
        return _tell(alert, person, why, "arrival_overdue", {"person": late, "minutes": minutes}, at, step=step)
    if why == "need_help" and on_site is not None:
        return _tell(alert, person, why, "need_help_on_site", {"person": on_site}, at, step=step)
    if alert.alert_class == 1 and "town" in alert.terms.steps[step - 1].levels:
        return _tell(alert, person, why, "town_class_1", words, at, step=step)
    if alert.severity == facts.CALL_120 and alert.round == 1 and why != "refired":
        return _tell(alert, person, why, "call_120", words, at, step=step)
    if why == "refired":
        return _tell(
            alert,
            person,
            why,
            "refired",
            {"clock": str(max(alert.refired_at, alert.unanswered_at) or at)},
            at,
            step=step,
        )
    if alert.round > 1:
        words["round"] = str(min(_MOST, alert.round))
        return _tell(alert, person, why, "again", words, at, step=step)
    if alert.danger == "dark_and_quiet":
        visit = _VISITS.get(alert.reason.get("sight", ""), "visit_dark")
        return _tell(alert, person, why, visit, {"hours": hours}, at, step=step)
    if step == 1 and alert.danger == "visit_due":
        days = str(min(99, int(alert.reason.get("days", 30))))
        return _tell(alert, person, why, "first_visit_due", {"days": days}, at, step=step)
    if step > 1 and alert.terms.steps[step - 1].after_s > 0 and alert.danger != "no_activity":
        return _tell(alert, person, why, "escalated", words, at, step=step)
    if alert.danger == "no_activity":
        words = {"clock": str(last), "hours": hours}
        match alert.reason.get("why"):
            case "learned" | "longest":
                usual = str(max(1, min(99, -(-int(alert.reason["usual_s"]) // 3600))))
                words |= {"room": str(alert.reason.get("where", "")), "usual": usual}
                return _tell(alert, person, why, "first_no_activity_usual", words, at, step=step)
            case "fixed" if alert.reason.get("where"):
                words |= {"room": str(alert.reason["where"])}
                return _tell(alert, person, why, "first_no_activity_where", words, at, step=step)
            case "went_out":
                return _tell(alert, person, why, "first_not_back", words, at, step=step)
    elif alert.danger == "not_home_by_night":
        words = {"clock": str(last)}
    elif alert.danger == "still_away":
        words = {"days": str(max(1, min(99, int(alert.reason.get("days", 1)))))}
    else:
        words = {"clock": str(alert.reason.get("at", raised))}
    return _tell(alert, person, why, f"first_{alert.danger}", words, at, step=step)


def _tell(
    alert: Alert, person: str, why: str, template: str, words: dict[str, str], at: int, *,
    step: int = 0, asks: bool = True,
) -> TellRequested:  # fmt: skip
    return TellRequested(
        alert=alert.id, home=alert.home, site=alert.site, danger=alert.danger, alert_class=alert.alert_class,
        round=alert.round, step=step, person=person, why=why, template=template,
        words={"clock": str(at), **words}, asks=asks,
    )  # fmt: skip
