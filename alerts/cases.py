"""The alerts of the homes: begun, fired again, woken, ended; and what follows for the home and for people."""

from collections.abc import Callable
from typing import Any

import msgspec

from alerts.books import Books, caused_by
from alerts.core import lifecycle, tuning
from alerts.core.alert import Alert, fold, stream_of
from alerts.core.escalation import next_ring, wake
from alerts.core.household import Household
from alerts.core.policy import CLASSES, DRILL, NOBODY_LEFT
from alerts.core.rule import Danger
from alerts.core.telling import drill_summed
from alerts.listing import Listing
from events.serial import Recorded
from events.store import New
from events.types import alert as facts
from events.types import device, home, message
from events.types.fact import Event
from events.types.life import DrillStarted, DrillSummed
from events.types.system import DecisionReadAhead, RuleMended

Look = Callable[[Household, Recorded, str, bool], None]
"""Have the home's rules look again: why, and whether the silence clock starts anew."""

GOES_ON_SINCE = 2
"""The generation of rules that does not leave a second SOS to who may have left."""
SITE = "site:"
"""Before the name of a site: the owner of alerts that belong to no home."""


class Cases:
    """Works on the engine's books. `look` reaches the rules."""

    def __init__(self, books: Books, look: Look) -> None:
        self._books, self._look = books, look
        self._lists = Listing(books)
        self._read_to: dict[str, int] = {}

    def danger(self, home_: Household, name: str, danger: Danger, recorded: Recorded) -> None:
        """A rule says danger: a new alert, an open one that fires again, or one that opens again."""
        at, reason, source = recorded.recorded_at, danger.reason, danger.device
        alert = home_.alerts.get(name)
        if alert is not None and self._catch_up(alert, recorded):
            alert = home_.alerts.get(name)  # somebody may have closed it in the same moment
        if alert is not None:
            if alert.alert_class <= 2 or not alert.lasting:
                again = lambda a: lifecycle.fire_again(  # noqa: E731
                    a, device=source, reason=reason, at=at, goes_on=self._goes_on(a)
                )
                self.decide(home_, alert, recorded, again)
            elif danger.again:
                said = lambda a: lifecycle.say_again(a, device=source, reason=reason, at=at)  # noqa: E731
                self.decide(home_, alert, recorded, said)
            elif source not in alert.devices:
                self.decide(home_, alert, recorded, lambda a: lifecycle.join(a, device=source, at=at))
            return
        recent = home_.recent.get(name)
        if recent is not None and lifecycle.can_reopen(recent, at):
            home_.alerts[name] = home_.recent.pop(name)
            reopens = lambda a: lifecycle.reopen(  # noqa: E731
                a, device=source, reason=reason, at=at, goes_on=self._goes_on(a)
            )
            self.decide(home_, recent, recorded, reopens)
            self._lists.put(home_, recent, recorded)
            return
        self._begin(home_, name, danger, recorded)

    def _goes_on(self, alert: Alert) -> bool:
        """Fired again for those alone who attend: are others called if nobody says anything?"""
        return alert.alert_class == 1 and self._books.policy.generation >= GOES_ON_SINCE

    def _begin(self, home_: Household, name: str, danger: Danger, recorded: Recorded) -> None:
        policy, at, event = self._books.policy, recorded.recorded_at, recorded.event
        terms = policy.terms(name, home_.chain_for(CLASSES[name]), home_.home)
        late = at - recorded.at > policy.span("redecoded_told_s")
        if isinstance(event, device.DeviceFact) and event.redecoded and late:
            terms = msgspec.structs.replace(terms, steps=[])  # shown to the operator, told to nobody
        begun, events = lifecycle.begin(
            f"{name}-{recorded.position}",
            "" if home_.home.startswith(SITE) else home_.home,
            home_.site,
            name,
            reason=danger.reason,
            terms=terms,
            device=danger.device,
            lasting=danger.lasting,
            at=at,
            roster=self._books.roster.about(terms.chain.values()),
        )
        home_.alerts[name] = begun
        self._books.owners[begun.id] = home_.home
        self._books.made.about_alert(begun, events, base=0, at=at, meta=caused_by(recorded))
        self._lists.put(home_, begun, recorded)
        self._follow(home_, begun, events, recorded)
        if name == "no_activity":  # in bad air that is more than a silence
            self._look(home_, recorded, name, False)

    def of_site(self, site: str, name: str, reason: dict[str, Any], source: str, recorded: Recorded) -> None:
        """An alert for the operator that belongs to no home."""
        owner = f"{SITE}{site}"
        if owner not in self._books.homes:
            self._books.homes[owner] = Household(owner, site, recorded.at, 0)
        home_ = self._books.homes[owner]
        self._books.touch(home_)
        self.danger(home_, name, Danger(reason, device=source, lasting=False), recorded)

    def nobody_left(self, home_: Household, event: home.ChainExhausted, recorded: Recorded) -> None:
        """Nobody can be told of an open alert of this home: the operator hears it as life-safety, once a round."""
        about = home_.alerts.get(event.danger)
        if about is None or about.id != event.alert or not about.running:
            return  # it has ended meanwhile, or somebody goes
        reason = {"alert": event.alert, "danger": event.danger, "round": event.round, "lost": event.lost}
        self.danger(home_, NOBODY_LEFT, Danger(reason | {"at": recorded.at}, lasting=False), recorded)

    def decide(
        self, home_: Household, alert: Alert, recorded: Recorded, decision: Callable[[Alert], list[Event]]
    ) -> None:
        """Know what lies ahead, decide, and take what follows."""
        self._catch_up(alert, recorded)
        alert.roster = self._books.roster.about(alert.terms.chain.values())
        meta = caused_by(recorded)
        meta["read_to"] = max(meta["read_to"], self._read_to.get(alert.id, 0))
        base, noticed = alert.version, alert.area.noticed if alert.area else 0
        events = decision(alert)
        if events:
            self._books.made.about_alert(alert, events, base=base, at=recorded.recorded_at, meta=meta)
            if alert.area is not None and alert.area.noticed != noticed:
                self._lists.notice(home_, alert, len(alert.area.homes), recorded)
            self._follow(home_, alert, events, recorded)

    def _catch_up(self, alert: Alert, recorded: Recorded) -> bool:
        """Take what is known to lie ahead as if it were read now, and put on record that it was. True: there was some."""
        stream, known = stream_of(alert.id), alert.version
        ahead = [r for r in self._books.ahead.pop(stream, []) if (r.version or 0) > known]
        if not ahead:
            return False
        read_to = self._read_to[alert.id] = ahead[-1].position
        noted = DecisionReadAhead(alert=alert.id, cause=recorded.position, read_to=read_to)
        key, meta = f"ahead-{recorded.position}-{read_to}", {**caused_by(recorded), "read_to": read_to}
        self._books.made.news.append(New(stream, alert.site, noted, recorded.recorded_at, key=key, meta=meta))
        for later in ahead:
            self.told(later)
        return True

    def stopped(self, home_: Household, why: str, recorded: Recorded) -> None:
        """The home is paused or retired."""
        at = recorded.recorded_at
        for alert in list(home_.alerts.values()):
            self.decide(home_, alert, recorded, lambda a: lifecycle.stop(a, why=why, at=at))

    def visited(self, home_: Household, who: str, recorded: Recorded) -> None:
        """Somebody was there: nobody need be sent any more to see whether all is well."""
        at = recorded.recorded_at
        for danger in ("visit_due", "dark_and_quiet"):
            if alert := home_.alerts.get(danger):
                self.decide(home_, alert, recorded, lambda a: lifecycle.visited(a, who=who, at=at))

    def drill(self, home_: Household, event: DrillStarted, recorded: Recorded) -> None:
        """A test is an alert of its own, beside any real one; one that still runs is not begun again."""
        if not home_.watched or DRILL in home_.alerts:
            return
        if (before := home_.recent.pop(DRILL, None)) is not None:
            self._books.owners.pop(before.id, None)
        reason = {"drill": event.drill, "by": event.by, "at": recorded.at}
        self._begin(home_, DRILL, Danger(reason, lasting=False), recorded)

    def drill_summed(self, event: DrillSummed, recorded: Recorded) -> None:
        """Who did not answer is told to the grid member, once."""
        for tell in drill_summed(event, event.site, recorded.recorded_at):
            key = f"tell-{event.drill}-{event.person}"
            new = New(
                f"person-{tell.person}", tell.person, tell, recorded.recorded_at, key=key, meta=caused_by(recorded)
            )
            self._books.made.news.append(new)

    def told(self, recorded: Recorded) -> None:
        """What others said about an alert: people, the planner. Our own was folded when it was decided."""
        if "cause" in recorded.meta and recorded.version is not None:
            return
        event: Any = recorded.event
        owner = self._books.owners.get(event.alert)
        if owner is None:
            return
        home_ = self._books.homes[owner]
        alert = self._books.alert_named(home_, event.alert)
        if alert is None or (recorded.version is not None and recorded.version <= alert.version):
            return  # not ours any more, or read ahead already
        self._books.touch(home_)
        fold(alert, event, recorded.at, recorded.version)
        if recorded.version is not None:
            self._books.made.consequences(
                alert, event, version=recorded.version, at=recorded.recorded_at, meta=caused_by(recorded)
            )
        # Who was only informed moves no step, and for who is on leave whoever took the step has moved it.
        if isinstance(event, message.PersonLost) and event.step and recorded.version is None:
            self.decide(home_, alert, recorded, lambda a: lifecycle.lost(a, recorded.recorded_at))
        self._follow(home_, alert, [event], recorded)

    def rang(self, home_: Household, alert_id: str, recorded: Recorded) -> None:
        """The alert's own timer: the next step, round, question."""
        alert = next((a for a in home_.alerts.values() if a.id == alert_id), None)
        if alert is not None:
            self.decide(home_, alert, recorded, lambda a: wake(a, recorded.recorded_at))
            self._set_timer(home_, alert)

    def _follow(self, home_: Household, alert: Alert, events: list[Event], recorded: Recorded) -> None:
        for event in events:
            if isinstance(event, facts.AlertClosed | facts.AlertCancelled):
                self._ended(home_, alert, event, recorded)
            elif isinstance(event, facts.OutcomeCorrected):
                self._tune(home_, alert, event.outcome, recorded)
        self._set_timer(home_, alert)

    def _set_timer(self, home_: Household, alert: Alert) -> None:
        name, due = f"alert:{alert.id}", next_ring(alert)
        if home_.timers.get(name) != due:
            self._books.set_timer(home_, name, due, waits=False)

    def _ended(
        self, home_: Household, alert: Alert, event: facts.AlertClosed | facts.AlertCancelled, recorded: Recorded
    ) -> None:
        if home_.alerts.get(alert.danger) is not alert:
            return
        self._lists.take_off(home_, alert, recorded)
        replaced = home_.recent.get(alert.danger)
        if replaced is not None:
            self._books.owners.pop(replaced.id, None)
        home_.recent[alert.danger] = home_.alerts.pop(alert.danger)
        if isinstance(event, facts.AlertCancelled):
            self._look(home_, recorded, "cancelled", False)
            return
        beside = home_.alerts.get(NOBODY_LEFT)
        if beside is not None and beside.reason.get("alert") == alert.id:  # its cause is gone: with the same outcome
            same = lambda a: lifecycle.close(  # noqa: E731
                a, outcome=event.outcome, by=event.by, via=event.via, seen_version=None, at=recorded.recorded_at
            )
            self.decide(home_, beside, recorded, same)
        self._tune(home_, alert, event.outcome, recorded)
        out = [source for source in event.out_of_service if source in home_.sensors]  # the others stand elsewhere now
        for source in out:
            home_.sensors[source].out_of_service = True
            self.of_home(home_, home.SensorTakenOutOfService(device=source, home=home_.home, alert=alert.id), recorded)
        if out and "sensor_out_of_service" not in home_.alerts:
            reason = {"devices": out, "alert": alert.id, "at": recorded.at}
            self.danger(home_, "sensor_out_of_service", Danger(reason), recorded)
        if event.outcome in {"hospital", "away_unreported"}:
            until = recorded.at + self._books.policy.span("away.after_closing_s", home_.home)
            self.of_home(home_, home.AwaySet(home=home_.home, by=alert.id, until=until), recorded)
        if alert.danger == "rule_failed" and home_.failed_rules:
            self._mended(home_, recorded)
        self._look(home_, recorded, "closed", alert.danger == "no_activity")

    def _tune(self, home_: Household, alert: Alert, outcome: str, recorded: Recorded) -> None:
        policy = self._books.policy
        if policy.generation < tuning.SINCE_GENERATION:
            return
        task = tuning.closed(home_, alert, outcome, recorded.recorded_at, policy)
        if task is not None:
            self.danger(home_, "tuning", task, recorded)

    def _mended(self, home_: Household, recorded: Recorded) -> None:
        mended = RuleMended(home=home_.home, site=home_.site, rules=home_.failed_rules)
        home_.failed_rules = []
        stream, key = f"home-{home_.home}", f"mended-{recorded.position}"
        self._books.made.news.append(
            New(stream, home_.site, mended, recorded.recorded_at, key=key, meta=caused_by(recorded))
        )

    def of_home(self, home_: Household, event: Event, recorded: Recorded) -> None:
        """A decision of ours about the home: recorded, folded, and its rules told."""
        for later in self._books.ahead.pop(f"home-{home_.home}", []):
            home_.version = max(home_.version, later.version or 0)
        self._books.made.about_home(home_, event, at=recorded.recorded_at, meta=caused_by(recorded))
        change = self._books.registrations.apply(home_, event, recorded.recorded_at, recorded.recorded_at)
        if change is not None:
            self._look(home_, recorded, *change)
