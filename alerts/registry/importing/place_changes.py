"""What a plan changes about the town, its villages, grids and sites."""

import json

from alerts.core.policy import ALTITUDE, scope_of_site
from alerts.registry import tables
from alerts.registry.importing.changes import Changes
from alerts.registry.importing.ladder import Ladder
from alerts.registry.importing.planned import Plan
from events.types.home import SiteRegistered
from events.types.setting import SettingChanged


def change_places(plan: Plan, changes: Changes) -> None:
    """A site is registered again when its grid or village is another one."""
    town, held = plan.town, changes.held
    old = held.towns.get(town.id)
    new = {
        "id": town.id, "place": old["place"] if old else len(held.towns), "name": town.name, "name_en": town.name_en,
        "signature": town.signature, "signature_en": town.signature_en,
    }  # fmt: skip
    changes.put(tables.towns, old, new)
    for place, village in enumerate(plan.villages):
        new = {
            "id": village.id, "place": place, "town": town.id, "name": village.name, "name_en": village.name_en,
            "head": village.head,
        }  # fmt: skip
        changes.put(tables.villages, held.villages.get(village.id), new)
    for place, grid in enumerate(plan.grids):
        new = {
            "id": grid.id, "place": place, "village": grid.village, "name": grid.name, "name_en": grid.name_en,
            "member": grid.member,
        }  # fmt: skip
        changes.put(tables.grids, held.grids.get(grid.id), new)
    _change_sites(plan, changes)


def _change_sites(plan: Plan, changes: Changes) -> None:
    held, now = changes.held, changes.now
    before, after = held.ladder(), held.ladder().take(plan)
    since: dict[str, int] = {}
    for home in plan.homes:
        since[home.site] = min(since.get(home.site, now), changes.begins(home.since))
    for place, site in enumerate(plan.sites):
        old = held.sites.get(site.id)
        new = {"id": site.id, "place": place, "grid": site.grid, "name": site.name, "name_en": site.name_en}
        changes.put(tables.sites, old, new)
        if site.altitude_m is not None and site.altitude_m != held.altitudes.get(site.id):
            height = SettingChanged(
                name=ALTITUDE, value=json.dumps(site.altitude_m), scope=scope_of_site(site.id), by="import"
            )
            changes.decide("settings", "all", height, now)
        if old is None or _where(before, site.id) != _where(after, site.id):
            at = since.get(site.id, now) if old is None else now
            fact = SiteRegistered(site=site.id, village=after.village_at(site.id), grid=site.grid)
            changes.decide(f"site-{site.id}", site.id, fact, at)
    for id in held.sites.keys() - {site.id for site in plan.sites}:
        if _where(before, id) != _where(after, id):
            fact = SiteRegistered(site=id, village=after.village_at(id), grid=after.grid_of[id])
            changes.decide(f"site-{id}", id, fact, now)


def _where(ladder: Ladder, site: str) -> tuple[str | None, str]:
    return ladder.grid_of.get(site), ladder.village_at(site)
