"""Town, village, grid, home: how it stands in each place, worst first. Built from the homes a reader may see, and from nothing else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from alerts.projections import alerts, homes
from alerts.projections.spots import Spot
from alerts.projections.standings import Standing
from alerts.registry import tables

ALERT_STATES: Final = ("class1", "class2", "area", "class3")
STATES: Final = (*ALERT_STATES, *homes.WORST_FIRST)
"""How a home can stand, the worst first: an open alert comes before the word for its protection."""


@dataclass(frozen=True)
class Tile:
    """A home: its state, and the open alert that is behind it if one is."""

    id: str
    number: int
    state: str
    status: str
    danger: str = ""
    alert: str = ""
    spot: Spot | None = None


@dataclass
class Grid:
    """A micro-grid with its homes; `alerts`: states of open alerts that belong to a site and to no home."""

    id: str
    name: str
    name_en: str
    village: str
    tiles: list[Tile] = field(default_factory=list)
    alerts: list[Tile] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """State -> how many homes, the worst first."""
        return counted(self.tiles)

    @property
    def worst(self) -> str:
        """The worst state in it."""
        return min((tile.state for tile in [*self.tiles, *self.alerts]), key=STATES.index, default="retired")


@dataclass
class Village:
    """A village with its grids."""

    id: str
    name: str
    name_en: str
    grids: list[Grid] = field(default_factory=list)

    @property
    def tiles(self) -> list[Tile]:
        """All its homes."""
        return [tile for grid in self.grids for tile in grid.tiles]

    @property
    def counts(self) -> dict[str, int]:
        """State -> how many homes, the worst first."""
        return counted(self.tiles)

    @property
    def worst(self) -> str:
        """The worst state in it."""
        return min((grid.worst for grid in self.grids), key=STATES.index, default="retired")


def counted(tiles: list[Tile]) -> dict[str, int]:
    """State -> how many, the worst first; states nobody is in are left out."""
    found = Counter(tile.state for tile in tiles)
    return {state: found[state] for state in STATES if found[state]}


def territories(
    db: Connection, now: int, standing: Mapping[str, Standing], *, village: str = "", grid: str = ""
) -> list[Village]:
    """Every village in which this reader sees a home, in the order of the town file; worst homes first within a grid.

    With `village` or `grid` only what lies in it. `standing`: how the reader's homes stand.
    """
    behind, of_sites = _alerts_of(db, now)
    h, s, g, v = tables.homes, tables.sites, tables.grids, tables.villages
    query = (
        select(
            h.c.id, h.c.number, h.c.east, h.c.north, s.c.id.label("site"), g.c.id.label("grid"), g.c.name, g.c.name_en,
            v.c.id.label("village"), v.c.name.label("village_name"), v.c.name_en.label("village_name_en"),
        )
        .select_from(h).join(s, s.c.id == h.c.site).join(g, g.c.id == s.c.grid).join(v, v.c.id == g.c.village)
        .order_by(v.c.place, v.c.id, g.c.place, g.c.id, s.c.place, s.c.id, h.c.number, h.c.id)
    )  # fmt: skip
    if village or grid:
        query = query.where(g.c.id == grid if grid else v.c.id == village)
    villages: dict[str, Village] = {}
    grids: dict[str, Grid] = {}
    sites: dict[str, str] = {}
    for row in db.execute(query):
        around = villages.setdefault(row.village, Village(row.village, row.village_name, row.village_name_en))
        if row.grid not in grids:
            grids[row.grid] = Grid(row.grid, row.name, row.name_en, row.village)
            around.grids.append(grids[row.grid])
        sites[row.site] = row.grid
        seen = standing.get(row.id)
        status = seen.status if seen else "not_protected"
        state, danger, alert = behind.get(row.id, (status, "", ""))
        spot = None if row.east is None or row.north is None else (row.east, row.north)
        grids[row.grid].tiles.append(Tile(row.id, row.number, state, status, danger, alert, spot))
    for site, (state, danger, alert) in of_sites.items():
        if site in sites:
            grids[sites[site]].alerts.append(Tile(site, 0, state, "", danger, alert))
    for each in grids.values():
        each.tiles.sort(key=lambda tile: STATES.index(tile.state))
    return list(villages.values())


Behind = tuple[str, str, str]


def _alerts_of(db: Connection, now: int) -> tuple[Mapping[str, Behind], Mapping[str, Behind]]:
    """Home -> its worst open alert: state, danger, id; and site -> the worst that belongs to none of its homes."""
    of_homes: dict[str, Behind] = {}
    of_sites: dict[str, Behind] = {}
    for alert in alerts.open_alerts(db, now):
        if alert.area_homes:
            for home in alert.area_homes:
                _keep(of_homes, home, ("area", alert.danger, alert.id))
        elif alert.alert_class in {1, 2, 3}:
            kept = of_homes if alert.home else of_sites
            _keep(kept, alert.home or alert.site, (f"class{alert.alert_class}", alert.danger, alert.id))
    return of_homes, of_sites


def _keep(found: dict[str, Behind], name: str, behind: Behind) -> None:
    if name not in found or STATES.index(behind[0]) < STATES.index(found[name][0]):
        found[name] = behind
