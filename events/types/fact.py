"""What a fact is: an immutable record with a stored name that never changes."""

from typing import TypeVar

import msgspec

SECOND = 1_000_000
"""All times and spans are integers in microseconds; times count from the Unix epoch, UTC."""
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Something that happened. When it happened lies in the record around it, see `events.serial.Recorded`."""


REGISTER: dict[str, type[Event]] = {}
"""Stored type name -> the class that reads it today."""

_NAMES: dict[type[Event], str] = {}

E = TypeVar("E", bound=Event)


def fact(cls: type[E]) -> type[E]:
    """Enter a class into the register under its own name; a changed shape is a new class named `...V2`."""
    if cls.__name__ in REGISTER:
        raise ValueError(f"two facts are named {cls.__name__}")
    REGISTER[cls.__name__] = cls
    _NAMES[cls] = cls.__name__
    return cls


def type_name(event: Event) -> str:
    """The stored name of this fact's type."""
    return _NAMES[type(event)]
