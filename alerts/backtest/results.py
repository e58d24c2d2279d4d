"""What a backtest says: alarms, delays, differences; plain data that can be written as JSON."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from events.types.fact import DAY, HOUR

FALSE_OUTCOMES: Final = frozenset({
    "safe_at_home", "elder_cancelled", "device_false_alarm", "away_unreported", "device_fault",
})  # fmt: skip
"""Somebody was sent, or nearly, and nobody needed anybody."""


@dataclass
class Alarm:
    """Times in microseconds. `at`: suspected, or raised where nothing comes before; `told_at`: the first message."""

    alert: str
    home: str
    danger: str
    at: int
    reason: dict[str, Any]
    told_at: int | None = None
    ended_at: int | None = None
    cancelled: bool = False
    outcome: str = ""

    @property
    def last_seen(self) -> int:
        """Of the silence that it is about; else when it began."""
        return int(self.reason.get("last_seen", self.at))


@dataclass(frozen=True)
class Difference:
    """One alarm that would be otherwise. `what`: gone, new, earlier, later; `then`, `now`: microseconds."""

    home: str
    what: str
    then: int | None
    now: int | None
    why: str


@dataclass(frozen=True)
class Delays:
    """From simulated collapses to `suspected` and to the first message, in microseconds."""

    suspected: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    def hours(self, which: str, share: float) -> float:
        """The quantile of `suspected` or `told`, in hours."""
        return quantile(getattr(self, which), share) / HOUR

    def figures(self) -> dict[str, Any]:
        """Median and 90 of 100, in hours."""
        if not self.told:
            return {}
        found: dict[str, Any] = {"collapses": len(self.told)}
        for which in ("suspected", "told"):
            found[f"{which}_median_h"] = round(self.hours(which, 0.5), 2)
            found[f"{which}_p90_h"] = round(self.hours(which, 0.9), 2)
        return found


def quantile(values: Sequence[int], share: float) -> float:
    """Between the two values next to it; not a number when there are none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def in_30_days(count: int, span: int) -> float:
    """So many in 30 days, when there were `count` in `span` microseconds."""
    return count * 30 * DAY / span if span > 0 else math.nan
