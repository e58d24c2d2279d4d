"""Places: town, village, grid and home as a list and as a schematic map of tiles, each level leading up and down."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from alerts.projections.spots import sketch
from alerts.projections.standings import Standing
from alerts.projections.territories import ALERT_STATES, counted, territories
from api.asking import Homes, Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.problems import Problem
from api.services import Services

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PlaceId = Annotated[str, Path(max_length=64)]
_HOMES_SHOWN = 150
"""In a larger town the map of the whole town shows grids; homes are seen a step further down."""
_GRIDS_SHOWN = 150
"""In a county the map shows villages, and grids a step further down."""


@router.get("/places")
def town(request: Request, db: Snapshot, who: Reader, serving: Serving, known: Homes) -> HTMLResponse:
    """The whole town."""
    del who
    return _place("places.html", request, db, serving, known)


@router.get("/places/live")
def town_again(request: Request, db: Snapshot, who: Reader, serving: Serving, known: Homes) -> HTMLResponse:
    """The same, the part that changes."""
    del who
    return _place("places_live.html", request, db, serving, known)


@router.get("/places/villages/{village_id}")
def village(
    request: Request, village_id: PlaceId, db: Snapshot, who: Reader, serving: Serving, known: Homes
) -> HTMLResponse:
    """One village with its grids."""
    del who
    return _place("places.html", request, db, serving, known, village=village_id)


@router.get("/places/villages/{village_id}/live")
def village_again(
    request: Request, village_id: PlaceId, db: Snapshot, who: Reader, serving: Serving, known: Homes
) -> HTMLResponse:
    """The same, the part that changes."""
    del who
    return _place("places_live.html", request, db, serving, known, village=village_id)


@router.get("/places/grids/{grid_id}")
def grid(request: Request, grid_id: PlaceId, db: Snapshot, who: Reader, serving: Serving, known: Homes) -> HTMLResponse:
    """One grid with its homes."""
    del who
    return _place("places.html", request, db, serving, known, grid=grid_id)


@router.get("/places/grids/{grid_id}/live")
def grid_again(
    request: Request, grid_id: PlaceId, db: Snapshot, who: Reader, serving: Serving, known: Homes
) -> HTMLResponse:
    """The same, the part that changes."""
    del who
    return _place("places_live.html", request, db, serving, known, grid=grid_id)


def _place(
    template: str, request: Request, db: Connection, serving: Services, known: Mapping[str, Standing], *,
    village: str = "", grid: str = "",
) -> HTMLResponse:  # fmt: skip
    say = sentences_for(request, db, serving)
    found = territories(db, say.now, known, village=village, grid=grid)
    if (village or grid) and not found:
        raise Problem(404)
    tiles = [tile for each in found for tile in each.tiles]
    level = "grid" if grid else "village" if village else "town"
    at = f"/{level}s/{grid or village}" if level != "town" else ""
    shown = level != "town" or len(tiles) <= _HOMES_SHOWN
    folded = level == "town" and sum(len(each.grids) for each in found) > _GRIDS_SHOWN
    if shown:
        say.names.expect(home_ids=[tile.id for tile in tiles])
    return page(
        request, template, say, villages=found,
        sketches={each.id: sketch({tile.id: tile.spot for tile in each.tiles if tile.spot}) for each in found if shown},
        tiles={tile.id: tile for tile in tiles}, level=level, counts=counted(tiles), total=len(tiles),
        homes_shown=shown, folded=folded, address=f"/places{at}", alert_states=ALERT_STATES,
    )  # fmt: skip
