"""One alert and everything that can happen to it, in any order; what must hold is looked at after every move."""

import random
from typing import Any

import msgspec

from alerts.core import lifecycle
from alerts.core.alert import Alert, fold
from alerts.core.escalation import next_due, wake
from alerts.core.policy import LESSER_OUTCOMES, OUTCOMES, Policy
from alerts.core.refusals import (
    AlertAlreadyClosed,
    ConditionStillActive,
    NotInThisState,
    OutcomeNotAllowed,
    StaleView,
)
from events.types import alert as facts
from events.types.fact import HOUR, MINUTE, SECOND, Event
from events.types.message import PersonLost, PersonTold

START = 1_800_000_000 * SECOND
CHAIN = {"watcher": ["w1"], "second_watcher": ["w2"], "grid_member": ["g1"], "village": ["v1"], "town": ["t1", "t2"]}
SPARSE = {"watcher": ["w1"], "second_watcher": [], "grid_member": [], "village": [], "town": []}
PEOPLE = ["w1", "w2", "g1", "v1", "t1", "t2", "user-x"]
REFUSALS = (AlertAlreadyClosed, ConditionStillActive, NotInThisState, OutcomeNotAllowed, StaleView)
pack = msgspec.msgpack.Encoder(order="deterministic").encode

Entry = tuple[Event, int, int | None]


class Life:
    """One alert, the log of its stream, and the moves that can be made."""

    def __init__(self, danger: str, chain: dict[str, list[str]], *, lasting: bool = True) -> None:
        self.at = START
        self.log: list[Entry] = []
        self.alert, events = lifecycle.begin(
            f"{danger}-1", "dp03-12", "dp03", danger, reason={"at": START}, terms=Policy().terms(danger, chain, "dp03-12"),
            device="dp03/co-1", lasting=lasting, at=self.at,
        )  # fmt: skip
        self.alert_class = self.alert.alert_class
        self._land(events, 0)

    def _land(self, events: list[Event], base: int) -> None:
        for version, event in enumerate(events, base + 1):
            self.log.append((event, self.at, version))
        assert self.alert.version == base + len(events), "one version an event, none left out"
        if base and not was_open(self.log, base):
            assert not any(isinstance(e, facts.StepTaken | facts.RoundStarted) for e in events) or any(
                isinstance(e, facts.AlertReopened) for e in events
            ), "a closed alert takes no step"
        self.holds()

    def decides(self, decision: Any) -> list[Event]:
        base, before = self.alert.version, pack(self.alert)
        try:
            events: list[Event] = decision(self.alert)
        except REFUSALS:
            assert pack(self.alert) == before, "who is refused changes nothing"
            return []
        self._land(events, base)
        return events

    def hears(self, event: Event) -> None:
        """The planner's word: a fact without a version."""
        fold(self.alert, event, self.at, None)
        self.log.append((event, self.at, None))
        self.holds()

    def moves(self, move: str, n: int) -> None:
        who, at = PEOPLE[n % len(PEOPLE)], self.at
        device = f"dp03/co-{n % 3}"
        told = {"alert": self.alert.id, "round": self.alert.round, "step": 1 + n % 3, "person": who}
        match move:
            case "due":
                due = next_due(self.alert)
                if due is not None:
                    self.at = max(self.at, due)
                self.decides(lambda a: wake(a, self.at))
            case "waits":
                self.at += (n % 40) * MINUTE + n % 7 * SECOND
                self.decides(lambda a: wake(a, self.at))
            case "soon":
                self.at += n % 5 * MINUTE
                self.decides(lambda a: wake(a, self.at))
            case "again":
                self.moves("clear", n)
                self.moves("soon", n)
                self.moves("fire_again", n)
            case "standstill":
                self.at += (n % 50) * HOUR
                self.decides(lambda a: wake(a, self.at))
            case "acknowledge":
                self.decides(lambda a: lifecycle.acknowledge(a, by=who, via="console", at=at))
            case "en_route":
                self.decides(lambda a: lifecycle.en_route(a, who=who, by=who, via="sms", at=at))
            case "arrived":
                self.decides(lambda a: lifecycle.arrived(a, who=who, by=who, via="sms", at=at))
            case "declined":
                self.decides(lambda a: lifecycle.declined(a, who=who, by=who, via="sms", at=at))
            case "stand_down":
                self.decides(lambda a: lifecycle.stand_down(a, who=who, by="user:x", at=at))
            case "need_help":
                self.decides(lambda a: lifecycle.need_help(a, who=who, via="sms", at=at))
            case "propose":
                action = ["safe", "false_alarm", "away"][n % 3]
                self.decides(lambda a: lifecycle.propose(a, action=action, who=who, via="sms", at=at))
            case "escalate":
                self.decides(lambda a: lifecycle.escalate_now(a, at=at))
            case "fire_again" if self.alert.open:
                self.decides(lambda a: lifecycle.fire_again(a, device=device, reason={"n": n}, at=at))
            case "fire_again" if lifecycle.can_reopen(self.alert, at):
                self.decides(lambda a: lifecycle.reopen(a, device=device, reason={"n": n}, at=at))
            case "clear":
                self.decides(lambda a: lifecycle.clear(a, reason={}, at=at))
            case "cancel":
                self.decides(lambda a: lifecycle.cancel(a, by="elder", why="cancel", at=at))
                self.decides(lambda a: lifecycle.cancel_pressed(a, at))
            case "notice":
                self.decides(lambda a: lifecycle.notice(a, device, at))
            case "close":
                outcome = [*OUTCOMES, *LESSER_OUTCOMES][n % 12]
                seen = None if n % 2 else self.alert.version
                self.decides(
                    lambda a: lifecycle.close(a, outcome=outcome, by=who, via="console", seen_version=seen, at=at)
                )
            case "correct":
                outcome = OUTCOMES[n % len(OUTCOMES)]
                self.decides(lambda a: lifecycle.correct_outcome(a, outcome=outcome, by=who, reason="t1", at=at))
            case "death":
                self.decides(lambda a: lifecycle.confirm_death(a, by=who, at=at))
            case "undo_death":
                self.decides(lambda a: lifecycle.undo_death(a, by=who, at=at))
            case "told":
                state = ["planned", "sent", "delivered"][n % 3]
                self.hears(PersonTold(**told, channel="sms", state=state, message=f"m{n}"))
            case "lost":
                self.hears(PersonLost(**told, why="failed"))
                self.decides(lambda a: lifecycle.lost(a, at))

    def holds(self) -> None:
        """What is true of every alert at every moment."""
        alert = self.alert
        assert alert.alert_class == self.alert_class, "severity never falls"
        due = next_due(alert)
        if not alert.open:
            assert due is None
            assert not alert.running
        elif alert.terms.steps:
            assert due is not None, f"escalation ends in silence after {type(self.log[-1][0]).__name__}"
        if alert.status == "raised" and alert.alert_class <= 2 and not alert.attended(self.at):
            there = alert.there_since()
            overdue = [r for r in alert.responders if r.here and r.arrived_at is None and r.overdue_from]
            assert alert.running or there is not None or overdue, "nobody attends and the steps stand still"
        if alert.closed_at is not None:
            assert alert.status in {"closed", "cancelled"}


def was_open(log: list[Entry], version: int) -> bool:
    """Was the alert open after this version?"""
    state: Alert | None = None
    for event, at, number in log:
        if number is not None and number > version:
            break
        state = fold(state, event, at, number)
    return state is not None and state.open


def refolded(log: list[Entry]) -> Alert:
    state: Alert | None = None
    for event, at, version in log:
        state = fold(state, event, at, version)
    assert state is not None
    return state


MOVES = [
    "due", "waits", "soon", "soon", "again", "again", "again", "standstill", "acknowledge", "en_route", "arrived", "declined", "stand_down", "need_help", "propose",
    "escalate", "fire_again", "fire_again", "clear", "clear", "cancel", "notice", "close", "correct", "death",
    "undo_death", "told", "lost",
]  # fmt: skip
DANGERS = ["carbon_monoxide", "sos", "no_activity", "help", "dark_and_quiet", "device_silent"]


def lives(danger: str, chain: dict[str, list[str]], moves: list[tuple[str, int]]) -> Life:
    life = Life(danger, chain, lasting=danger not in {"sos", "help"})
    for move, n in moves:
        life.moves(move, n)
    return life


def random_moves(seed: int, count: int) -> list[tuple[str, int]]:
    chance = random.Random(seed)
    return [(chance.choice(MOVES), chance.randrange(10_000)) for _ in range(count)]
