"""The limit in force at a moment, and when a silence reaches it: fixed, learned, or the one for who went out. Pure."""

from typing import Final, Protocol

import msgspec

from alerts.core.coverage import Spans
from alerts.core.routine.clock import SLOT, SLOTS, slot_begin, slot_of
from events.types.fact import DAY, MINUTE

_AHEAD: Final = 4 * DAY
"""No limit is longer than three days, so within this it is reached."""


class Limit(Protocol):
    """Microseconds of silence."""

    def at(self, moment: int) -> int:
        """In force then."""

    def reached(self, start: int, seen: Spans, upto: int) -> int | None:
        """When the silence that began at `start`, counted over what was seen, reached it; None: not by `upto`."""

    def due(self, start: int, seen: Spans, now: int) -> int:
        """When it will be reached if all is seen from `now` on."""


class Fixed(msgspec.Struct, frozen=True):
    """The same at all hours."""

    limit: int

    def at(self, moment: int) -> int:
        """Always."""
        del moment
        return self.limit

    def reached(self, start: int, seen: Spans, upto: int) -> int | None:
        """As promised."""
        del upto
        return seen.reached(start, self.limit)

    def due(self, start: int, seen: Spans, now: int) -> int:
        """As promised."""
        return max(now, start) + self.limit - seen.within(start, now)


class Learned(msgspec.Struct, frozen=True):
    """By the quarter of an hour, and never more than `most`. `minutes`: two bytes each."""

    minutes: bytes
    most: int

    def at(self, moment: int) -> int:
        """Of its quarter of an hour."""
        return min(self.most, of_slot(self.minutes, slot_of(moment)) * MINUTE)

    def reached(self, start: int, seen: Spans, upto: int) -> int | None:
        """Quarter by quarter: a silence may be short enough now and too long a quarter later."""
        begin = slot_begin(start)
        while begin <= upto:
            when = seen.reached(start, self.at(begin))
            if when is not None and when < begin + SLOT:
                when = max(when, begin)
                return when if when <= upto else None
            begin += SLOT
        return None

    def due(self, start: int, seen: Spans, now: int) -> int:
        """As promised."""
        now = max(now, start)
        silent = seen.within(start, now)
        begin = slot_begin(now)
        while begin < now + _AHEAD:
            when = max(now, begin, now + self.at(begin) - silent)
            if when < begin + SLOT:
                return when
            begin += SLOT
        return now + self.most


def packed(minutes: list[int]) -> bytes:
    """One number of at most 65,535 for each quarter of an hour, as bytes that lie small in memory."""
    return b"".join(min(each, 0xFFFF).to_bytes(2, "big") for each in minutes)


def of_slot(minutes: bytes, slot: int) -> int:
    """Back from `packed`."""
    return int.from_bytes(minutes[2 * slot : 2 * slot + 2], "big")


def is_line(minutes: list[int]) -> bool:
    """Is it one number for each quarter of an hour?"""
    return len(minutes) == SLOTS
