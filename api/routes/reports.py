"""What the pages of reports count, for programs: a month of an area, and the load of the alarm screen."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from sqlalchemy import Connection

from alerts.projections import alarm_load, counting, reports
from alerts.projections.blindness import month_of
from alerts.projections.reports import Area, Counting
from alerts.projections.sounded import LONGEST, sounded
from alerts.registry import people, places
from api.asking import Reader, Serving, Snapshot
from api.problems import Problem
from events.types.fact import DAY

router = APIRouter(tags=["reports"])

Month = Annotated[str, Path(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
Moment = Annotated[int | None, Query(ge=0, le=1 << 62)]
_KINDS: Final = ("town", "village", "grid", "watcher")


def area_of(text: str) -> Area:
    """`town`, or `village:dp`. Raises Problem."""
    kind, _, id = (text or "town").partition(":")
    if kind not in _KINDS or (kind == "town") == bool(id):
        raise Problem(404, "area_unknown")
    return Area(kind, id)  # type: ignore[arg-type]  # looked at above


def _exists(db: Connection, area: Area) -> bool:
    match area.kind:
        case "village":
            return any(each.id == area.id for each in places.villages(db))
        case "grid":
            return any(each.id == area.id for each in places.grids(db))
        case "watcher":
            known = people.person(db, area.id)
            return known is not None and known.role == "watcher"
    return True


@router.get("/reports/{month}")
def read_month(
    month: Month, db: Snapshot, who: Reader, serving: Serving, area: Annotated[str, Query(max_length=80)] = "town"
) -> dict[str, Any]:
    """The figures of a month (`2026-11`) of the town, `village:<id>`, `grid:<id>` or `watcher:<id>`, as far as you may see it.

    By line (classes 1 to 5, `all`, and `drill`, which is in no other): `count`, `share`, and in seconds the `spread` from when
    an alert was raised. `closed`: as the month was closed, which stands; null while it is open. `now`: as it is known now.
    """
    del who
    asked, (since, until) = area_of(area), month_of(month)
    if not _exists(db, asked):
        raise Problem(404, "area_unknown")
    found = reports.report(db, month, since, until, asked, serving.now())
    return {
        "month": month, "area": area, "since": since, "until": until, "closed_at": found.closed_at,
        "closed_by": found.closed_by, "closed": _figures(found.closed) if found.closed else None,
        "now": _figures(found.now),
    }  # fmt: skip


def _figures(counted: Counting) -> dict[str, Any]:
    of = counting.Figures(counted.alerts)
    names = (*counting.COUNTS, *counting.SPANS)
    outcomes = counting.outcomes_in(counted.alerts)
    return {
        "lines": {line: {name: asdict(of(line, name)) for name in names} for line in counting.LINES if of.lines[line]},
        "outcomes": {each: of(counting.ALL, f"{counting.OUTCOME}{each}").count for each in outcomes},
        "blind": {"homes": len(counted.blind_s), "seconds": sum(counted.blind_s.values())},
    }  # fmt: skip


@router.get("/load")
def read_load(
    db: Snapshot, who: Reader, serving: Serving, since: Moment = None, until: Moment = None
) -> dict[str, Any]:
    """The load of the alarm screen in [since, until) (microseconds, 31 days at most; left out: the last day).

    By EEMUA 191 and ISA-18.2; docs/reports.md says how each figure is counted. Alerts are named by their ids.
    """
    del who
    end = serving.now() + 1 if until is None else until
    begin = max(0, end - DAY) if since is None else since
    if not 0 < end - begin <= LONGEST:
        raise Problem(422)
    found = sounded(db, begin, end)
    count, at = found.busiest()
    return {
        "since": begin, "until": end, "raised": len(found.raised), "an_hour": found.an_hour,
        "busiest": {"count": count, "since": at}, "flood_share": found.flood_share,
        "classes": {each.name: each.count for each in found.by_class()},
        "top": {what: [asdict(each) for each in found.top(what)] for what in alarm_load.TOPS},
        "chattering": [
            {"place": each.which.place, "danger": each.which.danger, "times": each.times, "alerts": _ids(alarm_load.behind(found, "chattering", each.subject))}
            for each in found.chattering()
        ],
        "standing": _ids(found.standing), "acknowledged": asdict(found.acknowledged()),
        "drills": _ids(found.drills), "suspected": _ids(found.suspected),
    }  # fmt: skip


def _ids(found: list[alarm_load.Sounded]) -> list[str]:
    return [one.alert for one in found]
