"""The register of pages: what the menu shows, and what every check of pages walks over.

To add a page: a route file, a template, its words, a line here and one in `api/access/rights.py`. Tests then look at it
in both languages, light and dark, on a phone and on paper, with axe, and as every role.
"""

from dataclasses import dataclass
from typing import Final

from api.access.rights import may
from api.access.who import Role


@dataclass(frozen=True)
class Page:
    """An address with its blanks. `menu`: the key of its word in the menu, "" for pages reached from others."""

    name: str
    address: str
    menu: str = ""

    def for_role(self, role: Role | None) -> bool:
        """May this role open it?"""
        return may(role, f"GET {self.address}")


PAGES: Final = (
    Page("board", "/", "nav.board"),
    Page("alert", "/alerts/{alert_id}"),
    Page("homes", "/homes", "nav.homes"),
    Page("home", "/homes/{home_id}"),
    Page("places", "/places", "nav.places"),
    Page("village", "/places/villages/{village_id}"),
    Page("grid", "/places/grids/{grid_id}"),
    Page("devices", "/devices", "nav.devices"),
    Page("device", "/devices/{site}/{device}"),
    Page("new_device", "/devices/new"),
    Page("quarantine", "/quarantine", "nav.quarantine"),
    Page("quarantined", "/quarantine/{number}"),
    Page("people", "/people", "nav.people"),
    Page("chains", "/people/chains"),
    Page("person", "/people/{person_id}"),
    Page("reports", "/reports", "nav.reports"),
    Page("behind", "/reports/behind"),
    Page("load", "/reports/load"),
    Page("load_behind", "/reports/load/behind"),
    Page("rules", "/rules", "nav.rules"),
    Page("rule", "/rules/{name}"),
    Page("trial", "/rules/trials/{trial}"),
    Page("handover", "/handover", "nav.handover"),
    Page("admin", "/admin", "nav.admin"),
    Page("audit", "/admin/audit"),
    Page("account", "/account"),
    Page("locked", "/locked"),
)


def menu_for(role: Role | None) -> list[Page]:
    """The pages of the menu that this role may open."""
    return [page for page in PAGES if page.menu and page.for_role(role)]
