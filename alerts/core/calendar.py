"""Days and months in the town, in microseconds UTC. Pure: no zone but Asia/Shanghai, which knows no summer time."""

from events.types.fact import DAY, HOUR

LOCAL_OFFSET = 8 * HOUR
"""Asia/Shanghai is UTC+8 all year."""


def midnight(at: int) -> int:
    """The beginning of the day in which `at` lies."""
    return at - (at + LOCAL_OFFSET) % DAY


def next_day_at(at: int, hour: int) -> int:
    """The first moment after `at` at which it is this hour."""
    today = midnight(at) + hour * HOUR
    return today if today > at else today + DAY


def next_open_hour(at: int, quiet_from_h: int, quiet_to_h: int) -> int:
    """The first moment from `at` on that lies outside the quiet hours (local hours); equal hours: never quiet."""
    if quiet_from_h == quiet_to_h:
        return at
    today = midnight(at)
    hour, opens = (at - today) / HOUR, quiet_to_h * HOUR
    if hour < quiet_to_h:
        return today + opens
    return today + DAY + opens if hour >= quiet_from_h else at


def next_month_day_at(at: int, day: int, hour: int) -> int:
    """The first moment after `at` at which it is this hour on this day of a month (1 to 28)."""
    moment = next_day_at(at, hour)
    while day_of_month(moment) != day:
        moment += DAY
    return moment


def day_of_month(at: int) -> int:
    """1 to 31. After Howard Hinnant's `civil_from_days` (chrono-compatible low-level date algorithms)."""
    days = (at + LOCAL_OFFSET) // DAY + 719_468
    day_of_era = days % 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    return day_of_year - (153 * month + 2) // 5 + 1
