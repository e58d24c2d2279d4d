"""Which alerts the screen showed in a span, and which of them fired again: what the alarm load is counted over."""

from typing import Final

from sqlalchemy import Connection, select, union

from alerts.projections.alarm_load import STANDS_AFTER, Again, Load, Sounded
from alerts.projections.alert_fold import alerts
from alerts.projections.responses import responses
from alerts.projections.timeline import fired_again, timeline
from events.types.fact import DAY

LONGEST: Final = 31 * DAY
"""For a longer span nobody is asked to wait."""
_r = responses.c
_COLUMNS: Final = (
    _r.alert, _r.home, _r.site, _r.device, _r.danger, _r["class"], _r.raised_at, _r.seen_at, _r.closed_at,
)  # fmt: skip


def sounded(db: Connection, since: int, until: int) -> Load:
    """Of [since, until), of all that this reader may see. Practice, and what was only suspected, stand apart."""
    raised: list[Sounded] = []
    drills: list[Sounded] = []
    query = select(*_COLUMNS, _r.drill).where(_r.raised_at >= since, _r.raised_at < until)
    for *row, drill in db.execute(query.order_by(_r.raised_at, _r.alert)):
        (drills if drill else raised).append(Sounded(*row))
    return Load(since, until, raised, _again(db, since, until), _standing(db, until), drills, _suspected(db, since, until))  # fmt: skip


def _again(db: Connection, since: int, until: int) -> list[Again]:
    """Each time one fired again or was reopened; it may have been raised long before."""
    t = timeline.c
    query = (
        select(*_COLUMNS, t.at)
        .join(timeline, t.alert == _r.alert)
        .where(fired_again, t.at >= since, t.at < until, _r.drill == 0)
        .order_by(t.at, t.position)
    )
    return [Again(Sounded(*row), at) for *row, at in db.execute(query)]


def _standing(db: Connection, until: int) -> list[Sounded]:
    """Open at this moment, and for longer than a day."""
    a = alerts.c
    open_then = union(select(a.alert).where(a.status == "raised"), select(a.alert).where(a.closed_at >= until))
    query = (
        select(*_COLUMNS)
        .where(_r.alert.in_(open_then), _r.drill == 0)
        .where(_r.raised_at + 0 < until - STANDS_AFTER)  # not by the index of raising, which reads all that ever was
        .order_by(_r.raised_at, _r.alert)
    )
    return [Sounded(*row) for row in db.execute(query)]


def _suspected(db: Connection, since: int, until: int) -> list[Sounded]:
    """Of which nobody was told: they wait in the pre-alarm, or ended there."""
    a = alerts.c
    query = (
        select(a.alert, a.home, a.site, a.danger, a["class"], a.began_at, a.closed_at)
        .where(a.status.in_(("suspected", "cancelled")), a.began_at >= since, a.began_at < until)
        .order_by(a.began_at, a.alert)
    )
    return [
        Sounded(alert, home, site, "", danger, number, began, closed_at=closed)
        for alert, home, site, danger, number, began, closed in db.execute(query)
    ]
