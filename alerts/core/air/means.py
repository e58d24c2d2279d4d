"""Means of the last 8 and 24 hours out of half-hour buckets: small, and the same in whatever order readings come. Pure."""

from typing import Final

from events.types.fact import MINUTE

BUCKET: Final = 30 * MINUTE
_DAY: Final = 48
_EIGHT_HOURS: Final = 16

Means = list[int]
"""Number of the newest bucket, then for each of the 48 (by number modulo 48) the count and the sum in tenths of a ppm."""


def begin() -> Means:
    """Nothing heard yet."""
    return [0] * (1 + 2 * _DAY)


def take(means: Means, at: int, ppm: float) -> bool:
    """One reading into its bucket; what is older than a day tells nothing any more. True: a new bucket was begun."""
    number = at // BUCKET
    newest = means[0]
    if number <= newest - _DAY:
        return False
    begun = number > newest
    if begun:
        for gone in range(max(newest + 1, number - _DAY + 1), number + 1):
            means[1 + 2 * (gone % _DAY)] = means[2 + 2 * (gone % _DAY)] = 0
        means[0] = number
    place = 1 + 2 * (number % _DAY)
    means[place] += 1
    means[place + 1] += round(ppm * 10)
    return begun


def eight_hours(means: Means) -> float | None:
    """Mean in ppm, None while less than half of the time was heard."""
    return _mean(means, _EIGHT_HOURS)


def a_day(means: Means) -> float | None:
    """Mean in ppm, None while less than half of the time was heard."""
    return _mean(means, _DAY)


def _mean(means: Means, buckets: int) -> float | None:
    """Each half hour counts alike: a sensor that speaks more often while it is high does not make the day worse."""
    newest, heard, total = means[0], 0, 0.0
    for number in range(newest - buckets + 1, newest + 1):
        place = 1 + 2 * (number % _DAY)
        if count := means[place]:
            heard += 1
            total += means[place + 1] / count
    return total / heard / 10 if heard * 2 >= buckets else None
