"""One person as their own stream tells it: phones, reply slots, budget, what became of what they were told. Pure."""

import msgspec

from alerts.core import gathering
from alerts.core.budget import Spent, recent
from alerts.core.ways import Line, Way
from events.types import channel, home, message
from events.types.fact import DAY, Event

SLOTS = range(1, 10)
NOISE_ANSWERS = 5
"""How many times a day somebody whose texts ask for nothing gets an answer: a machine may be answering us."""
NOISE = frozenset({
    "not_understood", "nothing_open", "help_text", "help_slots", "away_refused", "opted_in",
})  # fmt: skip
"""Templates that answer such texts."""
TELLINGS, TELLINGS_MOST = 64, 256
"""So many requests are remembered of a person, and in a storm more, as long as something may still be heard of them."""
QUESTION_ANSWERS = 20
QUESTIONS = frozenset({"which_slot", "unknown_slot", "already_closed"})
"""Templates that answer what was meant for an alert: whoever gets them must know that it was not taken, or how it ended."""


class Slot(msgspec.Struct):
    """A reply digit and the alert it names; free `kept` after `closed_at`."""

    alert: str
    closed_at: int | None = None


class Going(msgspec.Struct):
    """A message on its way, planned `at`. `state`: planned, sent, delivered, failed or overtaken."""

    way: Way
    at: int
    state: str = "planned"


_ENDED = frozenset({"delivered", "failed", "overtaken"})


class Telling(msgspec.Struct):
    """One request to tell this person: its messages still alive, and the ways not tried yet.

    `timers`: what is awaited of it, name -> due. `answered`: they have written about its alert since, so it was read.
    `untried` is what snapshots of older releases have for `left`.
    """

    tell: message.TellRequested
    position: int
    alive: list[str] = []
    untried: list[str] = []
    count: int = 0
    left: list[Way] = []
    messages: dict[str, Going] = {}
    timers: dict[str, int] = {}
    answered: bool = False

    def settled(self, at: int) -> bool:
        """Is nothing to be heard of it any more that somebody would have to act on?"""
        open_ones = (self.messages[name] for name in self.alive if name in self.messages)
        return not self.timers and all(one.state in _ENDED or one.at < at - DAY for one in open_ones)


class Person(msgspec.Struct):
    """What the planner knows of one person. `tellings` by the position of the request, `lines` by phone."""

    id: str
    phones: list[str] = []
    language: str = "zh"
    slots: dict[int, Slot] = {}
    tellings: dict[int, Telling] = {}
    noise: list[int] = []
    questions: list[int] = []
    opted_out: list[str] = []
    lines: dict[str, Line] = {}
    voice_first: bool = False
    slow_speech: bool = False
    spent: list[Spent] = []
    gathered: gathering.Gathered = msgspec.field(default_factory=gathering.Gathered)

    def slot_for(self, alert: str, at: int, kept: int) -> int:
        """The slot that names this alert, else the smallest free one; 0 when all nine are taken."""
        for number, slot in self.slots.items():
            if slot.alert == alert:
                return number
        for number in SLOTS:
            slot = self.slots.get(number)  # type: ignore[assignment]  # None is the free case, tested next
            if slot is None or (slot.closed_at is not None and at >= slot.closed_at + kept):
                return number
        return 0

    def may_answer(self, template: str, at: int) -> bool:
        """Has this kind of answer been given less often than it may be in 24 h?"""
        if template in NOISE:
            return sum(then > at - DAY for then in self.noise) < NOISE_ANSWERS
        return template not in QUESTIONS or sum(then > at - DAY for then in self.questions) < QUESTION_ANSWERS

    def takes_sms(self, phone: str) -> bool:
        """False once its owner has refused: an SMS to it would be lost."""
        return phone not in self.opted_out

    def forget_tellings(self, at: int) -> None:
        """Make room for one more: old ones go, those first of which nothing more is to be heard."""
        over = max(0, len(self.tellings) - TELLINGS)
        ended = [position for position, telling in self.tellings.items() if telling.settled(at)][:over] if over else []
        for position in [*ended, *list(self.tellings)[: len(ended) - TELLINGS_MOST]]:
            self.tellings.pop(position, None)

    def telling_of(self, name: str) -> Telling | None:
        """The request that this message belongs to, if it is not long over."""
        position = name[1:].partition(".")[0]
        return self.tellings.get(int(position)) if position.isdecimal() else None


_REMEMBERED = 500
"""More messages a day than any carrier gives a phone."""
_STATES: dict[type[Event], tuple[str, int]] = {
    message.MessageSent: ("sent", 1), message.MessageFailed: ("failed", 2), message.MessageDelivered: ("delivered", 3),
    message.MessageOvertaken: ("overtaken", 4),
}  # fmt: skip
"""What is said of a message, and its rank: of two words the better one counts, in whichever order they come."""
_RANKS = dict(_STATES.values())


def _became(person: Person, event: Event) -> None:
    name = str(event.message)  # type: ignore[attr-defined]  # all four have it
    state, rank = _STATES[type(event)]
    telling = person.telling_of(name)
    going = telling.messages.get(name) if telling is not None else None
    if going is not None and (rank > _RANKS.get(going.state, 0) or going.state == "failed"):
        going.state = state
    if state == "overtaken":  # it was never submitted
        person.spent = [one for one in person.spent if one.message != name]


def spend(person: Person, one: Spent) -> None:
    """A message is intended: it counts from now on."""
    person.spent = [*recent(person.spent, one.at)[1 - _REMEMBERED :], one]


def fold(person: Person, event: Event, at: int) -> None:
    """Take one fact of the person's stream in."""
    match event:
        case home.PhoneVerified(phone=phone):
            if phone not in person.phones:
                person.phones = [*person.phones, phone]
            person.language = event.language
            person.lines[phone] = Line(event.sms, event.voice)
        case home.PhoneWithdrawn(phone=phone):
            person.phones = [p for p in person.phones if p != phone]
            person.lines.pop(phone, None)
        case home.PhoneOptedOut(phone=phone):
            person.opted_out = [*(p for p in person.opted_out if p != phone), phone]
        case home.PhoneOptedIn(phone=phone):
            person.opted_out = [p for p in person.opted_out if p != phone]
        case message.MessagePlanned(template=template) if template in NOISE:
            person.noise = [*person.noise[1 - NOISE_ANSWERS :], at]
        case message.MessagePlanned(template=template) if template in QUESTIONS:
            person.questions = [*person.questions[1 - QUESTION_ANSWERS :], at]
        case channel.PersonPreferencesSet():
            person.voice_first, person.slow_speech = event.voice_first, event.slow_speech
        case message.MessagePlanned(slot=slot, alert=alert) if slot:
            held = person.slots.get(slot)
            if held is None or held.alert != alert:  # a message about an alert that has closed keeps it no longer
                person.slots[slot] = Slot(alert)
        case message.MessageSent() | message.MessageDelivered() | message.MessageFailed() | message.MessageOvertaken():
            _became(person, event)
        case message.AreaNoticed() | message.TaskListed() | message.TaskDone():
            gathering.fold(person.gathered, event)
        case message.SlotFreed(alert=alert):
            for slot_ in person.slots.values():
                if slot_.alert == alert:
                    slot_.closed_at = event.closed_at
        case message.AlertOpenAgain(alert=alert):
            for slot_ in person.slots.values():
                if slot_.alert == alert:
                    slot_.closed_at = None
