"""Places: town, village, grid and home as a list and as a schematic map of tiles, each level leading up and down."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from alerts.projections.spots import sketch
from alerts.projections.territories import ALERT_STATES, Village, counted, territories
from api.asking import Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.problems import Problem
from api.services import Services

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PlaceId = Annotated[str, Path(max_length=64)]
_HOMES_SHOWN = 150
"""In a larger town the map of the whole town shows grids; homes are seen a step further down."""


@router.get("/places")
def town(request: Request, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """The whole town."""
    del who
    return _place("places.html", request, db, serving)


@router.get("/places/live")
def town_again(request: Request, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """The same, the part that changes."""
    del who
    return _place("places_live.html", request, db, serving)


@router.get("/places/villages/{village_id}")
def village(request: Request, village_id: PlaceId, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """One village with its grids."""
    del who
    return _place("places.html", request, db, serving, village=village_id)


@router.get("/places/villages/{village_id}/live")
def village_again(request: Request, village_id: PlaceId, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """The same, the part that changes."""
    del who
    return _place("places_live.html", request, db, serving, village=village_id)


@router.get("/places/grids/{grid_id}")
def grid(request: Request, grid_id: PlaceId, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """One grid with its homes."""
    del who
    return _place("places.html", request, db, serving, grid=grid_id)


@router.get("/places/grids/{grid_id}/live")
def grid_again(request: Request, grid_id: PlaceId, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """The same, the part that changes."""
    del who
    return _place("places_live.html", request, db, serving, grid=grid_id)


def _place(
    template: str, request: Request, db: Connection, serving: Services, *, village: str = "", grid: str = ""
) -> HTMLResponse:
    say = sentences_for(request, db, serving)
    found = [_narrowed(each, grid) for each in territories(db, say.now) if not village or each.id == village]
    found = [each for each in found if each.grids]
    if (village or grid) and not found:
        raise Problem(404)
    tiles = [tile for each in found for tile in each.tiles]
    level = "grid" if grid else "village" if village else "town"
    at = f"/{level}s/{grid or village}" if level != "town" else ""
    shown = level != "town" or len(tiles) <= _HOMES_SHOWN
    return page(
        request, template, say, villages=found,
        sketches={each.id: sketch({tile.id: tile.spot for tile in each.tiles if tile.spot}) for each in found if shown},
        tiles={tile.id: tile for tile in tiles}, level=level, counts=counted(tiles), total=len(tiles),
        homes_shown=shown, address=f"/places{at}", alert_states=ALERT_STATES,
    )  # fmt: skip


def _narrowed(village: Village, grid: str) -> Village:
    kept = [each for each in village.grids if not grid or each.id == grid]
    return Village(village.id, village.name, village.name_en, kept)
