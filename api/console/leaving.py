"""Away and back, from the page of a home."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from alerts.commands.away import MOST_DAYS
from api.asking import Operator, Serving
from api.console.acting import done
from api.routes.away import said_away, said_back

router = APIRouter(include_in_schema=False)

HomeId = Annotated[str, Path(min_length=1, max_length=64)]


@router.post("/homes/{home_id}/away")
def away(
    request: Request, home_id: HomeId, who: Operator, serving: Serving,
    days: Annotated[int, Form(ge=1, le=MOST_DAYS)],
) -> Response:  # fmt: skip
    """For so many days."""
    said_away(serving, home_id, days, who.id)
    return done(request, serving, f"/homes/{home_id}")


@router.post("/homes/{home_id}/back")
def back(request: Request, home_id: HomeId, who: Operator, serving: Serving) -> Response:
    """At home again."""
    said_back(serving, home_id, who.id)
    return done(request, serving, f"/homes/{home_id}")
