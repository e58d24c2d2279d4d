"""One person as their own stream tells it: phones, reply slots, and what became of what they were told. Pure."""

import msgspec

from events.types import home, message
from events.types.fact import DAY, Event

SLOTS = range(1, 10)
NOISE_ANSWERS = 5
"""How many times a day somebody whose texts ask for nothing gets an answer: a machine may be answering us."""
NOISE = frozenset({
    "not_understood", "nothing_open", "help_text", "help_slots", "away_refused", "opted_in",
})  # fmt: skip
"""Templates that answer such texts."""
QUESTION_ANSWERS = 20
QUESTIONS = frozenset({"which_slot", "unknown_slot", "already_closed"})
"""Templates that answer what was meant for an alert: whoever gets them must know that it was not taken, or how it ended."""


class Slot(msgspec.Struct):
    """A reply digit and the alert it names; free `kept` after `closed_at`."""

    alert: str
    closed_at: int | None = None


class Telling(msgspec.Struct):
    """One request to tell this person: its messages still alive, and the phones not tried yet."""

    tell: message.TellRequested
    position: int
    alive: list[str] = []
    untried: list[str] = []
    count: int = 0


class Person(msgspec.Struct):
    """What the planner knows of one person. `tellings` by the position of the request."""

    id: str
    phones: list[str] = []
    language: str = "zh"
    slots: dict[int, Slot] = {}
    tellings: dict[int, Telling] = {}
    noise: list[int] = []
    questions: list[int] = []
    opted_out: list[str] = []

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


def fold(person: Person, event: Event, at: int) -> None:
    """Take one fact of the person's stream in."""
    match event:
        case home.PhoneVerified(phone=phone):
            if phone not in person.phones:
                person.phones = [*person.phones, phone]
            person.language = event.language
        case home.PhoneWithdrawn(phone=phone):
            person.phones = [p for p in person.phones if p != phone]
        case home.PhoneOptedOut(phone=phone):
            person.opted_out = [*(p for p in person.opted_out if p != phone), phone]
        case home.PhoneOptedIn(phone=phone):
            person.opted_out = [p for p in person.opted_out if p != phone]
        case message.MessagePlanned(template=template) if template in NOISE:
            person.noise = [*person.noise[1 - NOISE_ANSWERS :], at]
        case message.MessagePlanned(template=template) if template in QUESTIONS:
            person.questions = [*person.questions[1 - QUESTION_ANSWERS :], at]
        case message.MessagePlanned(slot=slot, alert=alert) if slot:
            held = person.slots.get(slot)
            if held is None or held.alert != alert:  # a message about an alert that has closed keeps it no longer
                person.slots[slot] = Slot(alert)
        case message.SlotFreed(alert=alert):
            for slot_ in person.slots.values():
                if slot_.alert == alert:
                    slot_.closed_at = event.closed_at
        case message.AlertOpenAgain(alert=alert):
            for slot_ in person.slots.values():
                if slot_.alert == alert:
                    slot_.closed_at = None
