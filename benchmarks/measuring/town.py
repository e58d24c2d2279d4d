"""A town made up for measuring, imported as any other: homes with four motion sensors and a CO alarm each."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml

from alerts.commands.adopting import adopt
from alerts.registry.importing import apply, check
from events.database import Database
from events.keepers import make_database
from ingest.models import load_models
from shouwang.operations.migrating import migrate

MOTION = ("hall-1", "bed-1", "kitchen-1", "yard-1")
_HOMES_PER_SITE = 5
_SITES_PER_VILLAGE = 30
"""A site has a watcher and a grid member of its own: nobody has more open alerts than numbers to answer by (nine)."""


def site_of(home: int) -> str:
    """The site of the home with this house number; the numbers begin at 1."""
    return f"s{(home - 1) // _HOMES_PER_SITE + 1:04d}"


def co_alarm(home: int) -> str:
    """Its address on the wire."""
    return f"{site_of(home)}/co-{home}"


def devices(homes: int) -> Iterator[str]:
    """All devices of so many homes, `site/device` as on the wire, home by home, five each."""
    for home in range(1, homes + 1):
        yield from (f"{site_of(home)}/{name}-{home}" for name in MOTION)
        yield co_alarm(home)


def settle(database: Database, homes: int, at: int, *, county: bool = False) -> None:
    """Import a town of so many homes as of `at` (microseconds UTC), where this program's rules are in force.

    Of a county: many villages, and everybody has agreed.
    """
    adopt(database, at)
    models = {name: msgspec.to_builtins(model) for name, model in load_models().items()}
    apply(database, check(_town(homes, county=county), models), at)


def new_database(address: str | Path) -> Database:
    """With all tables of the service."""
    database = make_database(address)
    migrate(database)
    return database


def village_of(site: int) -> int:
    """In a county the number of the village in which the site of this number lies."""
    return (site - 1) // _SITES_PER_VILLAGE + 1


def _town(homes: int, *, county: bool) -> str:
    sites = list(dict.fromkeys(map(site_of, range(1, homes + 1))))
    people = [_person(f"w-{site}", "watcher", n) for n, site in enumerate(sites, 1)]
    people += [_person(f"s-{site}", "watcher", n) for n, site in enumerate(sites, 2001)]
    people += [_person(f"g-{site}", "grid_member", n) for n, site in enumerate(sites, 4001)]
    numbers = range(1, village_of(len(sites)) + 1 if county else 2)
    people += [_person(f"v-{n}", "village_head", 9000 + n) for n in numbers] + [_person("t-1", "town_officer", 9999)]
    village = {site: f"v{village_of(n) if county else 1}" for n, site in enumerate(sites, 1)}
    agreed = {"consent": "2020-01-05"} if county else {}
    return yaml.dump(
        {
            "town": {"id": "measured", "name": "测速镇", "name_en": "Measured Town", "signature": "示例守望"},
            "people": people,
            "villages": [{"id": f"v{n}", "name": "测速村" if n == 1 else f"测速{n}村", "head": f"v-{n}"} for n in numbers],
            "grids": [{"id": f"grid-{s}", "village": village[s], "name": f"{s}网格", "member": f"g-{s}"} for s in sites],
            "sites": [{"id": s, "name": f"{s}组", "grid": f"grid-{s}"} for s in sites],
            "homes": [_home(n) | agreed for n in range(1, homes + 1)],
        },
        Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True,
    )  # fmt: skip


def _person(name: str, role: str, number: int) -> dict[str, object]:
    return {
        "id": name, "name": f"某{name}", "role": role,
        "phones": [{"number": f"+861200000{number:04d}", "verified": "2020-01-05"}],
    }  # fmt: skip


def _home(number: int) -> dict[str, object]:
    devices = [{"id": f"{name}-{number}", "model": "motion-pir", "room": "堂屋"} for name in MOTION]
    return {
        "id": f"h{number}", "site": site_of(number), "number": (number - 1) % 9999 + 1, "address": f"测速村{number}号",
        "residents": [{"name": "某某", "born": 1941}], "watcher": f"w-{site_of(number)}",
        "second_watcher": f"s-{site_of(number)}",
        "no_activity_hours": 12,
        "devices": [*devices, {"id": f"co-{number}", "model": "co-alarm", "room": "卧室"}],
    }  # fmt: skip
