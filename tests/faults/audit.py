"""The judgement after a round, from the devices' and the provider's own books: nothing lost, nothing twice, everybody told."""

import re
import time
from collections import Counter
from typing import Any
from urllib.parse import unquote

from sqlalchemy import func, select

from alerts import letters
from alerts.auditing.auditor import Auditor
from alerts.auditing.promises import Promises
from alerts.core.telling import NEVER_TOLD
from alerts.notify.outbox import OutboxRow, outbox, row_of
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.database import Database
from events.serial import Recorded
from events.tables import quarantine
from events.types import alert as facts
from events.types import message, system
from events.types.device import DeviceFact, ReadingsGapClosed, ReadingsGapOpened
from events.types.fact import SECOND
from tests.faults.crowd import Crowd
from tests.faults.draining import drain
from tests.faults.rebuilding import compare, pages
from tests.faults.round import Outcome
from tests.faults.service import Service

_FEW = 5
_TAKEN = range(200, 300)
_SETTLED = frozenset({"sent", "delivered", "failed", "overtaken"})
_STEP_LATE = 10 * SECOND
"""Of a step that is due while nobody does anything to the service; a round's own faults are over by then."""


def audit(
    service: Service, crowd: Crowd, *, ambiguous: int = 0, quarantined: int | None = 0, within_s: float = 60.0
) -> Outcome:
    """Wait until all queues are empty, stop the service, and hold its log against what devices and provider know.

    `ambiguous`: answers of the provider that were lost or said nothing certain, so many SMS may be sent twice.
    `quarantined`: how many messages must lie in quarantine; None: any number.
    """
    outcome = Outcome()
    settled = crowd.falls_silent()
    took, left = drain(service, crowd, within_s)
    outcome.failures += left
    if not settled:
        outcome.failures.append(f"{crowd.waiting} messages of devices were never acknowledged by the broker")
    with service.memory() as database:  # while it runs: that it hears is a part of it
        found = [*Auditor(database, lambda: time.time_ns() // 1000).look().findings]
        found += Promises(database).look(time.time_ns() // 1000)
        outcome.failures += [f"shouwang check: {each.en} {list(each.positions)}" for each in found if each.grave]
    service.stop()
    stopped = time.time_ns() // 1000
    if service.process is not None and service.process.returncode != 0:
        outcome.failures.append(f"the service did not stop in order: exit code {service.process.returncode}")
    if asking := re.search(r"rule \w+ asks for \d+ again", service.says(1_000_000_000)):
        outcome.failures.append(f"without an end: {asking[0]}")
    with service.memory() as database:
        log = Log(whole=settled)
        outcome.failures += compare(service.ground.folder / "rebuilt.db", pages(database, log.take))
        log.readings(crowd, outcome, drained=not left)
        log.alarms(crowd, stopped, outcome)
        log.messages(database, service, ambiguous, outcome)
        log.replies(service, outcome)
        again = verify(DatabaseLog(database))
        outcome.failures += [f"shouwang verify: decided again, it differs: {each}" for each in again.differences[:_FEW]]
        outcome.figures["decided_again_alike"] = again.decisions
        with database.read() as db:
            kept = int(db.execute(select(func.count()).select_from(quarantine)).scalar() or 0)
        if quarantined is not None and kept != quarantined:
            outcome.failures.append(f"{kept} messages lie in quarantine, {quarantined} should")
    outcome.figures["drained_s"] = round(took, 1)
    return outcome


class Log:
    """What the whole log says, gathered in one pass. `whole`: everything devices said was acknowledged."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._readings: Counter[tuple[str, str]] = Counter()
        self._gaps: Counter[tuple[str, str, int, int]] = Counter()
        self._raised: dict[tuple[str, str], Recorded] = {}
        self._steps: dict[str, set[tuple[int, int]]] = {}
        self._answered: set[str] = set()
        self._tells: dict[int, message.TellRequested] = {}
        self._planned: dict[str, message.MessagePlanned] = {}
        self._lost: set[tuple[str, int, int, str]] = set()
        self._sent: dict[str, list[message.MessageSent]] = {}
        self._replies: Counter[str] = Counter()
        self._broken: list[str] = []
        self.facts = 0

    def take(self, recorded: Recorded) -> None:
        """One fact, in order."""
        self.facts += 1
        match recorded.event:
            case ReadingsGapOpened(device=device, bootid=boot, first=first, last=last):
                self._gaps[device, boot, first, last] += 1
            case ReadingsGapClosed(device=device, bootid=boot, first=first, last=last):
                self._gaps[device, boot, first, last] -= 1
            case DeviceFact(device=device) if recorded.key and not recorded.key.startswith("~"):
                self._readings[device, recorded.key] += 1
            # Without a home it is for the operator alone, and some are tasks that nobody is sent a message about.
            case facts.AlertRaised(home=home, danger=danger) if home and danger not in NEVER_TOLD:
                self._raised[home, danger] = recorded
            case message.PersonTold(state="known", alert=alert, round=round_, step=step, person=person):
                self._lost.add((alert, round_, step, person))  # told of it with another incident
            case facts.StepTaken(alert=alert, round=round_, step=step):
                self._steps.setdefault(alert, set()).add((round_, step))
            case facts.ResponderEnRoute(alert=alert) | facts.AlertClosed(alert=alert):
                self._answered.add(alert)
            case message.TellRequested() as tell:
                self._tells[recorded.position] = tell
            case message.MessagePlanned(message=name) as planned:
                if name in self._planned:
                    self._broken.append(f"message {name} was planned twice")
                self._planned[name] = planned
            case message.PersonLost(alert=alert, round=round_, step=step, person=person):
                self._lost.add((alert, round_, step, person))
            case message.ReplyReceived(provider_id=name):
                self._replies[name] += 1
            case message.MessageSent(message=name) as sent:
                self._sent.setdefault(name, []).append(sent)
            case system.RuleFailed() | system.PlannerFailed() as failed:
                self._broken.append(f"a rule or plan failed at {recorded.position}: {failed}")

    def readings(self, crowd: Crowd, outcome: Outcome, *, drained: bool = True) -> None:
        """Every acknowledged one is there once; nothing is there that nobody said. Undrained, the broker may have the rest."""
        there = self._readings.keys()
        lost, doubled = crowd.acknowledged - there, [key for key, times in self._readings.items() if times > 1]
        unsaid = there - crowd.said
        outcome.figures |= {
            "said": len(crowd.said), "acknowledged": len(crowd.acknowledged), "in_the_log": len(there),
            ("lost" if drained else "not_in_the_log_yet"): len(lost), "doubled": len(doubled),
        }  # fmt: skip
        for what, found in (
            (f"acknowledged readings are not in the log{'' if drained else ' yet'}", sorted(lost)),
            ("readings are in the log more than once", doubled),
            ("readings are in the log that nobody sent", sorted(unsaid)),
            ("holes in the numbers of a device stay open", [g for g, n in self._gaps.items() if n and self._whole]),
        ):
            if found:
                outcome.failures.append(f"{len(found)} {what}, the first: {found[:_FEW]}")
        outcome.failures += self._broken[:_FEW]

    def alarms(self, crowd: Crowd, until: int, outcome: Outcome) -> None:
        """Each acknowledged alarm raised its alert, nothing else did, and no step that was due is missing."""
        owed = {(f"h{alarm.home}", alarm.danger) for alarm in crowd.alarms if crowd.has(alarm)}
        said = {(f"h{alarm.home}", alarm.danger) for alarm in crowd.alarms}
        unraised, unasked = sorted(owed - self._raised.keys()), sorted(self._raised.keys() - said)
        if unraised:
            outcome.failures.append(f"{len(unraised)} alarms raised no alert, the first: {unraised[:_FEW]}")
        if unasked:
            outcome.failures.append(f"{len(unasked)} alerts nobody gave cause for, the first: {unasked[:_FEW]}")
        outcome.figures |= {"alarms": len(crowd.alarms), "alerts": len(self._raised)}
        missing = []
        for record in self._raised.values():
            raised: Any = record.event
            if raised.alert in self._answered:
                continue
            taken = self._steps.get(raised.alert, set())
            for number, step in enumerate(raised.terms.steps, 1):
                if record.recorded_at + step.after_s * SECOND < until - _STEP_LATE and (1, number) not in taken:
                    missing.append((raised.alert, number))
        if missing:
            outcome.failures.append(f"{len(missing)} steps were due and not taken, the first: {missing[:_FEW]}")

    def messages(self, database: Database, service: Service, ambiguous: int, outcome: Outcome) -> None:
        """Everybody who had to be told was, by the provider's own book; and nobody without need."""
        planned_for = {planned.tell for planned in self._planned.values()}
        untold = [
            (tell.alert, tell.person) for position, tell in self._tells.items()
            if position not in planned_for and (tell.alert, tell.round, tell.step, tell.person) not in self._lost
        ]  # fmt: skip
        with database.read() as db:
            rows = {row.message: row_of(row) for row in db.execute(select(outbox))}
            numbers = {row.phone: letters.number_of(db, row.phone) for row in rows.values()}
        copies: Counter[str] = Counter()
        strange = []
        for sms in service.provider.messages:
            if sms.direction == "inbound":
                continue
            name = unquote((sms.status_callback or "").rpartition("/")[2])
            copies[name] += 1
            if name not in self._planned or numbers.get(rows[name].phone) != sms.recipient:
                strange.append(name)
        extra = sum(times - 1 for times in copies.values())
        unmarked = [name for name, times in copies.items() if times > 1 and not self._marked(name, rows)]
        unsettled = [n for n in self._planned if n not in rows or rows[n].state not in _SETTLED]
        never = [name for name, row in rows.items() if row.state in {"sent", "delivered"} and not copies[name]]
        outcome.figures |= {
            "sms": sum(copies.values()), "sms_extra": extra, "answers_ambiguous": ambiguous,
            "told_at_once": self._told_at_once(service, copies, rows, outcome),
        }  # fmt: skip
        if extra > ambiguous:
            outcome.failures.append(f"{extra} SMS too many, {ambiguous} answers were ambiguous")
        for what, found in (
            ("people had to be told and have neither message nor reason", untold),
            ("messages at the provider were never planned, or for another phone", strange),
            ("messages went out twice and are not marked as possible duplicates", unmarked),
            ("intended messages are not settled", unsettled),
            ("messages count as sent and the provider has none", never),
        ):
            if found:
                outcome.failures.append(f"{len(found)} {what}, the first: {found[:_FEW]}")

    def replies(self, service: Service, outcome: Outcome) -> None:
        """What a person answered and we took is in the log, once."""
        taken = [sms.sid for sms in service.provider.messages if sms.direction == "inbound" and sms.taken in _TAKEN]
        if lost := [sid for sid in taken if not self._replies[sid]]:
            outcome.failures.append(f"{len(lost)} replies were taken and are not in the log, the first: {lost[:_FEW]}")
        if doubled := [sid for sid, times in self._replies.items() if times > 1]:
            outcome.failures.append(f"{len(doubled)} replies are in the log more than once: {doubled[:_FEW]}")
        if taken:
            outcome.figures["replies_taken"] = len(taken)

    def _marked(self, name: str, rows: dict[str, OutboxRow]) -> bool:
        row = rows.get(name)
        return row is not None and (
            row.possible_duplicate or any(s.possible_duplicate for s in self._sent.get(name, []))
        )

    def _told_at_once(
        self, service: Service, copies: Counter[str], rows: dict[str, OutboxRow], outcome: Outcome
    ) -> int:
        """Watcher and grid member of each alert: a message at the provider that names the house, or a recorded reason."""
        of_alert: dict[tuple[str, str], list[str]] = {}
        for name, planned in self._planned.items():
            of_alert.setdefault((planned.alert, planned.person), []).append(name)
        told, missing = 0, []
        texts = {unquote((m.status_callback or "").rpartition("/")[2]): m.body for m in service.provider.messages}
        for (home, danger), record in self._raised.items():
            raised: Any = record.event
            for person in service.town.at_once(int(home[1:])):
                names = of_alert.get((raised.alert, person), [])
                if any(copies[name] and service.town.named(int(home[1:]), texts[name]) for name in names):
                    told += 1
                elif not any(rows[n].state in {"failed", "overtaken"} for n in names if n in rows):
                    missing.append((home, danger, person))
        if missing:
            outcome.failures.append(f"{len(missing)} people were not told of an alarm, the first: {missing[:_FEW]}")
        return told
