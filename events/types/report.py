"""What a month was counted to be, when it was closed. Later facts may alter a figure; what stood here does not change."""

import msgspec

from events.types.fact import Event, fact


class Counted(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One alert as it was counted. Times in microseconds, None: it had not happened. `watchers`: of its own chain."""

    alert: str
    home: str
    site: str
    danger: str
    alert_class: int
    raised_at: int
    drill: bool = False
    told_at: int | None = None
    answered_at: int | None = None
    arrived_at: int | None = None
    closed_at: int | None = None
    outcome: str = ""
    watchers: list[str] = []


@fact
class MonthClosed(Event, frozen=True, kw_only=True):
    """The month (`2026-10`) is closed for this site: its alerts and, home by home, its blind seconds as known then.

    Lies in the stream `report-<month>-<site>`, once. `grid`, `village`: where the site belonged then.
    """

    month: str
    site: str
    grid: str
    village: str
    by: str
    alerts: list[Counted] = msgspec.field(default_factory=list)
    blind_s: dict[str, int] = msgspec.field(default_factory=dict)
