"""Blind time: since when a home cannot be seen and why, and the ledger of the minutes in which nobody saw it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from alerts.projections import blindness, homes
from api.asking import Reader, Serving, Snapshot
from api.problems import Problem

router = APIRouter(tags=["homes"])

Month = Annotated[str | None, Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="As 2027-01; else 30 days.")]
_DAYS = 30


@router.get("/blindness")
def read_blindness(db: Snapshot, who: Reader, serving: Serving, month: Month = None) -> dict[str, Any]:
    """Of all homes that were blind in the month, or in the last 30 days: seconds by cause, and who is dark now."""
    del who
    now = serving.now()
    since, until = _span(month, now)
    found = blindness.ledgers(db, since, until, now)
    total: dict[str, int] = {}
    for one in found:
        for cause, seconds in one.seconds.items():
            total[cause] = total.get(cause, 0) + seconds
    return {
        "since": since, "until": until, "seconds": total,
        "homes": [{"home": one.home, "seconds": dict(one.seconds)} for one in found],
        "dark_now": [_sight(one) for one in blindness.dark_homes(db)],
    }  # fmt: skip


@router.get("/homes/{home_id}/blindness")
def read_home_blindness(
    home_id: Annotated[str, Path(max_length=64)], db: Snapshot, who: Reader, serving: Serving, month: Month = None
) -> dict[str, Any]:
    """Of one home, with each span (microseconds); a minute counts for one cause only."""
    del who
    now = serving.now()
    if homes.one(db, home_id, now) is None:
        raise Problem(404, "home_unknown", home=home_id)
    since, until = _span(month, now)
    (found,) = blindness.ledgers(db, since, until, now, home=home_id)
    sight = blindness.sight_of(db, home_id)
    return {
        "home": home_id, "since": since, "until": until, "seconds": dict(found.seconds),
        "spans": [span._asdict() for span in found.spans], "sight": _sight(sight) if sight else None,
    }  # fmt: skip


def _span(month: str | None, now: int) -> tuple[int, int]:
    return blindness.last_days(now, _DAYS) if month is None else blindness.month_of(month)


def _sight(sight: blindness.Sighted) -> dict[str, Any]:
    return {
        "home": sight.home, "state": sight.state, "since": sight.since, "dark": sight.dark, "known_by": sight.known_by,
    }  # fmt: skip
