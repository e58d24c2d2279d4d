"""The local day in Asia/Shanghai (UTC+8, no summer time since 1991), cut into 96 slots of a quarter of an hour."""

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
