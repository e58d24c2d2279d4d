"""How fast people were told, answered, arrived and closed."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from alerts.projections import responses
from api.asking import Reader, Serving, Snapshot
from events.types.fact import DAY

router = APIRouter(tags=["alerts"])

Moment = Annotated[int | None, Query(ge=0, le=1 << 62)]


@router.get("/figures")
def read_figures(
    db: Snapshot, who: Reader, serving: Serving, since: Moment = None, until: Moment = None, drills: bool = False
) -> dict[str, Any]:  # fmt: skip
    """By class, of alerts raised in [since, until) (microseconds; left out: the last 30 days). Drills are counted apart.

    Spans are seconds since the alert was raised: `told` the provider took the first message, `going` somebody said that they
    go, `there` somebody arrived, `ended` it was closed. Targets: `kept`, `missed`, `waiting`.
    """
    del who
    now = serving.now()
    end = now + 1 if until is None else until
    begin = end - 30 * DAY if since is None else since
    found = responses.figures(db, begin, end, now, drills=drills)
    return {"since": begin, "until": end, "drills": drills, "classes": [asdict(one) for one in found]}
