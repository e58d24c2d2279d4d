"""By which phone and channel somebody is told, and what follows when it fails. Writes nothing: the planner plans with it,
`verify` again.

What may be counted on is a fact, `ChannelsDeclared`. In a log that has none, as older releases wrote it, there is the one
channel of the house, and every decision is as it was.
"""

import logging
from typing import Any

from alerts.awaiting import PERSON
from alerts.core import gathering
from alerts.core.budget import exhausted
from alerts.core.person import Going, Person, Telling, fold
from alerts.core.soft_check import SOFT_CHECK, elder_of, phone_ids
from alerts.core.ways import Way, all_at_once, asked_to_go, beside, provider_last, ways
from alerts.core.wording import TEMPLATES
from alerts.intending import Intending
from alerts.notify.recording import GAVE_UP
from alerts.timers import Timer
from events.serial import Recorded
from events.types import alert, home, message, system
from events.types import channel as channels
from events.types.fact import Event

log = logging.getLogger("shouwang.planner")

HEARS = (
    home.PhoneVerified, home.PhoneWithdrawn, home.PhoneOptedOut, home.PhoneOptedIn,
    message.TellRequested, message.MessageSent, message.MessageDelivered,
    message.MessageFailed, message.MessageOvertaken, message.SlotFreed, message.AlertOpenAgain, message.ReplyReceived,
    channels.PersonPreferencesSet, system.DeadlinePassed, alert.AlertRaised, *gathering.HEARS,
)  # fmt: skip
COMMON = (channels.ChannelsDeclared,)
"""What is not about one person, and heard by every planner; settings besides."""


class Planning(Intending):
    """Which fact leads to what."""

    people: dict[str, Person]
    _touched: set[str]

    def _take(self, recorded: Recorded) -> None:
        event: Any = recorded.event
        if isinstance(event, alert.AlertRaised):
            self._tell_groups(event, recorded)
            return
        name = recorded.stream.removeprefix("person-")
        if isinstance(event, system.DeadlinePassed):
            if not event.owner.startswith(PERSON):
                return
            name = event.owner.removeprefix(PERSON)
        person = self.people.setdefault(name, Person(name))
        self._touched.add(name)
        try:
            self._plan(person, event, recorded)
        except Exception as failure:  # ends nothing: the alert hears that this person is lost, and moves on
            log.exception("planning failed at %d", recorded.position)
            error = f"{type(failure).__name__}: {failure}"[:200]
            failed = system.PlannerFailed(person=name, position=recorded.position, error=error)
            self._person_fact(person, failed, recorded, key=f"failed-{recorded.position}")
            telling = person.telling_of(event.message) if isinstance(event, message.MessageFailed) else None
            if isinstance(event, message.TellRequested):
                self._lost(event, "failed", recorded)
            elif telling is not None:
                self._lost(telling.tell, "failed", recorded, name=event.message)

    def _plan(self, person: Person, event: Event, recorded: Recorded) -> None:
        fold(person, event, recorded.at)
        match event:
            case message.TellRequested(danger=gathering.AREA):
                self._tell_of_area(person, event, recorded)
            case message.TellRequested():
                self._tell(person, event, recorded)
            case message.TaskListed():
                self._set_digest(person, recorded)
            case system.DeadlinePassed(timer=gathering.DIGEST):
                self._digest(person, recorded)
            case message.MessageSent():
                self._told(person, event.message, "sent", recorded)
            case message.MessageDelivered():
                self._told(person, event.message, "delivered", recorded)
            case message.MessageFailed():
                self._failed(person, event, recorded)
            case message.MessageOvertaken():
                self._overtaken(person, event)
            case message.SlotFreed():
                self.await_no_more(person, event.alert)
            case system.DeadlinePassed():
                self.rang(person, event, recorded)
            case message.ReplyReceived(alert=name):
                if name:
                    self.answered(person, name)
                if event.template:
                    self._answer(person, event, recorded)

    def _tell(self, person: Person, tell: message.TellRequested, recorded: Recorded) -> None:
        why = self.unavailable(person, tell)
        of_elder = bool(tell.home) and tell.person == elder_of(tell.home)
        found = [] if why else self._ways_to_elder(tell) if of_elder else self._ways(person)
        if not found:
            self._lost(tell, why or ("refused" if person.phones and person.opted_out else "no_phone"), recorded)
            return
        person.forget_tellings(recorded.recorded_at)
        telling = person.tellings[recorded.position] = Telling(tell, recorded.position, left=found)
        if tell.alert_class == 1:
            chosen = all_at_once(found, calls=asked_to_go(tell)) if self.declared else found
            for way in chosen:
                self.tell_by(person, telling, way, "all_at_once", recorded)
        else:
            self._next(person, telling, "voice_first" if found[0].medium == "voice" else "first_choice", recorded)
        if not telling.messages:
            self._lost(tell, "budget", recorded)
        self.await_word(person, telling)

    def _tell_of_area(self, person: Person, tell: message.TellRequested, recorded: Recorded) -> None:
        """One message for all troubles of one cause at several sites; who knows already is put on record as told."""
        gathered = gathering.of_area(person.gathered, tell, recorded.recorded_at, self.policy)
        if gathered is not None:
            self._tell(person, gathered, recorded)
            return
        told = message.PersonTold(
            alert=tell.alert, round=tell.round, step=tell.step, person=tell.person, channel="", state="known",
            message="", why=tell.why,
        )  # fmt: skip
        self._alert_news(tell, told, recorded, key=f"known-{recorded.position}")

    def _set_digest(self, person: Person, recorded: Recorded) -> None:
        due = gathering.next_digest(person.gathered, recorded.recorded_at, self.policy)
        if due is not None:
            person.gathered.digest_at = due
            self._timers[f"{PERSON}{person.id}", gathering.DIGEST] = Timer(person.id, due, waits=False)

    def _digest(self, person: Person, recorded: Recorded) -> None:
        """Once a day what waits, in numbers; nothing to say is not said."""
        person.gathered.digest_at = 0
        if not person.gathered.tasks:
            return
        self._set_digest(person, recorded)
        tell = message.TellRequested(
            alert="", home="", site="", danger="", alert_class=4, round=0, step=0, person=person.id, why="digest",
            template="digest", words=gathering.digest(person.gathered), asks=False,
        )  # fmt: skip
        self._tell(person, tell, recorded)

    def unavailable(self, person: Person, tell: message.TellRequested) -> str:  # noqa: ARG002  (the hook's own shape)
        """Why this person is not told now whatever phones they have (on_leave), or "": a hook for rotas and leave."""
        return ""

    def _ways(self, person: Person) -> list[Way]:
        if self.declared is None:
            return [Way(phone, "") for phone in person.phones if person.takes_sms(phone)]
        found = ways(person.phones, person.lines, self.declared.channels, voice_first=person.voice_first)
        return [way for way in found if way.medium != "sms" or person.takes_sms(way.phone)]

    def _ways_to_elder(self, tell: message.TellRequested) -> list[Way]:
        """Who is asked whether all is well must only press a key: by voice alone. What they are told goes by text first."""
        phones = phone_ids(tell.home, int(tell.words["phones"]))
        known = self.declared.channels if self.declared else []
        asked = tell.why == SOFT_CHECK
        return [way for way in ways(phones, {}, known, voice_first=asked) if way.medium == "voice" or not asked]

    def _next(self, person: Person, telling: Telling, because: str, recorded: Recorded) -> bool:
        """The next way that is within the carrier's budget; those that are not are passed over. False: there is none."""
        for way in list(telling.left):
            if self.affordable(person, telling, way, recorded.recorded_at):
                self.tell_by(person, telling, way, because, recorded)
                return True
            telling.left = [other for other in telling.left if other != way]
            because = "budget"
        return False

    def affordable(self, person: Person, telling: Telling, way: Way, at: int) -> bool:
        """Within what the carrier gives a phone in a day, less what is kept for class 1, which we never hold back."""
        known = self.channel_named(way.channel)
        if telling.tell.alert_class == 1 or known is None:
            return True
        reserve = int(self.policy.value(f"budget.reserve_{'calls' if way.medium == 'voice' else 'sms'}"))
        return not exhausted(person.spent, way.phone, known, at=at, reserve=reserve)

    def tell_by(self, person: Person, telling: Telling, way: Way, because: str, recorded: Recorded) -> None:
        """Somebody gets one message by this way."""
        tell, at = telling.tell, recorded.recorded_at
        telling.left = [other for other in telling.left if other != way]
        telling.count += 1
        name = f"m{telling.position}.{telling.count}"
        known = self.channel_named(way.channel)
        asks = tell.asks and (known is None or known.two_way or known.keypad)
        slot = person.slot_for(tell.alert, recorded.at, self.policy.span("slot_kept_s")) if asks else 0
        template = tell.template
        if tell.asks and not slot and f"{template}_call" in TEMPLATES:
            template = f"{template}_call"
        words = {**tell.words, "home": tell.home, "danger": tell.danger}
        if way.medium == "voice" and person.slow_speech:
            words["slow_speech"] = "1"
        planned = message.MessagePlanned(
            message=name, tell=telling.position, alert=tell.alert, site=tell.site, alert_class=tell.alert_class,
            round=tell.round, step=tell.step, person=person.id, phone=way.phone, channel=self._name(way),
            template=template, words=words,
            language=person.language, slot=slot, because=because if self.declared else "",
        )  # fmt: skip
        telling.alive = [*telling.alive, name]
        telling.messages[name] = Going(way, at)
        self._intend(person, planned, way, recorded)
        self._alert_fact(tell, "planned", name, way, recorded)

    def _told(self, person: Person, name: str, state: str, recorded: Recorded) -> None:
        """Also of a message that was given up before: of two words on one message the better one counts."""
        telling = person.telling_of(name)
        if telling is not None:
            self._alert_fact(telling.tell, state, name, _way(telling, name), recorded)
            self.await_word(person, telling)

    def _failed(self, person: Person, event: message.MessageFailed, recorded: Recorded) -> None:
        """The next way at once; when the last has failed the person is lost."""
        telling = person.telling_of(event.message)
        if telling is None or event.message not in telling.alive:
            return
        telling.alive = [m for m in telling.alive if m != event.message]
        if telling.answered:
            return  # another copy of what they have read
        way = _way(telling, event.message)
        if event.code == GAVE_UP or (way.medium == "sms" and not event.permanent):  # else the phone's own fault
            telling.left = provider_last(way, telling.left)
        other = beside(way, telling.left) if telling.tell.alert_class == 1 else None
        if other is not None:
            self.tell_by(person, telling, other, "failed_before", recorded)
        elif not telling.alive and not self._next(person, telling, "failed_before", recorded):
            self._lost(telling.tell, "failed", recorded, name=event.message)
        self.await_word(person, telling)

    def _overtaken(self, person: Person, event: message.MessageOvertaken) -> None:
        """Nobody wants it any more, by whichever way."""
        telling = person.telling_of(event.message)
        if telling is not None and self.declared:
            telling.left = []
            self.forget_timers(person, telling)

    def _answer(self, person: Person, reply: message.ReplyReceived, recorded: Recorded) -> None:
        way = self._way_of_answer(person, reply.phone, recorded.recorded_at)
        if way is None or not person.may_answer(reply.template, recorded.at):
            return
        planned = message.MessagePlanned(
            message=f"m{recorded.position}.1", tell=recorded.position, alert=reply.alert, site="", alert_class=2, round=0,
            step=0, person=person.id, phone=way.phone, channel=self._name(way), template=reply.template,
            words=reply.words, language=person.language, because="answer" if self.declared else "",
        )  # fmt: skip
        self._intend(person, planned, way, recorded)

    def _way_of_answer(self, person: Person, phone: str, at: int) -> Way | None:
        """A text within the budget, to the phone the reply came from where it can be; an answer is no reason to call."""
        found = sorted(self._ways(person), key=lambda way: way.phone != phone)
        if self.declared is None:
            return next(iter(found), None)
        reserve = int(self.policy.value("budget.reserve_sms"))
        for way in found:
            known = self.channel_named(way.channel)
            if known is None or way.medium != "sms":
                continue
            if not exhausted(person.spent, way.phone, known, at=at, reserve=reserve):
                return way
        return None


def _way(telling: Telling, name: str) -> Way:
    going = telling.messages.get(name)
    return Way("", "") if going is None else going.way  # none: it was planned by an older release
