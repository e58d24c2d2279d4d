"""An alert as its own stream tells it: the fold of what happened. Pure; decisions lie in `lifecycle`."""

from typing import Any, Literal

import msgspec

from alerts.core.roster import Meant, Roster
from events.types import alert as facts
from events.types.alert import Terms
from events.types.fact import SECOND, Event
from events.types.message import PersonLost, PersonTold

Status = Literal["suspected", "cancelled", "raised", "closed"]


class Responder(msgspec.Struct):
    """Somebody who said they go. `gone`: declined or stood down; `past`: was there before it fired again."""

    who: str
    en_route_at: int | None = None
    arrived_at: int | None = None
    overdue_from: int = 0
    gone: bool = False
    past: bool = False

    @property
    def here(self) -> bool:
        """Do their words still count?"""
        return not self.gone and not self.past


_TENTH = 10


class Area(msgspec.Struct):
    """The homes of an area incident, each with since when and by what it is known to be dark.

    `of`: how many the site has; `need`: so many make an incident; `most`: at most at once; `told`: how many when people
    were last told; `noticed`: how many when they were last counted for whom they belong to; `quiet`: home -> last sign of
    life, where nobody was seen for longer than the limit.
    """

    homes: dict[str, tuple[int, str]]
    of: int
    need: int
    most: int = 0
    told: int = 0
    noticed: int = 0
    quiet: dict[str, int] = {}

    @property
    def since(self) -> int:
        """When the first of them went dark, as far as they are still dark; 0: none is."""
        return min((since for since, _ in self.homes.values()), default=0)

    @property
    def power(self) -> bool:
        """Have devices said that the mains is gone?"""
        return any(by == "mains" for _, by in self.homes.values())


class Alert(msgspec.Struct):
    """One alert. `due` holds the steps of this round still to be told, as (step, when)."""

    id: str
    home: str
    site: str
    danger: str
    terms: Terms
    status: Status = "raised"
    reason: dict[str, Any] = {}
    suspected_at: int | None = None
    raised_at: int | None = None
    lasting: bool = True
    active: bool = True
    devices: list[str] = []
    round: int = 0
    due: list[tuple[int, int]] = []
    last_step_at: int = 0
    running: bool = False
    told: dict[str, str] = {}
    lost: dict[str, str] = {}
    declined: list[str] = []
    responders: list[Responder] = []
    acknowledged_by: str = ""
    acknowledged_at: int | None = None
    help_needed: bool = False
    proposal: str = ""
    refired_at: int = 0
    unanswered_at: int = 0
    """When it first fired again for those who attended alone, since they arrived."""
    still_active_told: bool = False
    asked_at: int = 0
    noticed_at: int = 0
    closed_at: int | None = None
    outcome: str = ""
    closed_by: str = ""
    closed_via: str = ""
    death_confirmed: bool = False
    version: int = 0
    changes: list[tuple[int, str]] = []
    answered: list[str] = []
    shelved_until: int = 0
    shelved_by: str = ""
    roster: Roster = msgspec.field(default_factory=Roster)
    """What of the town's roster matters for this chain. No fact of this stream: whoever decides lays it beside."""
    area: Area | None = None

    @property
    def alert_class(self) -> int:
        """1 life-safety, 2 person, 3 environment and requests, 4 equipment."""
        return self.terms.alert_class

    @property
    def open(self) -> bool:
        """Is somebody still owed something?"""
        return self.status in {"suspected", "raised"}

    def meant(self, step: int, at: int) -> Meant:
        """Who this step of the chain means at `at`. Were everybody on leave, they would be told all the same."""
        meant = self.roster.resolve(self.places(step), at)
        if not meant.persons and meant.on_leave and not self.everybody(at):
            return Meant(meant.on_leave, {}, [])
        return meant

    def places(self, step: int) -> list[str]:
        """The places in the chain that this step tells: persons and rotas."""
        return [place for level in self.terms.steps[step - 1].levels for place in self.terms.chain.get(level, [])]

    def everybody(self, at: int) -> set[str]:
        """All whom the steps mean at `at`."""
        places = [place for step in range(1, len(self.terms.steps) + 1) for place in self.places(step)]
        return set(self.roster.resolve(places, at).persons)

    @property
    def severity(self) -> str:
        """Empty, urgent or call_120: beyond its class, and it never falls."""
        return str(self.reason.get("severity", ""))

    def responder(self, who: str) -> Responder | None:
        """This person as a responder, if they are one now."""
        return next((r for r in self.responders if r.who == who and r.here), None)

    def going(self, at: int) -> list[Responder]:
        """Those en route in time at `at`."""
        return [
            r for r in self.responders
            if r.here and r.arrived_at is None and r.en_route_at is not None and at < r.overdue_from
        ]  # fmt: skip

    def there_since(self) -> int | None:
        """When the last of those who arrived did so."""
        return max((r.arrived_at for r in self.responders if r.arrived_at is not None and r.here), default=None)

    def attended(self, at: int) -> bool:
        """Is a responder en route in time, or arrived less than ten minutes ago?"""
        there = self.there_since()
        return bool(self.going(at)) or (there is not None and at < there + int(self.terms.attended_s * SECOND))

    def concerned(self) -> list[str]:
        """Everybody who has been told and neither declined nor was stood down, in order."""
        gone = {r.who for r in self.responders if r.gone}
        return [p for p in self.told if p not in self.declined and p not in gone]


def stream_of(alert_id: str) -> str:
    """The name of an alert's stream."""
    return f"alert-{alert_id}"


def fold(alert: Alert | None, event: Event, at: int, version: int | None) -> Alert | None:
    """The alert after one more fact of its stream. Folding a version twice changes nothing."""
    if alert is None:
        return _begin(event, at, version)
    if version is not None:
        if version <= alert.version:
            return alert
        alert.version = version
    match event:
        case facts.AlertRaised():
            _raise(alert, event, at)
        case facts.AlertCancelled():
            alert.status, alert.active, alert.closed_at, alert.closed_by = "cancelled", False, at, event.by
            alert.running = False
            _unshelve(alert)
        case facts.RoundStarted():
            alert.round, alert.declined, alert.running = event.round, list(event.without), True
            alert.still_active_told = False
            alert.due = plan_of(alert.terms, at)
        case facts.StepTaken():
            _take(alert, event, at)
        case facts.StepsResumed():
            alert.running = True
            alert.due = respaced(alert, at)
            if event.why == "still_active":
                alert.still_active_told = True
        case facts.AlertAcknowledged():
            if not alert.acknowledged_by:
                alert.acknowledged_by, alert.acknowledged_at = event.by, at
        case facts.OutcomeAsked():
            alert.asked_at = at
        case facts.AlertShelved():
            alert.shelved_until, alert.shelved_by = event.until, event.by
        case facts.AlertUnshelved():
            _unshelve(alert)
        case facts.ConditionCleared():
            alert.active, alert.devices = False, []
        case facts.DeviceJoined():
            alert.active, alert.devices = True, [*alert.devices, event.device]
        case facts.AlertRefired():
            _refire(alert, event.device, event.reason, at)
            if event.new_round or event.attended:
                alert.refired_at = at
            _unanswered(alert, at, goes_on=event.goes_on)
            _changed(alert, "refired")
        case facts.AlertReopened():
            alert.status, alert.closed_at, alert.outcome, alert.closed_by = "raised", None, "", ""
            alert.proposal, alert.refired_at, alert.acknowledged_by, alert.acknowledged_at = "", at, "", None
            alert.area = area_of(event.reason) or alert.area
            _refire(alert, event.device, event.reason, at)
            _unanswered(alert, at, goes_on=event.goes_on)
            _changed(alert, "reopened")
        case facts.AlertSeverityRaised(severity=severity, reason=why, all_at_once=everybody):
            alert.reason = {**alert.reason, "severity": severity, "severity_at": at, "severity_why": why}
            if everybody:
                alert.reason["all_at_once"] = True
            _changed(alert, "severity")
        case facts.ActivityNoticed():
            alert.noticed_at = at
        case facts.AlertClosed():
            alert.status, alert.closed_at, alert.outcome = "closed", at, event.outcome
            alert.closed_by, alert.closed_via, alert.running, alert.due = event.by, event.via, False, []
            _unshelve(alert)
        case facts.OutcomeCorrected():
            alert.outcome = event.outcome
        case facts.DeathConfirmed():
            alert.death_confirmed = True
        case facts.DeathConfirmationUndone():
            alert.death_confirmed = False
        case facts.AreaHomeJoined() | facts.AreaHomeLeft() | facts.AreaHomeQuiet() if alert.area is not None:
            _change_area(alert.area, event)
        case PersonTold():
            alert.told[event.person] = event.state
            if event.state in {"sent", "delivered"}:
                alert.lost.pop(event.person, None)
        case PersonLost():
            alert.lost[event.person] = event.why
        case _:
            _people(alert, event, at)
    return alert


def _begin(event: Event, at: int, version: int | None) -> Alert | None:
    match event:
        case facts.AlertSuspected():
            return Alert(
                event.alert, event.home, event.site, event.danger, event.terms, "suspected",
                event.reason, suspected_at=at, version=version or 1, area=area_of(event.reason),
            )  # fmt: skip
        case facts.AlertRaised():
            alert = Alert(event.alert, event.home, event.site, event.danger, event.terms, version=version or 1)
            alert.area = area_of(event.reason)
            _raise(alert, event, at)
            return alert
    return None


def area_of(reason: dict[str, Any]) -> Area | None:
    """The homes an incident begins with, None for any other alert."""
    if "homes" not in reason or "need" not in reason:
        return None
    homes = {home: (since, by) for home, (since, by) in reason["homes"].items()}
    return Area(homes, reason["of"], reason["need"], most=len(homes), noticed=len(homes))


def _change_area(area: Area, event: Event) -> None:
    match event:
        case facts.AreaHomeJoined():
            area.homes[event.home] = (event.since, event.by)
            area.most = max(area.most, len(area.homes))
            if len(area.homes) >= area.noticed + max(1, area.noticed // _TENTH):
                area.noticed = len(area.homes)
        case facts.AreaHomeLeft():
            area.homes.pop(event.home, None)
            area.quiet.pop(event.home, None)
        case facts.AreaHomeQuiet():
            area.quiet[event.home] = event.last_seen


def _raise(alert: Alert, event: facts.AlertRaised, at: int) -> None:
    alert.status, alert.raised_at, alert.reason, alert.devices = "raised", at, event.reason, list(event.devices)
    alert.lasting, alert.active, alert.round, alert.running = event.lasting, event.lasting and alert.active, 1, True
    alert.due = plan_of(alert.terms, at)


def _take(alert: Alert, event: facts.StepTaken, at: int) -> None:
    alert.due = [(step, due) for step, due in alert.due if step != event.step]
    if event.respaced:
        alert.due = respaced(alert, at, event.step)
    alert.last_step_at = at
    if alert.area is not None:
        alert.area.told = len(alert.area.homes)
    for person in event.persons:
        alert.told.setdefault(person, "asked")
        alert.lost.pop(person, None)


def _unshelve(alert: Alert) -> None:
    alert.shelved_until, alert.shelved_by = 0, ""


def _refire(alert: Alert, device: str, reason: dict[str, Any], at: int) -> None:
    _unshelve(alert)  # it was put aside for what it was then
    alert.active = alert.lasting
    alert.reason = {**alert.reason, "again": reason, "again_at": at}
    if device and device not in alert.devices:
        alert.devices = [*alert.devices, device]
    for responder in alert.responders:  # who was there long before has gone home; who comes now comes anew
        arrived = responder.arrived_at
        if arrived is not None and at >= arrived + int(alert.terms.attended_s * SECOND):
            responder.past = True


def _unanswered(alert: Alert, at: int, *, goes_on: bool) -> None:
    if goes_on and alert.unanswered_at <= (alert.there_since() or 0):
        alert.unanswered_at = at


def _changed(alert: Alert, what: str) -> None:
    alert.changes = [*alert.changes[-31:], (alert.version, what)]


def _people(alert: Alert, event: Event, at: int) -> None:
    """What people said: going, there, cannot, help, stand down, overdue, proposal."""
    arrive_within = int(alert.terms.arrive_within_s * SECOND)
    match event:
        case facts.ResponderEnRoute(who=who):
            known = alert.responder(who)
            if known is None:
                known = Responder(who)
                alert.responders = [*alert.responders, known]
            known.en_route_at, known.overdue_from = at, at + arrive_within
            alert.running = False
            alert.declined = [p for p in alert.declined if p != who]
            _changed(alert, "en_route")
        case facts.ResponderArrived(who=who):
            known = alert.responder(who)
            if known is None:
                known = Responder(who)
                alert.responders = [*alert.responders, known]
            known.arrived_at, known.overdue_from = at, 0
            alert.running, alert.still_active_told, alert.asked_at = False, False, at
            alert.declined = [p for p in alert.declined if p != who]
            _changed(alert, "arrived")
        case facts.ResponderDeclined(who=who):
            if known := alert.responder(who):
                known.gone = True
            alert.declined = [*(p for p in alert.declined if p != who), who]
            _changed(alert, "declined")
        case facts.ResponderStoodDown(who=who):
            if known := alert.responder(who):
                known.gone = True
        case facts.DrillAnswered(who=who):
            alert.answered = [*alert.answered, who]
        case facts.HelpNeeded():
            alert.help_needed = True
            _unshelve(alert)
            _changed(alert, "help_needed")
        case facts.ArrivalOverdue(who=who):
            if known := alert.responder(who):
                known.overdue_from = at + arrive_within
        case facts.OutcomeProposed(outcome=outcome):
            alert.proposal = outcome
            _changed(alert, "proposed")


def plan_of(terms: Terms, base: int) -> list[tuple[int, int]]:
    """All steps of a round that begins at `base`, as (step, when)."""
    return [(number, base + int(step.after_s * SECOND)) for number, step in enumerate(terms.steps, 1)]


def respaced(alert: Alert, at: int, taken: int | None = None) -> list[tuple[int, int]]:
    """The rest at table distances: the next one now, or with `taken`, counted from that step, told just now."""
    if not alert.due:
        return []
    first = taken or min(step for step, _ in alert.due)
    begin = alert.terms.steps[first - 1].after_s
    return [(s, at + int((alert.terms.steps[s - 1].after_s - begin) * SECOND)) for s, _ in alert.due]
