"""A month is closed: what it was counted to be becomes a fact of each site, so that it can never change unseen."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from alerts.commands.deciding import settled
from alerts.projections import reports
from alerts.projections.blindness import month_of
from alerts.registry import places
from events.database import Database
from events.store import New, append, read
from events.types.fact import DAY
from events.types.report import Counted, MonthClosed

CLOSES_AFTER: Final = 7 * DAY
"""So long after its end a month that nobody closed is closed by itself: alerts of its last night have ended by then."""


class MonthRefused(Exception):
    """`why`: not_over, closed, or before_us: nothing was recorded yet in that month."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def close_month(
    database: Database, month: str, *, by: str, at: int, check: Callable[[Connection], None] = lambda _: None
) -> int:
    """Record the month `2026-10` for every site; how many alerts were counted. Raises MonthRefused, ValueError.

    `check` may raise Fenced: a process of ours that was replaced meanwhile closes nothing.
    """
    since, until = month_of(month)
    if until > at:
        raise MonthRefused("not_over")
    with database.read() as db:  # counted without holding anybody up; the month is over
        _check(db, month, until)
        found, blind = reports.counted(db, since, until), reports.blind(db, since, until, at)
        facts = _facts(db, month, found, blind, by)

    def work(db: Connection) -> None:
        check(db)
        if reports.closings(db, month, [one.site for one in facts]):
            raise MonthRefused("closed")
        news = [New(reports.stream_of(month, one.site), one.site or "all", one, at) for one in facts]
        append(db, news, recorded_at=at, after=dict.fromkeys((new.stream for new in news), 0))

    settled(database, work)
    return len(found)


def _check(db: Connection, month: str, until: int) -> None:
    first = read(db, 0, limit=1)
    if not first or first[0].recorded_at >= until:
        raise MonthRefused("before_us")
    if reports.closings(db, month, [site.id for site in places.sites(db)]):
        raise MonthRefused("closed")


def _facts(db: Connection, month: str, found: list[Counted], blind: dict[str, int], by: str) -> list[MonthClosed]:
    villages = {grid.id: grid.village for grid in places.grids(db)}
    site_of = reports.sites_of_homes(db)
    known = {site.id for site in places.sites(db)}
    strange = [places.Site(id, "", id, id) for id in sorted({one.site for one in found} - known)]
    facts = [
        MonthClosed(
            month=month, site=site.id, grid=site.grid, village=villages.get(site.grid, ""), by=by,
            alerts=[one for one in found if one.site == site.id],
            blind_s={home: seconds for home, seconds in blind.items() if site_of.get(home) == site.id},
        )
        for site in [*places.sites(db), *strange]
    ]  # fmt: skip
    if not facts:
        raise MonthRefused("before_us")
    return facts


def close_what_is_due(database: Database, at: int, *, check: Callable[[Connection], None] = lambda _: None) -> str:
    """Close the last month that has been over for long enough, if nobody has; which one it was, else nothing."""
    month = reports.month_before(at - CLOSES_AFTER)
    try:
        close_month(database, month, by="system", at=at, check=check)
    except MonthRefused:
        return ""
    return month
