"""The decisions on one alert: raise, fire again, clear, and what people ask of it. Pure: facts or refusal."""

from typing import Any

from alerts.core.alert import Alert, area_of
from alerts.core.escalation import Decided, pull_next, resume, start_round, take_due, take_rest
from alerts.core.policy import DRILL, LESSER_OUTCOMES, OUTCOMES
from alerts.core.refusals import (
    AlertAlreadyClosed,
    ConditionStillActive,
    NotInThisState,
    OutcomeNotAllowed,
    StaleView,
)
from alerts.core.roster import Roster
from events.types import alert as facts
from events.types.alert import Terms
from events.types.fact import MINUTE, SECOND, Event

SEVERITIES = ("", facts.URGENT, facts.CALL_120)
STILL_ACTIVE_OUTCOMES = ["device_false_alarm", "device_fault"]
SHELVED_MOST_S = {2: 3600, 3: 24 * 3600, 4: 7 * 24 * 3600}
"""Class -> how long it may be put aside at once; ISA-18.2 asks for a limit, and life-safety has none because it may not."""
PROPOSALS = {"safe": "safe_at_home", "false_alarm": "device_false_alarm", "away": "away_unreported"}


def begin(
    alert_id: str, home: str, site: str, danger: str, *,
    reason: dict[str, Any], terms: Terms, device: str, lasting: bool, at: int, roster: Roster | None = None,
) -> tuple[Alert, list[Event]]:  # fmt: skip
    """A danger with no open alert: suspected first where the elder may cancel, else raised at once."""
    roster = roster or Roster()
    if terms.prealarm_s > 0:
        suspected = facts.AlertSuspected(
            alert=alert_id, home=home, site=site, danger=danger, reason=reason, terms=terms
        )
        alert = Alert(alert_id, home, site, danger, terms, "suspected", reason, suspected_at=at, version=1)
        alert.roster = roster
        alert.area = area_of(reason)
        return alert, [suspected]
    raised = facts.AlertRaised(
        alert=alert_id, home=home, site=site, danger=danger, reason=reason, terms=terms,
        devices=[device] if device else [], lasting=lasting,
    )  # fmt: skip
    alert = Alert(alert_id, home, site, danger, terms, roster=roster)
    deciding = Decided(alert, at)
    deciding.say(raised)
    take_due(deciding)
    if reason.get("all_at_once"):
        take_rest(deciding, "severity")
    return alert, deciding.events


def fire_again(alert: Alert, *, device: str, reason: dict[str, Any], at: int, goes_on: bool = False) -> list[Event]:
    """The danger shows again on an open alert. An open alert is no shield: it starts a new round.

    `goes_on`: where only those who attend are told, others are called when nobody says anything.
    """
    if alert.status != "raised" or (alert.lasting and alert.active and device in alert.devices):
        return []
    deciding = Decided(alert, at)
    gap = at < max(alert.refired_at, alert.raised_at or 0) + int(alert.terms.refire_gap_s * SECOND)
    attended = alert.attended(at)
    fresh = not attended and not (gap and alert.running)  # steps that stand still with nobody there go on, gap or not
    if gap and alert.lasting and alert.active:  # a second sensor of the same alarm, minutes after the first
        deciding.say(facts.DeviceJoined(alert=alert.id, device=device))
        return deciding.events
    deciding.say(
        facts.AlertRefired(
            alert=alert.id, reason=reason, device=device, new_round=fresh, attended=attended and not gap,
            goes_on=attended and goes_on,
        )
    )  # fmt: skip
    if fresh:
        start_round(deciding, "refired")
    return deciding.events


def join(alert: Alert, *, device: str, at: int) -> list[Event]:
    """Another device shows the same on an alert that starts no new rounds."""
    if alert.status != "raised" or not device or device in alert.devices:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.DeviceJoined(alert=alert.id, device=device))
    return deciding.events


def say_again(alert: Alert, *, device: str, reason: dict[str, Any], at: int) -> list[Event]:
    """It still lasts, and is said again where it is listed; nobody is called for it."""
    if alert.status != "raised":
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.AlertRefired(alert=alert.id, reason=reason, device=device))
    return deciding.events


def worsen(alert: Alert, *, severity: str, reason: dict[str, Any], all_at_once: bool, at: int) -> list[Event]:
    """It is worse than it was. Severity rises and never falls; nobody is told twice of one level."""
    everybody = all_at_once and not alert.reason.get("all_at_once")
    if alert.status != "raised" or (SEVERITIES.index(severity) <= SEVERITIES.index(alert.severity) and not everybody):
        return []
    deciding = Decided(alert, at)
    severity = max(severity, alert.severity, key=SEVERITIES.index)
    deciding.say(facts.AlertSeverityRaised(alert=alert.id, severity=severity, reason=reason, all_at_once=everybody))
    if everybody and alert.running:
        take_rest(deciding, "severity")
    return deciding.events


def reopen(alert: Alert, *, device: str, reason: dict[str, Any], at: int, goes_on: bool = False) -> list[Event]:
    """The danger shows again soon after closing. `goes_on` as in `fire_again`."""
    deciding = Decided(alert, at)
    attended = alert.attended(at)
    deciding.say(facts.AlertReopened(alert=alert.id, reason=reason, device=device, goes_on=attended and goes_on))
    if not attended:
        start_round(deciding, "refired")
    return deciding.events


def can_reopen(alert: Alert, at: int) -> bool:
    """Was it closed so recently that it opens again instead of a new one?"""
    closed = alert.closed_at
    return alert.status == "closed" and closed is not None and at < closed + int(alert.terms.reopen_s * SECOND)


def clear(alert: Alert, *, reason: dict[str, Any], at: int) -> list[Event]:
    """What raised it is over. Classes 3 and 4 close with it, 1 and 2 never."""
    asked_only = alert.alert_class >= 3 and not alert.lasting  # a question that has answered itself
    if alert.status != "raised" or not (alert.active or asked_only):
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.ConditionCleared(alert=alert.id, reason=reason))
    if alert.alert_class >= 3:
        deciding.say(facts.AlertClosed(alert=alert.id, outcome="resolved_itself", by="system", via="system"))
    return deciding.events


def cancel(alert: Alert, *, by: str, why: str, at: int) -> list[Event]:
    """In the pre-alarm the elder's act, or a sign of life, ends it."""
    if alert.status != "suspected":
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.AlertCancelled(alert=alert.id, by=by, why=why))
    return deciding.events


def cancel_pressed(alert: Alert, at: int) -> list[Event]:
    """After people were told, cancel is passed on to those going and closes nothing."""
    if alert.status != "raised":
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.CancelPressed(alert=alert.id))
    return deciding.events


def notice(alert: Alert, device: str, at: int) -> list[Event]:
    """Movement after the first message may be the helper: shown, at most every five minutes."""
    if alert.status != "raised" or at < alert.noticed_at + 5 * MINUTE:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.ActivityNoticed(alert=alert.id, device=device))
    return deciding.events


def acknowledge(alert: Alert, *, by: str, via: str, at: int) -> list[Event]:
    """Seen. Taking it twice is not an error."""
    _must_be_open(alert)
    if alert.acknowledged_by:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.AlertAcknowledged(alert=alert.id, by=by, via=via))
    return deciding.events


def en_route(alert: Alert, *, who: str, by: str, via: str, at: int) -> list[Event]:
    """`who` is going. Said twice it starts no second clock."""
    _must_be_raised(alert)
    known = alert.responder(who)
    if known is not None and (known.arrived_at is not None or at < known.overdue_from):
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.ResponderEnRoute(alert=alert.id, who=who, by=by, via=via))
    return deciding.events


def arrived(alert: Alert, *, who: str, by: str, via: str, at: int) -> list[Event]:
    """`who` is at the door."""
    _must_be_raised(alert)
    known = alert.responder(who)
    if known is not None and known.arrived_at is not None:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.ResponderArrived(alert=alert.id, who=who, by=by, via=via))
    return deciding.events


def declined(alert: Alert, *, who: str, by: str, via: str, at: int) -> list[Event]:
    """`who` cannot go. The steps go on, unless somebody else attends: then it is only recorded."""
    _must_be_raised(alert)
    if who in alert.declined:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.ResponderDeclined(alert=alert.id, who=who, by=by, via=via))
    _next_if_alone(deciding, "declined")
    return deciding.events


def stand_down(alert: Alert, *, who: str, by: str, at: int) -> list[Event]:
    """A person says that `who` need not go any more."""
    _must_be_raised(alert)
    if alert.responder(who) is None:
        raise NotInThisState(alert.id, f"{who} is not going")
    deciding = Decided(alert, at)
    deciding.say(facts.ResponderStoodDown(alert=alert.id, who=who, by=by))
    _next_if_alone(deciding, "stood_down")
    return deciding.events


def _next_if_alone(deciding: Decided, why: str) -> None:
    alert = deciding.alert
    if alert.going(deciding.at) or alert.there_since() is not None:
        return
    if alert.running:
        pull_next(deciding, why)
    else:
        resume(deciding, why)


def need_help(alert: Alert, *, who: str, via: str, at: int) -> list[Event]:
    """There, and help is needed: the next step at once, 120 is prompted."""
    _must_be_raised(alert)
    deciding = Decided(alert, at)
    if (known := alert.responder(who)) is None or known.arrived_at is None:
        deciding.say(facts.ResponderArrived(alert=alert.id, who=who, by=who, via=via))
    deciding.say(facts.HelpNeeded(alert=alert.id, who=who, via=via))
    resume(deciding, "need_help")
    return deciding.events


def propose(alert: Alert, *, action: str, who: str, via: str, at: int) -> list[Event]:
    """Safe, false alarm or away, said by SMS: closes classes 2 to 4 whose condition is over, else waits."""
    _must_be_raised(alert)
    outcome = PROPOSALS[action]
    deciding = Decided(alert, at)
    if action != "away" and ((known := alert.responder(who)) is None or known.arrived_at is None):
        deciding.say(facts.ResponderArrived(alert=alert.id, who=who, by=who, via=via))
    deciding.say(facts.OutcomeProposed(alert=alert.id, outcome=outcome, by=who, via=via))
    if alert.alert_class >= 2 and not alert.active:
        deciding.say(facts.AlertClosed(alert=alert.id, outcome=outcome, by=who, via=via))
    return deciding.events


def shelve(alert: Alert, *, by: str, reason: str, for_s: int, at: int) -> list[Event]:
    """Put aside for a while; it comes back by itself. Never life-safety. `reason` is a text's id. Steps go on."""
    _must_be_open(alert)
    most = SHELVED_MOST_S.get(alert.alert_class, 0)
    if not 0 < for_s <= most:
        raise NotInThisState(alert.id, f"class {alert.alert_class} may be put aside for at most {most // 60} minutes")
    deciding = Decided(alert, at)
    deciding.say(facts.AlertShelved(alert=alert.id, by=by, reason=reason, until=at + for_s * SECOND))
    return deciding.events


def unshelve(alert: Alert, *, by: str, at: int) -> list[Event]:
    """Among the others again, before its time."""
    _must_be_open(alert)
    if not alert.shelved_until:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.AlertUnshelved(alert=alert.id, by=by, why="person"))
    return deciding.events


def answer_drill(alert: Alert, *, who: str, via: str, at: int) -> list[Event]:
    """Whatever digit answers a test; when everybody has answered it is over."""
    _must_be_raised(alert)
    deciding = Decided(alert, at)
    if who not in alert.answered:
        deciding.say(facts.DrillAnswered(alert=alert.id, who=who, via=via))
    if set(alert.told) <= set(alert.answered):
        deciding.say(facts.AlertClosed(alert=alert.id, outcome=DRILL, by="system", via=via))
    return deciding.events


def stop(alert: Alert, *, why: str, at: int) -> list[Event]:
    """The home is paused or retired: what nobody has been sent for ends; what calls for a person stays until one closes it."""
    if alert.status == "suspected":
        return cancel(alert, by="system", why=why, at=at)
    if alert.status != "raised" or alert.alert_class <= 2:
        return []
    deciding = Decided(alert, at)
    outcome = DRILL if alert.danger == DRILL else "resolved_itself"
    deciding.say(facts.AlertClosed(alert=alert.id, outcome=outcome, by="system", via=why))
    return deciding.events


def visited(alert: Alert, *, who: str, at: int) -> list[Event]:
    """Somebody was there: what asked for the visit is done."""
    if not alert.open:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.AlertClosed(alert=alert.id, outcome="request_done", by=who, via="visit"))
    return deciding.events


def escalate_now(alert: Alert, *, at: int) -> list[Event]:
    """A person wants the next step now."""
    _must_be_raised(alert)
    deciding = Decided(alert, at)
    resume(deciding, "escalated")
    return deciding.events


def lost(alert: Alert, at: int) -> list[Event]:
    """A person will not hear of it: the next untold step now."""
    deciding = Decided(alert, at)
    if alert.status == "raised":
        pull_next(deciding, "lost")
    return deciding.events


def outcomes_for(alert: Alert) -> list[str]:
    """The outcomes with which this alert may be closed now."""
    if alert.alert_class == 1 and alert.active and alert.status == "raised":
        return list(STILL_ACTIVE_OUTCOMES)
    return [*OUTCOMES, *LESSER_OUTCOMES] if alert.alert_class >= 3 else list(OUTCOMES)


def close(
    alert: Alert, *, outcome: str, by: str, via: str, seen_version: int | None, note: str = "", at: int
) -> list[Event]:
    """Close with an outcome, by one who has seen what happened. The same outcome twice is one closing."""
    known = [*OUTCOMES, *LESSER_OUTCOMES] if alert.alert_class >= 3 else list(OUTCOMES)
    if outcome not in known:
        raise OutcomeNotAllowed(outcome, outcomes_for(alert))
    if not alert.open:
        if alert.outcome == outcome:
            return []
        raise AlertAlreadyClosed(alert.id, alert.outcome or alert.status, alert.closed_by, alert.closed_at or at)
    if seen_version is not None:
        unseen = [what for version, what in alert.changes if version > seen_version]
        if unseen:
            raise StaleView(alert.id, unseen)
    allowed = outcomes_for(alert)
    if outcome not in allowed:
        raise ConditionStillActive(alert.id, allowed)
    out_of_service = alert.devices if alert.active and alert.alert_class == 1 else []
    deciding = Decided(alert, at)
    deciding.say(
        facts.AlertClosed(
            alert=alert.id, outcome=outcome, by=by, via=via, note=note, out_of_service=list(out_of_service)
        )
    )
    return deciding.events


def correct_outcome(alert: Alert, *, outcome: str, by: str, reason: str, at: int) -> list[Event]:
    """The outcome on record was wrong. `reason` is a text's id."""
    if alert.status != "closed":
        raise NotInThisState(alert.id, "it is not closed")
    allowed = [*OUTCOMES, *LESSER_OUTCOMES] if alert.alert_class >= 3 else list(OUTCOMES)
    if outcome not in allowed:
        raise OutcomeNotAllowed(outcome, allowed)
    if alert.outcome == outcome:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.OutcomeCorrected(alert=alert.id, outcome=outcome, by=by, reason=reason))
    return deciding.events


def confirm_death(alert: Alert, *, by: str, at: int) -> list[Event]:
    """The second confirmation; only now the home is retired."""
    if alert.status != "closed" or alert.outcome != "deceased":
        raise NotInThisState(alert.id, "it was not closed as deceased")
    deciding = Decided(alert, at)
    if not alert.death_confirmed:
        deciding.say(facts.DeathConfirmed(alert=alert.id, by=by))
    return deciding.events


def undo_death(alert: Alert, *, by: str, at: int) -> list[Event]:
    """The confirmation was a mistake."""
    if not alert.death_confirmed:
        raise NotInThisState(alert.id, "no death was confirmed")
    deciding = Decided(alert, at)
    deciding.say(facts.DeathConfirmationUndone(alert=alert.id, by=by))
    return deciding.events


def _must_be_open(alert: Alert) -> None:
    if not alert.open:
        raise AlertAlreadyClosed(alert.id, alert.outcome or alert.status, alert.closed_by, alert.closed_at or 0)


def _must_be_raised(alert: Alert) -> None:
    _must_be_open(alert)
    if alert.status == "suspected":
        raise NotInThisState(alert.id, "nobody has been told yet; the elder can still cancel")
