"""A town made up for rounds of faults: as many homes as wished, each with the same devices and people of its own site."""

import re
from dataclasses import dataclass

import msgspec
import yaml

from alerts.registry.importing import apply, check
from events.database import Database
from ingest.models import load_models

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""Towns are large: ten times as fast where it is built in."""
HOMES_A_SITE = 4
"""So that nobody has more open alerts (CO and SOS of each home) than numbers to answer by, which are nine."""
_SITES_A_VILLAGE = 5
_MODELS = {"hall": "motion-pir", "bed": "motion-pir", "door": "door-contact", "co": "co-alarm", "sos": "sos-button"}


@dataclass(frozen=True)
class Town:
    """Homes are numbered from 1; the number is also the house number that messages speak of."""

    homes: int

    def site(self, home: int) -> str:
        """The natural village it lies in."""
        return f"s{(home - 1) // HOMES_A_SITE + 1:04d}"

    def device(self, home: int, what: str) -> str:
        """Its address on the wire, `site/device`; `what` is hall, bed, door, co or sos."""
        return f"{self.site(home)}/{what}-{home}"

    def home_of(self, device: str) -> int:
        """The house number of a device."""
        return int(device.rpartition("-")[2])

    def at_once(self, home: int) -> dict[str, str]:
        """Who is told of a danger to life in the first second: person -> phone number."""
        number = int(self.site(home)[1:])
        return {f"w-{self.site(home)}": _phone(number), f"g-{self.site(home)}": _phone(4000 + number)}

    def named(self, home: int, text: str) -> bool:
        """Does a message speak of this house?"""
        return re.search(rf"(?<!\d){home}号", text) is not None

    def settle(self, database: Database, at: int) -> None:
        """Import it as of `at` (microseconds UTC)."""
        models = {name: msgspec.to_builtins(model) for name, model in load_models().items()}
        apply(database, check(self.file(), models), at)

    def file(self) -> str:
        """The town file, as `shouwang import` takes it."""
        sites = list(dict.fromkeys(self.site(home) for home in range(1, self.homes + 1)))
        villages = sorted({_village(site) for site in sites})
        people = [_person(f"w-{site}", "watcher", int(site[1:])) for site in sites]
        people += [_person(f"g-{site}", "grid_member", 4000 + int(site[1:])) for site in sites]
        people += [_person(f"h-{name}", "village_head", 8000 + int(name[1:])) for name in villages]
        people.append(_person("t-1", "town_officer", 9900))
        return str(
            yaml.dump(
                {
                    "town": {"id": "made-up", "name": "示例镇", "signature": "示例守望"},
                    "people": people,
                    "villages": [{"id": name, "name": f"{name}村", "head": f"h-{name}"} for name in villages],
                    "grids": [
                        {"id": f"grid-{s}", "village": _village(s), "name": f"{s}网格", "member": f"g-{s}"}
                        for s in sites
                    ],
                    "sites": [{"id": s, "name": f"{s}组", "grid": f"grid-{s}"} for s in sites],
                    "homes": [self._home(number) for number in range(1, self.homes + 1)],
                },
                Dumper=_DUMPER,
                allow_unicode=True,
            )
        )

    def _home(self, number: int) -> dict[str, object]:
        return {
            "id": f"h{number}", "site": self.site(number), "number": number, "address": f"示例村{number}号",
            "residents": [{"name": "某某", "born": 1941}], "watcher": f"w-{self.site(number)}",
            "no_activity_hours": 12,
            "devices": [{"id": f"{what}-{number}", "model": model, "room": "堂屋"} for what, model in _MODELS.items()],
        }  # fmt: skip


def _village(site: str) -> str:
    return f"v{(int(site[1:]) - 1) // _SITES_A_VILLAGE + 1:03d}"


def _phone(number: int) -> str:
    return f"+861200000{number:04d}"


def _person(name: str, role: str, number: int) -> dict[str, object]:
    return {
        "id": name, "name": f"某{name}", "role": role,
        "phones": [{"number": _phone(number), "verified": "2026-01-05"}],
    }  # fmt: skip
