"""The phones: whose they are, whether they answer by themselves, how messages reach them."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import yaml

from simulators.twilio.calls import CallHabit
from simulators.twilio.delivery import Delivery


@dataclass(frozen=True, slots=True)
class AutoAnswer:
    """After so many seconds the phone sends this text; `{slot}` stands for the slot in the text it got."""

    after_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone; `delivery` None = as the network treats everybody."""

    number: str
    name: str = ""
    role: str = ""
    pinned: bool = False
    answers: AutoAnswer | None = None
    delivery: Delivery | None = None
    opted_out: bool = False
    calls: CallHabit = field(default_factory=CallHabit)


class PhoneBook:
    """All phones by number; one that nobody has named comes into being when it is first spoken of."""

    def __init__(self, phones: list[Phone]) -> None:
        self._lock = Lock()
        self._at_start = {phone.number: phone for phone in phones}
        self._phones = dict(self._at_start)

    def get(self, number: str) -> Phone:
        """The phone of that number, known or not."""
        with self._lock:
            return self._phones.get(number) or Phone(number)

    def change(self, number: str, **changes: Any) -> Phone:
        """The phone with other values from now on."""
        with self._lock:
            self._phones[number] = replace(self._phones.get(number) or Phone(number), **changes)
            return self._phones[number]

    def all(self) -> list[Phone]:
        """In the order in which they became known."""
        with self._lock:
            return list(self._phones.values())

    def reset(self) -> None:
        """As they were at the start."""
        with self._lock:
            self._phones = dict(self._at_start)


def phones_of_town(file: Path) -> list[Phone]:
    """The phones of everybody in a town file, read as plain YAML."""
    town = yaml.safe_load(file.read_text("utf-8"))
    return [
        Phone(str(phone["number"]), name=str(person.get("name", "")), role=str(person.get("role", "")))
        for person in town.get("people") or []
        for phone in person.get("phones") or []
    ]


def auto_answer(spec: str) -> tuple[str, AutoAnswer]:
    """`+8612000000003=10:{slot}1` read as number, seconds and text; ValueError says what is wrong."""
    number, _, rest = spec.partition("=")
    seconds, colon, text = rest.partition(":")
    if not (number and colon and text):
        raise ValueError(f"{spec!r} is not NUMBER=SECONDS:TEXT")
    return number.strip(), AutoAnswer(float(seconds), text)


def with_answers(phones: list[Phone], answering: dict[str, AutoAnswer]) -> list[Phone]:
    """The phones, of which some answer by themselves; those are pinned, and made if the town does not know them."""
    known = {phone.number: phone for phone in phones}
    for number, answers in answering.items():
        known[number] = replace(known.get(number) or Phone(number), answers=answers, pinned=True)
    return list(known.values())
