"""Telling people: what the engine asks for, what the planner intends, what became of it, and what came back."""

import msgspec

from events.types.fact import Event, fact


@fact
class TellRequested(Event, frozen=True, kw_only=True):
    """The engine wants this person told. Lies in the person's stream.

    `why`: step, refired, overtaken steps, overdue, stand_down, ... ; `template` and `words` as in
    `alerts.core.wording`, without the slot, which the planner adds where `asks` is true.
    """

    alert: str
    home: str
    site: str
    danger: str
    alert_class: int
    round: int
    step: int
    person: str
    why: str
    template: str
    words: dict[str, str] = msgspec.field(default_factory=dict)
    asks: bool = True


@fact
class MessagePlanned(Event, frozen=True, kw_only=True):
    """The planner intends one message; its outbox row is written in the same transaction. `slot` 0: none.

    `because` says why this channel and phone: first_choice, voice_first, all_at_once, receipt_missing, failed_before,
    provider_slow, budget, answer; empty where the house had not declared its channels.
    """

    message: str
    tell: int
    alert: str
    site: str
    alert_class: int
    round: int
    step: int
    person: str
    phone: str
    channel: str
    template: str
    words: dict[str, str] = msgspec.field(default_factory=dict)
    language: str = "zh"
    slot: int = 0
    because: str = ""


@fact
class MessageSent(Event, frozen=True, kw_only=True):
    """The provider took it (202-like): sent is not received."""

    message: str
    channel: str
    provider_id: str
    possible_duplicate: bool = False
    found: bool = False


@fact
class MessageDelivered(Event, frozen=True, kw_only=True):
    """The provider's receipt says it reached the phone."""

    message: str
    provider_id: str


@fact
class MessageFailed(Event, frozen=True, kw_only=True):
    """It will not arrive by this channel: refused, undelivered, or given up."""

    message: str
    channel: str
    code: str
    permanent: bool = True


@fact
class MessageOvertaken(Event, frozen=True, kw_only=True):
    """Not sent, because the alert had ended or the person was stood down before."""

    message: str
    why: str


@fact
class PersonTold(Event, frozen=True, kw_only=True):
    """Answer in the alert's own stream: `state` is planned, sent or delivered."""

    alert: str
    round: int
    step: int
    person: str
    channel: str
    state: str
    message: str
    why: str = "step"


@fact
class PersonLost(Event, frozen=True, kw_only=True):
    """This person will not hear of it: `why` is refused, no_phone, on_leave, budget or failed."""

    alert: str
    round: int
    step: int
    person: str
    why: str
    message: str = ""


@fact
class ReplyReceived(Event, frozen=True, kw_only=True):
    """A person answered. Lies in the person's stream, once per provider message.

    `text` is the registry's id of what they wrote; `outcome` says what we made of it: an action word, or
    which_slot, unknown_slot, not_understood, chatter, help, away, already_closed, refused.
    `template` and `words` answer them; empty: no answer. `phone`: which of their phones it came from.
    """

    person: str
    channel: str
    provider_id: str
    text: str
    outcome: str
    alert: str = ""
    slot: int = 0
    template: str = ""
    words: dict[str, str] = msgspec.field(default_factory=dict)
    phone: str = ""


@fact
class SlotFreed(Event, frozen=True, kw_only=True):
    """An alert that held a reply slot of this person has closed; the slot is free 24 h later."""

    person: str
    alert: str
    closed_at: int


@fact
class AlertOpenAgain(Event, frozen=True, kw_only=True):
    """The alert this person held a slot for was reopened."""

    person: str
    alert: str


@fact
class AreaNoticed(Event, frozen=True, kw_only=True):
    """An area incident this person answers for has so many homes in it now, to a tenth; 0: it is over. No message by itself.

    From it the planner knows at the first incident it tells of which others there are: one message for all of them.
    """

    person: str
    alert: str
    site: str
    homes: int
    since: int


@fact
class TaskListed(Event, frozen=True, kw_only=True):
    """A task of class 3 or 4 for this person's daily digest. `since`: when it was raised."""

    person: str
    alert: str
    home: str
    site: str
    danger: str
    alert_class: int
    since: int


@fact
class TaskDone(Event, frozen=True, kw_only=True):
    """The task is closed and in no digest any more."""

    person: str
    alert: str
