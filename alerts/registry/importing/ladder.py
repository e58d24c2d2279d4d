"""Who stands on which level of a home's chain: its watchers, then up from its site by grid and village to the town."""

import msgspec

from alerts.registry.importing.planned import Plan


class Ladder(msgspec.Struct):
    """Each rung by id; a rung that is missing resolves to nobody."""

    grid_of: dict[str, str] = {}
    village_of: dict[str, str] = {}
    town_of: dict[str, str] = {}
    member: dict[str, str] = {}
    head: dict[str, str] = {}
    officers: dict[str, list[str]] = {}

    def take(self, plan: Plan) -> "Ladder":
        """What the file says stands above what was known."""
        self.grid_of |= {site.id: site.grid for site in plan.sites}
        self.village_of |= {grid.id: grid.village for grid in plan.grids}
        self.member |= {grid.id: grid.member for grid in plan.grids}
        self.head |= {village.id: village.head for village in plan.villages}
        self.town_of |= {village.id: plan.town.id for village in plan.villages}
        self.officers[plan.town.id] = [person.id for person in plan.people if person.role == "town_officer"]
        return self

    def village_at(self, site: str) -> str:
        """The village of a site, "" when it is unknown."""
        return self.village_of.get(self.grid_of.get(site, ""), "")

    def chain(self, site: str, watcher: list[str], second_watcher: list[str]) -> dict[str, list[str]]:
        """Level -> person ids, every level present."""
        village = self.village_at(site)
        return {
            "watcher": watcher,
            "second_watcher": second_watcher,
            "grid_member": _some(self.member.get(self.grid_of.get(site, ""))),
            "village": _some(self.head.get(village)),
            "town": self.officers.get(self.town_of.get(village, ""), []),
        }


def _some(person: str | None) -> list[str]:
    return [person] if person else []
