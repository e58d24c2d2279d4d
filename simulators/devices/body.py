"""The physical half of a device: its clock, which may be wrong, and its battery, which runs down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Clock:
    """`offset_s` is wrong from the start, `drift_ppm` grows from `set_at`; "none" counts seconds since it booted."""

    kind: Literal["ntp", "rtc", "none"] = "ntp"
    offset_s: float = 0.0
    drift_ppm: float = 0.0
    set_at: datetime = EPOCH

    def reads(self, at: datetime) -> datetime:
        """What the device believes the time is at the true moment `at`."""
        since = at - self.set_at
        if self.kind == "none":
            return EPOCH + since
        return at + timedelta(seconds=self.offset_s + since.total_seconds() * self.drift_ppm / 1e6)


@dataclass(frozen=True)
class Battery:
    """Falls straight from `full_pct` at `since`; never below nothing."""

    full_pct: float = 96.0
    per_day_pct: float = 0.15  # two AA cells in a PIR last about two years
    since: datetime = EPOCH

    def level(self, at: datetime) -> int:
        """Percent left at `at`."""
        days = max(0.0, (at - self.since).total_seconds() / 86400)
        return max(0, round(self.full_pct - days * self.per_day_pct))


def stamp(at: datetime) -> str:
    """UTC, RFC 3339, with a fraction only where there is one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
