"""The local day in Asia/Shanghai (UTC+8, no summer time since 1991), cut into 96 slots of a quarter of an hour."""

from collections.abc import Sequence
from typing import Final

from events.types.fact import DAY, HOUR, MINUTE

SLOT: Final = 15 * MINUTE
SLOTS: Final = DAY // SLOT
_EAST: Final = 8 * HOUR


def day_of(at: int) -> int:
    """The local day, counted from 1970-01-01."""
    return (at + _EAST) // DAY


def midnight(day: int) -> int:
    """When that local day begins, microseconds UTC."""
    return day * DAY - _EAST


def slot_of(at: int) -> int:
    """The quarter of an hour of the local day, 0 to 95."""
    return (at + _EAST) % DAY // SLOT


def slot_begin(at: int) -> int:
    """When the quarter of an hour that holds `at` began."""
    return at - (at + _EAST) % SLOT


def minute_of_day(at: int) -> int:
    """Whole minutes since local midnight."""
    return (at + _EAST) % DAY // MINUTE


def hour_of_day(at: int) -> float:
    """The local hour, with its fraction."""
    return (at + _EAST) % DAY / HOUR


def is_night(at: int, hours: Sequence[float]) -> bool:
    """Does it lie between these local hours, [22, 5] over midnight?"""
    begin, end = hours
    hour = hour_of_day(at)
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


def next_night(at: int, hours: Sequence[float]) -> int:
    """`at` itself when it is night, else when the next one begins."""
    if is_night(at, hours):
        return at
    begin = midnight(day_of(at)) + int(hours[0] * HOUR)
    return begin if begin >= at else begin + DAY
