"""RFC 3339 stamps to integer microseconds UTC, by arithmetic: `datetime` is no part of a pure room, and slower. Pure."""

from functools import lru_cache

from events.types.fact import DAY, HOUR, MINUTE, SECOND
from ingest.codecs.decoded import Refused

SHANGHAI = 8 * HOUR
"""Asia/Shanghai has had no summer time since 1991; zone-less stamps of foreign families are meant so."""

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def micros(stamp: str, *, zoneless: int | None = None) -> int:
    """Microseconds since 1970 UTC. `zoneless`: the offset of stamps without a zone; None refuses them.

    Fractions finer than a microsecond are cut off; a leap second counts as the first second of the next minute.
    """
    if len(stamp) == _USUAL and stamp[19] == "." and stamp[23] == "Z" and stamp.isascii():
        seconds, thousandths = stamp[17:19], stamp[20:23]
        if seconds < "60" and seconds.isdigit() and thousandths.isdigit():
            return _minute(stamp[:17]) + int(seconds) * SECOND + int(thousandths) * 1000
    return _micros(stamp, zoneless)


_USUAL = len("2026-11-21T12:00:00.000Z")


@lru_cache(maxsize=1024)
def _minute(begin: str) -> int:
    """Cached: what comes now is of this minute or the last."""
    return _micros(f"{begin}00Z", None)


def _micros(stamp: str, zoneless: int | None) -> int:
    clock = stamp[11:19]
    digits = clock[:2] + clock[3:5] + clock[6:]
    if (
        len(digits) != 6
        or not (digits.isdigit() and stamp.isascii())
        or clock[2] != ":"
        or clock[5] != ":"
        or stamp[10] not in "Tt "
    ):
        raise _bad(stamp)
    hours, minutes, seconds = int(clock[:2]), int(clock[3:5]), int(clock[6:])
    if hours > 23 or minutes > 59 or seconds > 60:
        raise _bad(stamp)
    at = _midnight(stamp[:10]) + hours * HOUR + minutes * MINUTE + seconds * SECOND
    rest = stamp[19:]
    if rest in {"Z", "z"}:
        return at
    if rest[:1] == ".":
        end = 1
        while end < len(rest) and rest[end].isdigit():
            end += 1
        if end == 1:
            raise _bad(stamp)
        at += int(rest[1:end][:6].ljust(6, "0"))
        rest = rest[end:]
    return at - _offset(rest, stamp, zoneless)


def _offset(zone: str, stamp: str, zoneless: int | None) -> int:
    if zone in {"Z", "z"}:
        return 0
    if not zone:
        if zoneless is None:
            raise Refused("bad_time", f"no zone: {stamp[:40]}")
        return zoneless
    if len(zone) != 6 or zone[0] not in "+-" or zone[3] != ":" or not (zone[1:3] + zone[4:]).isdigit():
        raise _bad(stamp)
    hours, minutes = int(zone[1:3]), int(zone[4:])
    if hours > 23 or minutes > 59:
        raise _bad(stamp)
    east = hours * HOUR + minutes * MINUTE
    return east if zone[0] == "+" else -east


@lru_cache(maxsize=1024)
def _midnight(date: str) -> int:
    """Days since 1970 in the proleptic Gregorian calendar (H. Hinnant's days_from_civil), cached: few days occur."""
    numbers = date[:4] + date[5:7] + date[8:]
    if len(numbers) != 8 or not numbers.isdigit() or date[4] != "-" or date[7] != "-":
        raise _bad(date)
    year, month, day = int(date[:4]), int(date[5:7]), int(date[8:])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1] + (leap and month == 2):
        raise _bad(date)
    y = year - (month <= 2)
    era_year = y % 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = era_year * 365 + era_year // 4 - era_year // 100 + day_of_year
    return (y // 400 * 146_097 + day_of_era - 719_468) * DAY


def _bad(stamp: str) -> Refused:
    return Refused("bad_time", f"not RFC 3339: {stamp[:40]}")
