"""Why this person, by this way, now; and what happens next to an alert, and when. Pure: from its facts alone.

Names stand outside: whoever asks says how a person is called and how a moment is written.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from alerts.core.alert import Alert
from alerts.core.due import what_is_next
from alerts.core.templates.explaining import EXPLAINING, Explaining
from events.types import alert as facts
from events.types import message
from events.types.fact import Event

_INFORMED = frozenset({"other_going", "also_going", "stand_down", "outcome"})


class Said(NamedTuple):
    """One fact of the alert's timeline."""

    position: int
    at: int
    event: Event


class Naming(NamedTuple):
    """How a person is called, and a moment written, for whoever reads."""

    person: Callable[[str], str]
    clock: Callable[[int], str]
    language: str


class WhyMessage(msgspec.Struct, frozen=True):
    """One message: `why` somebody was to be told, `because` why by this channel; `told_at` the request's own moment."""

    message: str
    person: str
    channel: str
    at: int
    round: int
    step: int
    levels: list[str]
    why: str
    because: str
    instead_of: str
    sentence: str


class WhyLost(msgspec.Struct, frozen=True):
    """Somebody who will not hear of it."""

    person: str
    at: int
    step: int
    why: str
    sentence: str


class WhatNext(msgspec.Struct, frozen=True):
    """What happens by itself; `at` None: nothing will."""

    at: int | None
    what: str
    step: int
    persons: list[str]
    sentence: str


class Explained(msgspec.Struct, frozen=True):
    """An alert explained."""

    alert: str
    next: WhatNext
    messages: list[WhyMessage]
    lost: list[WhyLost]


def explain(alert: Alert, said: Iterable[Said], naming: Naming) -> Explained:
    """In the order of the log."""
    words = EXPLAINING["en" if naming.language == "en" else "zh"]
    asked: dict[int, message.TellRequested] = {}
    instead: Mapping[str, str] = {}
    messages: list[WhyMessage] = []
    lost: list[WhyLost] = []
    for one in said:
        match one.event:
            case facts.StepTaken():
                instead = {**instead, **one.event.instead}
            case message.TellRequested():
                asked[one.position] = one.event
            case message.MessagePlanned():
                place = instead.get(one.event.person, "")
                messages.append(_message(alert, one, one.event, asked.get(one.event.tell), place, words, naming))
            case message.PersonLost(person=person, why=why, step=step):
                sentence = (words.lost if step else words.lost_informed).format(
                    person=naming.person(person), why=words.lost_why.get(why, why)
                )
                lost.append(WhyLost(person, one.at, step, why, sentence))
    return Explained(alert.id, what_next(alert, naming), messages, lost)


def _message(
    alert: Alert, one: Said, planned: message.MessagePlanned, tell: message.TellRequested | None, place: str,
    words: Explaining, naming: Naming,
) -> WhyMessage:  # fmt: skip
    who = naming.person(planned.person)
    because = getattr(planned, "because", "")
    shown = {"person": who, "channel": words.channels.get(planned.channel, planned.channel)}
    if tell is None:  # an answer to what they wrote
        sentence, why, levels = words.answer.format(**shown), "answer", []
    else:
        why, levels = tell.why, _levels(alert, tell)
        if place and tell.step:
            shown["person"] = words.instead.format(person=who, place=naming.person(place))
        reason = words.person["step"] if tell.step else words.person.get(why, why)
        named = words.and_.join(words.levels.get(level, level) for level in levels)
        shown["who"] = reason.format(step=tell.step, levels=named or words.nobody)
        shown["now"] = words.now.get(why, why).format(round=tell.round, step=tell.step)
        shown["way"] = words.way.get(because, because)
        informed = not tell.step or why in _INFORMED
        sentence = (words.informed if informed else words.message).format(**shown)
    return WhyMessage(
        planned.message, planned.person, planned.channel, one.at, planned.round, planned.step, levels, why, because,
        place if tell is not None and tell.step else "", sentence,
    )  # fmt: skip


def _levels(alert: Alert, tell: message.TellRequested) -> list[str]:
    steps = alert.terms.steps
    if not 0 < tell.step <= len(steps):
        return []
    levels = steps[tell.step - 1].levels
    own = [level for level in levels if tell.person in alert.terms.chain.get(level, [])]
    return own or list(levels)


def what_next(alert: Alert, naming: Naming) -> WhatNext:
    """What happens if nobody does anything, as data and as a sentence."""
    words = EXPLAINING["en" if naming.language == "en" else "zh"]
    following = what_is_next(alert)
    if following is None:
        return WhatNext(None, "nothing", 0, [], words.nothing if alert.open else words.ended)
    persons = words.and_.join(naming.person(person) for person in following.persons) or words.nobody
    sentence = words.next[following.what].format(clock=naming.clock(following.at), persons=persons, step=following.step)
    return WhatNext(following.at, following.what, following.step, list(following.persons), sentence)
