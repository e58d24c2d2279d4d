"""A month of the town, a village, a grid or a watcher: what is known now, what was closed, and what came since."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, select

from alerts.core.calendar import LOCAL_OFFSET
from alerts.projections.alert_fold import alerts
from alerts.projections.blindness import ledgers
from alerts.projections.counting import differences
from alerts.projections.projection import pieces
from alerts.projections.responses import responses
from alerts.registry import places, tables
from events.serial import load
from events.tables import events
from events.types.fact import SECOND
from events.types.report import Counted, MonthClosed

Kind = Literal["town", "village", "grid", "watcher"]
_WATCHING: Final = ("watcher", "second_watcher")


class _Terms(msgspec.Struct):
    chain: dict[str, list[str]] = {}


class _Chained(msgspec.Struct):
    """Of an alert as it is kept only the chain: a month has thousands."""

    terms: _Terms


_chain: Final = msgspec.json.Decoder(_Chained).decode


def stream_of(month: str, site: str) -> str:
    """Where a closed month of a site lies."""
    return f"report-{month}-{site}"


@dataclass(frozen=True)
class Area:
    """What a report is about; `id` is empty for the town."""

    kind: Kind = "town"
    id: str = ""


@dataclass(frozen=True)
class Counting:
    """Alerts, and blind seconds by home, of one month in one area."""

    alerts: list[Counted] = field(default_factory=list)
    blind_s: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One alert that is counted otherwise than when the month was closed: name of what -> (old, new)."""

    alert: str
    before: Counted | None
    after: Counted | None
    what: Mapping[str, tuple[object, object]]


@dataclass(frozen=True)
class Report:
    """`closed` is None while the month is open: then there is only what is known `now`."""

    now: Counting
    closed: Counting | None
    closed_at: int | None
    closed_by: str
    changes: list[Change]
    blind_changes: Mapping[str, tuple[int, int]]

    @property
    def stands(self) -> Counting:
        """The figures to show: those that were closed, else those of now."""
        return self.now if self.closed is None else self.closed


def report(db: Connection, month: str, since: int, until: int, area: Area, now: int) -> Report:
    """The report of the alerts raised in [since, until), and of the minutes nobody saw in it."""
    where = _where(db)
    known = counted(db, since, until)
    here = _of_area(known, blind(db, since, until, now), where, area, _homes_of(db, area))
    facts = closings(db, month, where.keys() | {one.site for one in known})
    if not facts:
        return Report(here, None, None, "", [], {})
    then = {one.site: (one.grid, one.village) for one, _ in facts}
    old = _of_area(
        [each for one, _ in facts for each in one.alerts], {h: s for one, _ in facts for h, s in one.blind_s.items()},
        then, area, _homes_of(db, area),
    )  # fmt: skip
    at, by = min((at, one.by) for one, at in facts)
    return Report(here, old, at, by, changes(old.alerts, here.alerts), _blind_changes(old.blind_s, here.blind_s))


def counted(db: Connection, since: int, until: int) -> list[Counted]:
    """Every alert raised in the span, drills too, as it is known now."""
    r = responses.c
    query = (
        select(r.alert, r.home, r.site, r.danger, r["class"], r.raised_at, r.drill, r.told_at, r.going_at, r.arrived_at)
        .add_columns(r.closed_at, r.outcome, alerts.c.state)
        .outerjoin(alerts, alerts.c.alert == r.alert)
        .where(r.raised_at >= since, r.raised_at < until)
        .order_by(r.raised_at, r.alert)
    )
    found = []
    for alert, home, site, danger, number, raised, drill, told, going, arrived, closed, outcome, state in db.execute(
        query
    ):
        chain = _chain(state).terms.chain if state else {}
        found.append(Counted(
            alert=alert, home=home, site=site, danger=danger, alert_class=number, raised_at=raised, drill=bool(drill),
            told_at=told, answered_at=min((at for at in (going, arrived) if at is not None), default=None),
            arrived_at=arrived, closed_at=closed, outcome=outcome,
            watchers=sorted({who for level in _WATCHING for who in chain.get(level, [])}),
        ))  # fmt: skip
    return found


def blind(db: Connection, since: int, until: int, now: int) -> dict[str, int]:
    """Home -> seconds in which nobody saw it, of all causes, none twice."""
    seconds = {one.home: sum(one.seconds.values()) for one in ledgers(db, since, until, now)}
    return {home: total for home, total in seconds.items() if total}


def _where(db: Connection) -> dict[str, tuple[str, str]]:
    """Site -> its grid and village."""
    villages = {grid.id: grid.village for grid in places.grids(db)}
    return {site.id: (site.grid, villages.get(site.grid, "")) for site in places.sites(db)}


def _homes_of(db: Connection, area: Area) -> dict[str, str]:
    """The homes of an area, as registered now, with their site; only for whose blind time is asked."""
    h, c = tables.homes, tables.chains
    query = select(h.c.id, h.c.site)
    if area.kind == "watcher":
        mine = select(c.c.home).where(c.c.person == area.id, c.c.level.in_(_WATCHING))
        query = query.where(h.c.id.in_(mine))
    return {row.id: row.site for row in db.execute(query)}


def sites_of_homes(db: Connection) -> dict[str, str]:
    """Home -> its site, of all."""
    return _homes_of(db, Area())


def month_at(at: int) -> str:
    """`2026-11`, as the town counts months."""
    return _local(at).strftime("%Y-%m")


def month_before(at: int) -> str:
    """The month before the one of this moment."""
    return (_local(at).replace(day=1) - dt.timedelta(days=1)).strftime("%Y-%m")


def _local(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp((at + LOCAL_OFFSET) // SECOND, dt.UTC)


def _of_area(
    found: Sequence[Counted], blind_s: Mapping[str, int], where: Mapping[str, tuple[str, str]], area: Area,
    homes: Mapping[str, str],
) -> Counting:  # fmt: skip
    def inside(site: str) -> bool:
        grid, village = where.get(site, ("", ""))
        return area.kind in {"town", "watcher"} or area.id == (grid if area.kind == "grid" else village)

    if area.kind == "watcher":
        mine = [one for one in found if area.id in one.watchers]
    else:
        mine = [one for one in found if inside(one.site)]
    return Counting(mine, {home: s for home, s in blind_s.items() if home in homes and inside(homes[home])})


def closings(db: Connection, month: str, sites: Collection[str]) -> list[tuple[MonthClosed, int]]:
    """The closed month, site by site, and when; none: it is open."""
    streams = [stream_of(month, site) for site in sites]
    found = []
    for few in pieces(streams):
        query = select(events).where(events.c.stream.in_(few), events.c.version.is_not(None))
        for row in db.execute(query.order_by(events.c.position)):
            fact = load(row.type, row.data)
            if isinstance(fact, MonthClosed):
                found.append((fact, row.at))
    return found


def changes(before: Sequence[Counted], after: Sequence[Counted]) -> list[Change]:
    """Alert by alert what is counted otherwise, in order of time."""
    old, new = ({one.alert: one for one in each} for each in (before, after))
    found = []
    for alert in old.keys() | new.keys():
        what = differences(old.get(alert), new.get(alert))
        if what:
            found.append(Change(alert, old.get(alert), new.get(alert), what))
    return sorted(found, key=lambda one: ((one.after or one.before).raised_at, one.alert))  # type: ignore[union-attr]  # one of them is there


def _blind_changes(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    pairs = {home: (before.get(home, 0), after.get(home, 0)) for home in sorted(before.keys() | after.keys())}
    return {home: pair for home, pair in pairs.items() if pair[0] != pair[1]}
