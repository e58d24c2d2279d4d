"""Away mode: an operator says that the elder is away, or back."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from alerts.commands import away as commands
from api.access.audit import note_down
from api.asking import Operator, Serving
from api.problems import Problem
from api.routes.shapes import Given
from api.services import Services

router = APIRouter(tags=["homes"])

HomeId = Annotated[str, Path(min_length=1, max_length=64)]


class Away(Given):
    """For how many days silence is not judged."""

    days: Annotated[int, Field(ge=1, le=commands.MOST_DAYS)]


class AwayOut(BaseModel):
    """Until when, microseconds since 1970 UTC; None: the elder is at home."""

    home: str
    away_until: int | None


@router.post("/homes/{home_id}/away")
def set_away(home_id: HomeId, away: Away, who: Operator, serving: Serving) -> AwayOut:
    """The elder is away; carbon monoxide, smoke, gas and SOS stay armed."""
    return AwayOut(home=home_id, away_until=said_away(serving, home_id, away.days, who.id))


@router.post("/homes/{home_id}/back")
def end_away(home_id: HomeId, who: Operator, serving: Serving) -> AwayOut:
    """The elder is back."""
    said_back(serving, home_id, who.id)
    return AwayOut(home=home_id, away_until=None)


def said_away(serving: Services, home: str, days: int, by: str) -> int:
    """Recorded, and noted who said so; until when."""
    try:
        until = commands.set_away(serving.database, home, days=days, by=by, at=serving.now())
    except commands.HomeUnknown:
        raise Problem(404, "home_unknown", home=home) from None
    note_down(serving.database, at=serving.now(), who=by, what=f"away for {days} days", ref=home)
    return until


def said_back(serving: Services, home: str, by: str) -> None:
    """Recorded, and noted who said so."""
    try:
        commands.end_away(serving.database, home, by=by, at=serving.now())
    except commands.HomeUnknown:
        raise Problem(404, "home_unknown", home=home) from None
    note_down(serving.database, at=serving.now(), who=by, what="back home", ref=home)
