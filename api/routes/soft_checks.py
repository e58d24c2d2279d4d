"""Soft checks over REST: when only the elder of a home was asked, and how it was answered."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from alerts.projections import homes
from alerts.projections.soft_checks import soft_checks_of
from api.asking import Reader, Serving, Snapshot
from api.problems import Problem

router = APIRouter(tags=["homes"])


@router.get("/homes/{home_id}/soft-checks")
def read_soft_checks(
    home_id: Annotated[str, Path(max_length=64)], db: Snapshot, who: Reader, serving: Serving
) -> dict[str, Any]:
    """The last ones, the newest first; times in microseconds. `answer`: key, passed, alert or waiting."""
    del who
    now = serving.now()
    if homes.one(db, home_id, now) is None:
        raise Problem(404, "home_unknown", home=home_id)
    return {"home": home_id, "asked": [each._asdict() for each in soft_checks_of(db, home_id, now)]}
