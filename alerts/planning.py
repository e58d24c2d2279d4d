"""By which phone somebody is told, and what follows when it fails. Writes nothing: the planner plans with it, `verify` again."""

import logging
from typing import Any

from alerts.core.alert import stream_of
from alerts.core.person import Person, Telling, fold
from alerts.core.policy import Policy
from alerts.core.wording import TEMPLATES
from events.serial import Recorded
from events.store import New
from events.types import home, message, system
from events.types.fact import Event

log = logging.getLogger("shouwang.planner")

HEARS = (
    home.PhoneVerified, home.PhoneWithdrawn, home.PhoneOptedOut, home.PhoneOptedIn, message.TellRequested, message.MessageSent, message.MessageDelivered,
    message.MessageFailed, message.MessageOvertaken, message.SlotFreed, message.AlertOpenAgain, message.ReplyReceived,
)  # fmt: skip


class Planning:
    """What is intended gathers in `_news` and `_planned` until it is committed."""

    policy: Policy
    people: dict[str, Person]
    _channel: str
    _news: list[New]
    _planned: list[tuple[message.MessagePlanned, int]]
    _touched: set[str]

    def _take(self, recorded: Recorded) -> None:
        event: Any = recorded.event
        name = recorded.stream.removeprefix("person-")
        person = self.people.setdefault(name, Person(name))
        self._touched.add(name)
        try:
            self._plan(person, event, recorded)
        except Exception as failure:  # ends nothing: the alert hears that this person is lost, and moves on
            log.exception("planning failed at %d", recorded.position)
            error = f"{type(failure).__name__}: {failure}"[:200]
            failed = system.PlannerFailed(person=name, position=recorded.position, error=error)
            self._person_fact(person, failed, recorded, key=f"failed-{recorded.position}")
            if isinstance(event, message.TellRequested):
                self._lost(event, "failed", recorded)

    def _plan(self, person: Person, event: Event, recorded: Recorded) -> None:
        fold(person, event, recorded.at)
        match event:
            case message.TellRequested():
                self._tell(person, event, recorded)
            case message.MessageSent():
                self._told(person, event.message, "sent", recorded)
            case message.MessageDelivered():
                self._told(person, event.message, "delivered", recorded)
            case message.MessageFailed():
                self._failed(person, event, recorded)
            case message.ReplyReceived(template=template) if template:
                self._answer(person, event, recorded)

    def _tell(self, person: Person, tell: message.TellRequested, recorded: Recorded) -> None:
        if not person.phones:
            self._lost(tell, "no_phone", recorded)
            return
        phones = [phone for phone in person.phones if person.takes_sms(phone)]
        if not phones:
            self._lost(tell, "refused", recorded)
            return
        for old in list(person.tellings)[:-64]:
            del person.tellings[old]
        telling = person.tellings[recorded.position] = Telling(tell, recorded.position, untried=phones)
        for _ in range(len(phones) if tell.alert_class == 1 else 1):
            self._message(person, telling, recorded)

    def _message(self, person: Person, telling: Telling, recorded: Recorded) -> None:
        """The next phone not tried yet gets the message."""
        tell, phone = telling.tell, telling.untried[0]
        telling.untried = telling.untried[1:]
        telling.count += 1
        name = f"m{telling.position}.{telling.count}"
        slot = person.slot_for(tell.alert, recorded.at, self.policy.span("slot_kept_s")) if tell.asks else 0
        template = tell.template
        if tell.asks and not slot and f"{template}_call" in TEMPLATES:
            template = f"{template}_call"
        planned = message.MessagePlanned(
            message=name, tell=telling.position, alert=tell.alert, site=tell.site, alert_class=tell.alert_class,
            round=tell.round, step=tell.step, person=person.id, phone=phone, channel=self._channel,
            template=template, words={**tell.words, "home": tell.home, "danger": tell.danger},
            language=person.language, slot=slot,
        )  # fmt: skip
        telling.alive = [*telling.alive, name]
        self._intend(person, planned, recorded)
        self._alert_fact(tell, "planned", name, recorded)

    def _told(self, person: Person, name: str, state: str, recorded: Recorded) -> None:
        """Also of a message that was given up before: of two words on one message the better one counts."""
        telling = person.tellings.get(int(name[1:].partition(".")[0]))
        if telling is not None:
            self._alert_fact(telling.tell, state, name, recorded)

    def _failed(self, person: Person, event: message.MessageFailed, recorded: Recorded) -> None:
        """The next phone at once; when the last has failed the person is lost."""
        for telling in person.tellings.values():
            if event.message not in telling.alive:
                continue
            telling.alive = [m for m in telling.alive if m != event.message]
            if telling.untried:
                self._message(person, telling, recorded)
            elif not telling.alive:
                self._lost(telling.tell, "failed", recorded, name=event.message)

    def _answer(self, person: Person, reply: message.ReplyReceived, recorded: Recorded) -> None:
        phones = [phone for phone in person.phones if person.takes_sms(phone)]
        if not phones or not person.may_answer(reply.template, recorded.at):
            return
        planned = message.MessagePlanned(
            message=f"m{recorded.position}.1", tell=recorded.position, alert=reply.alert, site="", alert_class=2, round=0,
            step=0, person=person.id, phone=reply.phone if reply.phone in phones else phones[0], channel=self._channel, template=reply.template,
            words=reply.words, language=person.language,
        )  # fmt: skip
        self._intend(person, planned, recorded)

    def _intend(self, person: Person, planned: message.MessagePlanned, recorded: Recorded) -> None:
        fold(person, planned, recorded.at)
        self._planned.append((planned, recorded.recorded_at))
        self._person_fact(person, planned, recorded, key=f"planned-{planned.message}")

    def _person_fact(self, person: Person, event: Event, recorded: Recorded, *, key: str) -> None:
        stream = f"person-{person.id}"
        self._news.append(New(stream, person.id, event, recorded.recorded_at, key=key, meta=_meta(recorded)))

    def _alert_fact(self, tell: message.TellRequested, state: str, name: str, recorded: Recorded) -> None:
        told = message.PersonTold(
            alert=tell.alert, round=tell.round, step=tell.step, person=tell.person, channel=self._channel,
            state=state, message=name, why=tell.why,
        )  # fmt: skip
        self._alert_news(tell, told, recorded, key=f"told-{name}-{state}")

    def _lost(self, tell: message.TellRequested, why: str, recorded: Recorded, *, name: str = "") -> None:
        lost = message.PersonLost(
            alert=tell.alert, round=tell.round, step=tell.step, person=tell.person, why=why, message=name
        )
        self._alert_news(tell, lost, recorded, key=f"lost-{recorded.position}-{tell.person}")

    def _alert_news(self, tell: message.TellRequested, event: Event, recorded: Recorded, *, key: str) -> None:
        stream = stream_of(tell.alert)
        self._news.append(New(stream, tell.site, event, recorded.recorded_at, key=key, meta=_meta(recorded)))


def _meta(recorded: Recorded) -> dict[str, Any]:
    return {"cause": recorded.position, "read_to": recorded.position}
