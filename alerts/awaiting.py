"""What a message owes us, and when we stop waiting: the provider's yes within seconds (class 1), a receipt within a minute.

The waiting is a timer in the person's lane; that it rang is a fact, so that a replay waits as long.
"""

from collections.abc import Iterable

from alerts.core.calendar import next_open_hour
from alerts.core.person import Going, Person, Telling
from alerts.core.policy import Policy
from alerts.core.ways import Way, asked_to_go, beside
from alerts.timers import Timer
from events.serial import Recorded
from events.types.channel import ChannelsDeclared, DeclaredChannel
from events.types.system import DeadlinePassed

PERSON = "person:"
"""Before a person's id: the owner of their timers."""
ANSWERS_COUNT_SINCE = 2
"""The generation of rules to which an answer is a receipt."""
_SLOW, _RECEIPT = "slow", "receipt"
_ACCEPTED = frozenset({"sent", "delivered"})


class Awaiting:
    """What is awaited gathers in `_timers` until it is committed."""

    policy: Policy
    declared: ChannelsDeclared | None
    _timers: dict[tuple[str, str], Timer]

    def tell_by(self, person: Person, telling: Telling, way: Way, because: str, recorded: Recorded) -> None:
        """Somebody gets one message by this way."""
        raise NotImplementedError

    def affordable(self, person: Person, telling: Telling, way: Way, at: int) -> bool:
        """Within the carrier's budget?"""
        raise NotImplementedError

    def channel_named(self, name: str) -> DeclaredChannel | None:
        """A channel of this house."""
        known = self.declared.channels if self.declared else []
        return next((channel for channel in known if channel.name == name), None)

    def await_word(self, person: Person, telling: Telling) -> None:
        """Set the timers this request needs as it stands now, and forget those it needs no more."""
        if self.declared is None:
            return
        for kind, due in ((_SLOW, self._slow_due(telling)), (_RECEIPT, self._receipt_due(telling))):
            if due == telling.timers.get(kind):
                continue
            if due is None:
                telling.timers.pop(kind)
            else:
                telling.timers[kind] = due
            self._timers[f"{PERSON}{person.id}", f"{kind}:{telling.position}"] = Timer(person.id, due, waits=False)

    def await_no_more(self, person: Person, alert: str) -> None:
        """The alert has ended: nobody is owed an answer any more; how it ended is told all the same."""
        for telling in person.tellings.values() if self.declared else ():
            if telling.tell.alert == alert and telling.tell.asks:
                telling.left = []
                self.forget_timers(person, telling)

    def answered(self, person: Person, alert: str) -> None:
        """They have written about it: it was read, and no call need ask for what they have said. Class 1 asks by all ways."""
        if self.policy.generation < ANSWERS_COUNT_SINCE:
            return
        for telling in person.tellings.values() if self.declared else ():
            if telling.tell.alert == alert and telling.tell.alert_class > 1:
                telling.answered = True
                self.forget_timers(person, telling)

    def forget_timers(self, person: Person, telling: Telling) -> None:
        """Nothing is awaited of this request."""
        for kind in telling.timers:
            self._timers[f"{PERSON}{person.id}", f"{kind}:{telling.position}"] = Timer(person.id, None, waits=False)
        telling.timers = {}

    def rang(self, person: Person, event: DeadlinePassed, recorded: Recorded) -> None:
        """Word has not come in time: another provider, or a call beside it."""
        kind, _, position = event.timer.partition(":")
        telling = person.tellings.get(int(position)) if position.isdecimal() else None
        if telling is None or telling.timers.pop(kind, None) is None:
            return
        if kind == _SLOW:
            for going in [*self._slow(telling)]:
                if going.at + self.policy.span("class1.accepted_within_s") <= event.due:
                    other = beside(going.way, telling.left)
                    assert other is not None
                    self.tell_by(person, telling, other, "provider_slow", recorded)
        elif (due := self._receipt_due(telling)) is not None and due <= event.due:
            self._tell_beside(person, telling, recorded)
        self.await_word(person, telling)

    def _slow_due(self, telling: Telling) -> int | None:
        within = self.policy.span("class1.accepted_within_s")
        return min((going.at + within for going in self._slow(telling)), default=None)

    def _slow(self, telling: Telling) -> Iterable[Going]:
        """Class 1: the newest try on each phone and medium where no provider has said yes and another is left."""
        if telling.tell.alert_class != 1:
            return
        lines: dict[tuple[str, str], list[Going]] = {}
        for going in telling.messages.values():
            lines.setdefault((going.way.phone, going.way.medium), []).append(going)
        for tries in lines.values():
            if all(one.state not in _ACCEPTED for one in tries) and beside(tries[-1].way, telling.left):
                yield tries[-1]

    def _receipt_due(self, telling: Telling) -> int | None:
        """Classes 2 and 3: when a call goes beside a text that nobody has confirmed, or a text beside a call, or None."""
        tell = telling.tell
        if telling.answered or tell.alert_class not in {2, 3} or not asked_to_go(tell):
            return None
        unheard = [going.at for going in telling.messages.values() if not self._heard(going)]
        if not unheard or not self._other_medium(telling):
            return None
        due = max(unheard) + self.policy.span(f"class{tell.alert_class}.receipt_within_s", tell.home)
        if tell.alert_class == 3:
            opens, closes = self.policy.value("class3.hours", tell.home)
            due = next_open_hour(due, closes, opens)
        return due

    def _heard(self, going: Going) -> bool:
        """Whether all has been said of this message that will be: a receipt, or where none comes that it was taken."""
        known = self.channel_named(going.way.channel)
        if known is not None and not known.receipts and going.state == "sent":
            return True
        return going.state in {"delivered", "failed", "overtaken"}

    def _other_medium(self, telling: Telling) -> list[Way]:
        """What is left of the medium that has not been tried yet."""
        tried = {going.way.medium for going in telling.messages.values()}
        return [way for way in telling.left if way.medium not in tried]

    def _tell_beside(self, person: Person, telling: Telling, recorded: Recorded) -> None:
        """A call beside a text or the other way round: on the same phone where it can be, within the budget."""
        tried = [going.way.phone for going in telling.messages.values() if not self._heard(going)]
        for way in sorted(self._other_medium(telling), key=lambda way: way.phone not in tried):
            if self.affordable(person, telling, way, recorded.recorded_at):
                self.tell_by(person, telling, way, "receipt_missing", recorded)
                return
            telling.left = [other for other in telling.left if other != way]
