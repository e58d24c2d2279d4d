"""The engine: reads the log by site, knows each home, and turns facts into alerts and requests to tell people.

It decides on what it has folded; the facts it decided, its bookmark and the state of the homes it touched commit in one
transaction. When somebody else decided on the same alert first, it forgets, reads on and decides again.
"""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection

from alerts.core import edges, lifecycle, stray
from alerts.core.alert import Alert, fold, stream_of
from alerts.core.edges import SignOfLifeSeen
from alerts.core.escalation import next_due, wake
from alerts.core.household import Household, Sensor
from alerts.core.policy import Policy
from alerts.core.rule import Danger, DeadlineReached, HomeChanged, Rule, Seen, Verdict
from alerts.core.rules import BY_NAME, LISTENERS
from alerts.decisions import Decisions
from alerts.registrations import Registrations
from alerts.timers import Timer, set_timers
from events.database import Database
from events.follow import Follower, bookmark, load_snapshots, save_bookmark, save_snapshots
from events.serial import Recorded
from events.store import New, VersionConflict, append, read_stream
from events.types import alert as alert_facts
from events.types import device, home, message, setting, system
from events.types.fact import SECOND, Event

READER = "engine"
log = logging.getLogger("shouwang.engine")

_SAVE_EVERY_FACTS = 20_000
_ALERT_FACTS = frozenset(
    {cls for cls in vars(alert_facts).values() if isinstance(cls, type) and issubclass(cls, Event) and cls is not Event}
    | {message.PersonTold, message.PersonLost}
)
_pack = msgspec.msgpack.Encoder().encode
_unpack_home = msgspec.msgpack.Decoder(Household).decode
_unpack_policy = msgspec.msgpack.Decoder(Policy).decode
_LISTENED = frozenset(LISTENERS)


class Engine:
    """One reader of all lanes. Only one thread may call it."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database, self._now = database, now
        self.follower = Follower(database, READER)
        self._ahead: dict[str, list[Recorded]] = {}
        self._load()

    def _load(self) -> None:
        self.policy = Policy()
        self.homes: dict[str, Household] = {}
        with self._database.read() as db:
            self.follower.position = bookmark(db, READER)
            for owner, state in load_snapshots(db, READER):
                if owner == "policy":
                    self.policy = _unpack_policy(state)
                else:
                    self.homes[owner] = _unpack_home(state)
        self._registrations = Registrations(self.homes)
        self._owners = {
            alert.id: owner
            for owner, home in self.homes.items()
            for alert in [*home.alerts.values(), *home.recent.values()]
        }
        self._made = Decisions()
        self._unseen: set[str] = set()
        self._facts_since_save = 0
        self._saved_at = self._now()

    def step(self, timeout: float = 0.25, limit: int = 1000) -> int:
        """Read on once and commit what follows from it. Returns how many facts were read."""
        batch = self.follower.next(limit=limit, timeout=timeout)
        for recorded in batch:
            self._take(recorded)
        self._look_again()
        self._facts_since_save += len(batch)
        idle_save = self._facts_since_save and self._now() >= self._saved_at + SECOND
        if self._made.urgent or idle_save or self._facts_since_save >= _SAVE_EVERY_FACTS:
            self.commit()
        return len(batch)

    def commit(self) -> None:
        """Facts decided, timers, states of homes touched and the bookmark, together or not at all."""
        made, position, at = self._made, self.follower.position, self._now()
        states: dict[str, bytes | None] = {o: _pack(self.homes[o]) for o in made.touched if o != "policy"}
        if "policy" in made.touched:
            states["policy"] = _pack(self.policy)

        def work(db: Connection) -> None:
            append(db, made.news, recorded_at=at, after=made.after)
            set_timers(db, made.timers)
            save_snapshots(db, READER, states)
            save_bookmark(db, READER, position)

        try:
            self._database.write(work)
        except VersionConflict as conflict:
            self._read_ahead(conflict)
            return
        self._made = Decisions()
        self._ahead.clear()
        self._facts_since_save, self._saved_at = 0, at

    def _read_ahead(self, conflict: VersionConflict) -> None:
        """Somebody decided first: forget, and when deciding on that stream again, know what they decided."""
        log.info("deciding again: %s", conflict)
        ahead = self._ahead
        with self._database.read() as db:
            ahead[conflict.stream] = [r for r in read_stream(db, conflict.stream) if r.version is not None]
        self._load()
        self._ahead = ahead

    def _take(self, recorded: Recorded) -> None:
        event = recorded.event
        kind = type(event)
        if isinstance(event, device.DeviceFact):
            self._device_fact(recorded, event)
        elif kind in _ALERT_FACTS:
            self._alert_fact(recorded)
        elif isinstance(event, system.DeadlinePassed):
            self._deadline(recorded, event)
        elif kind in Registrations.HEARS:
            self._registration(recorded)
        elif isinstance(event, setting.SettingChanged):
            self.policy.fold(event)
            self._made.touched.add("policy")
            if event.scope in self.homes:
                self._changed(self.homes[event.scope], recorded, "setting")
        elif isinstance(event, system.IngestCaughtUp):
            for home_ in self.homes.values():
                home_.deaf(event.since, recorded.at)
                self._touch(home_)
                self._unseen.add(home_.home)
        elif isinstance(event, system.ReadingQuarantined) and event.danger:
            reason = {
                "device": event.device,
                "danger": event.danger,
                "quarantine": event.quarantine,
                "why": event.reason,
            }
            self._operator_only("unknown_device_alarm", event.site, recorded, reason, device=event.device)

    # -- facts of devices

    def _device_fact(self, recorded: Recorded, event: device.DeviceFact) -> None:
        found = self._registrations.place(event.device, recorded.at, alarm=getattr(event, "alarm", False))
        if found is None:
            return
        home_, sensor = found
        self._touch(home_)
        try:
            sign = self._note(home_, sensor, recorded, event)
        except Exception as failure:
            self._rule_failed(home_, "edges", recorded, failure)
            sign = None
        kind = type(event)
        if kind in _LISTENED:
            seen = Seen(recorded.at, recorded.recorded_at, event)
            for rule in LISTENERS[kind]:
                self._watch(home_, rule, seen, recorded)
        if isinstance(event, device.ButtonPressed):
            self._button(home_, event, recorded)
        if sign is not None:
            self._sign(home_, sign, recorded)

    def _note(
        self, home_: Household, sensor: Sensor, recorded: Recorded, event: device.DeviceFact
    ) -> SignOfLifeSeen | None:
        if isinstance(event, device.DeviceStatusReported):
            if event.state == "offline":
                home_.end_lease(sensor, recorded.recorded_at)
            elif not event.retained and home_.hear(sensor, recorded.recorded_at):
                self._unseen.add(home_.home)
            return None
        if isinstance(event, device.ReadingsGapOpened | device.ReadingsGapClosed | device.ReadingConflicted):
            return None
        if isinstance(event, device.HeartbeatReceived) and event.interval_s:
            sensor.interval = int(event.interval_s * SECOND)
        if event.backfilled or (not event.retained and home_.hear(sensor, recorded.recorded_at)):
            self._unseen.add(home_.home)
        return edges.note(home_, sensor, event, recorded.at)

    def _sign(self, home_: Household, sign: SignOfLifeSeen, recorded: Recorded) -> None:
        if sign.deliberate:
            when = [(recorded.at, sign.device)]
        else:
            when = stray.counted(home_, sign, recorded.at, self.policy)
            for alert in list(home_.alerts.values()):
                if alert.alert_class <= 2 and not sign.backfilled:
                    self._decide(
                        home_, alert, recorded, lambda a: lifecycle.notice(a, sign.device, recorded.recorded_at)
                    )
        if when:
            at, source = max(when)
            known = SignOfLifeSeen(
                device=source, kind=sign.kind, deliberate=sign.deliberate, backfilled=sign.backfilled
            )
            seen = Seen(at, recorded.recorded_at, known)
            for rule in LISTENERS[SignOfLifeSeen]:
                self._watch(home_, rule, seen, recorded)

    def _button(self, home_: Household, event: device.ButtonPressed, recorded: Recorded) -> None:
        """What the elder says with the button, beyond SOS and help: it was a mistake, I am away, I am home."""
        if event.retained or event.history:
            return
        at, action = recorded.recorded_at, event.action
        for alert in list(home_.alerts.values()):
            if alert.status == "suspected" and not event.backfilled:
                self._decide(home_, alert, recorded, lambda a: lifecycle.cancel(a, by="elder", why=action, at=at))
            elif action == "cancel" and alert.status == "raised" and alert.alert_class <= 2:
                self._decide(home_, alert, recorded, lambda a: lifecycle.cancel_pressed(a, at))
        if action == "away":
            until = recorded.at + self.policy.span("away.most_s", home_.home)
            self._home_fact(home_, home.AwaySet(home=home_.home, by="elder", until=until), recorded)
        elif action == "home" and home_.away_since is not None:
            self._home_fact(home_, home.AwayEnded(home=home_.home, by="elder"), recorded)

    # -- rules

    def _watch(self, home_: Household, rule: Rule, seen: Seen, recorded: Recorded) -> None:
        try:
            verdict = rule.watch(home_.memory.get(rule.name, {}), seen, home_, self.policy)
        except Exception as failure:
            self._rule_failed(home_, rule.name, recorded, failure)
            return
        if verdict is not None:
            self._follow(home_, rule, verdict, recorded)

    def _follow(self, home_: Household, rule: Rule, verdict: Verdict, recorded: Recorded) -> None:
        if verdict.state:
            home_.memory[rule.name] = verdict.state
        alert = home_.alerts.get(rule.danger)
        at = recorded.recorded_at
        if verdict.back_in_service:
            back = home.SensorBackInService(device=verdict.back_in_service, home=home_.home)
            self._home_fact(home_, back, recorded)
            task = home_.alerts.get("sensor_out_of_service")
            if task is not None:
                self._decide(home_, task, recorded, lambda a: lifecycle.clear(a, reason={}, at=at))
        if alert is not None and verdict.cancel:
            why = verdict.cancel
            self._decide(home_, alert, recorded, lambda a: lifecycle.cancel(a, by="elder", why=why, at=at))
        if alert is not None and verdict.cleared is not None:
            reason = verdict.cleared.reason
            self._decide(home_, alert, recorded, lambda a: lifecycle.clear(a, reason=reason, at=at))
        if verdict.danger is not None and home_.watched:
            self._danger(home_, rule.danger, verdict.danger, recorded)
        if verdict.wake_at is not None:
            self._set_timer(home_, f"rule:{rule.name}", verdict.wake_at, waits=rule.waits_for_hearing)

    def _danger(self, home_: Household, name: str, danger: Danger, recorded: Recorded) -> None:
        at, reason, device_id = recorded.recorded_at, danger.reason, danger.device
        alert = home_.alerts.get(name)
        if alert is not None:
            if alert.alert_class <= 2 or not alert.lasting:
                self._decide(
                    home_, alert, recorded,
                    lambda a: lifecycle.fire_again(a, device=device_id, reason=reason, at=at),
                )  # fmt: skip
            return
        recent = home_.recent.get(name)
        if recent is not None and lifecycle.can_reopen(recent, at):
            home_.alerts[name] = home_.recent.pop(name)
            self._decide(home_, recent, recorded, lambda a: lifecycle.reopen(a, device=device_id, reason=reason, at=at))
            return
        terms = self.policy.terms(name, home_.chain, home_.home)
        event = recorded.event
        late = at - recorded.at > self.policy.span("redecoded_told_s")
        if isinstance(event, device.DeviceFact) and event.redecoded and late:
            terms = msgspec.structs.replace(terms, steps=[])
        begun, events = lifecycle.begin(
            f"{name}-{recorded.position}", "" if home_.home.startswith("site:") else home_.home, home_.site, name,
            reason=reason, terms=terms, device=device_id, lasting=danger.lasting, at=at,
        )  # fmt: skip
        home_.alerts[name] = begun
        self._owners[begun.id] = home_.home
        self._made.about_alert(begun, events, base=0, at=at, meta=_meta(recorded))
        self._after_deciding(home_, begun, events, recorded)

    def _rule_failed(self, home_: Household, rule: str, recorded: Recorded, failure: Exception) -> None:
        """A rule that raises ends nothing: it is recorded, the home shown as not protected, the operator alarmed."""
        log.error("rule %s failed at %d", rule, recorded.position, exc_info=failure)
        if rule in home_.failed_rules:
            return
        home_.failed_rules = [*home_.failed_rules, rule]
        error = f"{type(failure).__name__}: {failure}"[:200]
        failed = system.RuleFailed(home=home_.home, site=home_.site, rule=rule, position=recorded.position, error=error)
        key = f"failed-{rule}-{recorded.position}"
        stream = f"home-{home_.home}"
        self._made.news.append(New(stream, home_.site, failed, recorded.recorded_at, key=key, meta=_meta(recorded)))
        if "rule_failed" not in home_.alerts:
            reason = {"rule": rule, "error": error, "at": recorded.at}
            self._danger(home_, "rule_failed", Danger(reason, lasting=False), recorded)

    def _operator_only(
        self, name: str, site: str, recorded: Recorded, reason: dict[str, Any], *, device: str = ""
    ) -> None:
        owner = f"site:{site}"
        if owner not in self.homes:
            self.homes[owner] = Household(owner, site, recorded.at, 0)
        self._touch(self.homes[owner])
        self._danger(self.homes[owner], name, Danger(reason, device=device, lasting=False), recorded)

    # -- alerts

    def _alert_fact(self, recorded: Recorded) -> None:
        """What others said about an alert: people, the planner. Our own came into being folded."""
        if "cause" in recorded.meta and recorded.version is not None:
            return
        event: Any = recorded.event
        owner = self._owners.get(event.alert)
        if owner is None:
            return
        home_ = self.homes[owner]
        alert = next((a for a in [*home_.alerts.values(), *home_.recent.values()] if a.id == event.alert), None)
        if alert is None:
            return
        self._touch(home_)
        fold(alert, event, recorded.at, recorded.version)
        if recorded.version is not None:
            self._made.consequences(
                alert, event, version=recorded.version, at=recorded.recorded_at, meta=_meta(recorded)
            )
        if isinstance(event, message.PersonLost) and event.step:  # who was only informed moves no step
            self._decide(home_, alert, recorded, lambda a: lifecycle.lost(a, recorded.recorded_at))
        self._after_deciding(home_, alert, [event], recorded)

    def _decide(
        self, home_: Household, alert: Alert, recorded: Recorded, decision: Callable[[Alert], list[Event]]
    ) -> None:
        """Fold in what is known to lie ahead, decide, and take the consequences."""
        meta = _meta(recorded)
        for later in self._ahead.pop(stream_of(alert.id), []):
            fold(alert, later.event, later.at, later.version)
            meta["read_to"] = max(meta["read_to"], later.position)
        base = alert.version
        events = decision(alert)
        if not events:
            return
        self._made.about_alert(alert, events, base=base, at=recorded.recorded_at, meta=meta)
        self._after_deciding(home_, alert, events, recorded)

    def _after_deciding(self, home_: Household, alert: Alert, events: list[Event], recorded: Recorded) -> None:
        for event in events:
            if isinstance(event, alert_facts.AlertClosed | alert_facts.AlertCancelled):
                self._ended(home_, alert, event, recorded)
        self._set_alert_timer(home_, alert)

    def _ended(
        self, home_: Household, alert: Alert, event: alert_facts.AlertClosed | alert_facts.AlertCancelled,
        recorded: Recorded,
    ) -> None:  # fmt: skip
        if home_.alerts.get(alert.danger) is not alert:
            return
        home_.recent[alert.danger] = home_.alerts.pop(alert.danger)
        if isinstance(event, alert_facts.AlertCancelled):
            self._changed(home_, recorded, "cancelled")
            return
        for device_id in event.out_of_service:
            if sensor := home_.sensors.get(device_id):
                sensor.out_of_service = True
            taken = home.SensorTakenOutOfService(device=device_id, home=home_.home, alert=alert.id)
            self._home_fact(home_, taken, recorded)
        if event.out_of_service and "sensor_out_of_service" not in home_.alerts:
            reason = {"devices": list(event.out_of_service), "alert": alert.id, "at": recorded.at}
            self._danger(home_, "sensor_out_of_service", Danger(reason), recorded)
        if event.outcome in {"hospital", "away_unreported"}:
            until = recorded.at + self.policy.span("away.after_closing_s", home_.home)
            self._home_fact(home_, home.AwaySet(home=home_.home, by=alert.id, until=until), recorded)
        if alert.danger == "rule_failed":
            home_.failed_rules = []
        self._changed(home_, recorded, "closed", restart=alert.danger == "no_activity")

    def _set_alert_timer(self, home_: Household, alert: Alert) -> None:
        name, due = f"alert:{alert.id}", next_due(alert)
        if home_.timers.get(name) != due:
            self._write_timer(home_, name, due, waits=False)

    # -- time and registration

    def _deadline(self, recorded: Recorded, event: system.DeadlinePassed) -> None:
        home_ = self.homes.get(event.owner)
        if home_ is None:
            return
        self._touch(home_)
        home_.timers.pop(event.timer, None)
        kind, _, name = event.timer.partition(":")
        if kind == "rule" and name in BY_NAME:
            seen = Seen(event.due, recorded.recorded_at, DeadlineReached(due=event.due))
            self._watch(home_, BY_NAME[name], seen, recorded)
        elif kind == "alert":
            alert = next((a for a in home_.alerts.values() if a.id == name), None)
            if alert is not None:
                self._decide(home_, alert, recorded, lambda a: wake(a, recorded.recorded_at))
                self._set_alert_timer(home_, alert)

    def _registration(self, recorded: Recorded) -> None:
        if "cause" in recorded.meta:
            return
        change = self._registrations.fold(recorded)
        if change is None:
            return
        home_, why, restart = change
        self._touch(home_)
        self._changed(home_, recorded, why, restart=restart)

    def _home_fact(self, home_: Household, event: Event, recorded: Recorded) -> None:
        """A decision of ours about the home: recorded, folded, and its rules told."""
        for later in self._ahead.pop(f"home-{home_.home}", []):
            home_.version = max(home_.version, later.version or 0)
        self._made.about_home(home_, event, at=recorded.recorded_at, meta=_meta(recorded))
        change = self._registrations.apply(home_, event, recorded.recorded_at, recorded.recorded_at)
        if change is not None:
            self._changed(home_, recorded, change[0], restart=change[1])

    def _changed(self, home_: Household, recorded: Recorded, why: str, *, restart: bool = False) -> None:
        seen = Seen(recorded.at, recorded.recorded_at, HomeChanged(why=why, restart=restart))
        for rule in LISTENERS[HomeChanged]:
            self._watch(home_, rule, seen, recorded)

    def _look_again(self) -> None:
        """Homes seen anew, or seen in their past, may have a deadline now. Sets timers, decides nothing."""
        if not self._unseen:
            return
        at = self._now()
        for owner in self._unseen:
            home_ = self.homes[owner]
            seen = Seen(at, at, HomeChanged(why="seen_again"))
            for rule in LISTENERS[HomeChanged]:
                try:
                    verdict = rule.watch(home_.memory.get(rule.name, {}), seen, home_, self.policy)
                except Exception:  # the same rule fails, and is recorded, at the next fact
                    log.exception("rule %s failed looking again", rule.name)
                    continue
                if verdict is not None and verdict.wake_at is not None:
                    self._set_timer(home_, f"rule:{rule.name}", verdict.wake_at, waits=rule.waits_for_hearing)
        self._unseen.clear()

    def _set_timer(self, home_: Household, name: str, due: int, *, waits: bool) -> None:
        """A row is not rewritten for each fact: only when it must ring earlier."""
        known = home_.timers.get(name)
        if known is None or due < known:
            self._write_timer(home_, name, due, waits=waits)

    def _write_timer(self, home_: Household, name: str, due: int | None, *, waits: bool) -> None:
        if due is None:
            home_.timers.pop(name, None)
        else:
            home_.timers[name] = due
        self._made.timers[home_.home, name] = Timer(home_.site, due, waits)

    def _touch(self, home_: Household) -> None:
        self._made.touched.add(home_.home)


def _meta(recorded: Recorded) -> dict[str, Any]:
    return {"cause": recorded.position, "read_to": recorded.position}
