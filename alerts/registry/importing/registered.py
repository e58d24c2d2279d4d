"""What the registry holds already, and where a file, sound by itself, contradicts it."""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, select

from alerts.core.policy import ALTITUDE, scope_of_site, scope_of_village
from alerts.registry import tables
from alerts.registry.importing.check import ahead
from alerts.registry.importing.faults import Fault
from alerts.registry.importing.ladder import Ladder
from alerts.registry.importing.planned import Plan
from events.store import read_stream
from events.types.setting import SettingChanged

Row = dict[str, Any]
_OF_THE_HOME: Final = frozenset({ALTITUDE, "no_activity_s"})
"""A home has its limit from the file; the altitude is the site's own."""


class Registered(msgspec.Struct):
    """All rows by id; residents and chains by home, phones by person (withdrawn ones too).

    `altitudes`: metres by site, as set. `of_places`: scope of a site or a village, name and value of each setting, in order.
    """

    towns: dict[str, Row]
    villages: dict[str, Row]
    grids: dict[str, Row]
    sites: dict[str, Row]
    homes: dict[str, Row]
    people: dict[str, Row]
    devices: dict[str, Row]
    residents: dict[str, list[Row]]
    chains: dict[str, list[Row]]
    phones: dict[str, list[Row]]
    class_chains: dict[str, list[Row]]
    rotas: dict[str, Row]
    leaves: dict[str, list[Row]]
    holidays: list[Row]
    covers: dict[str, Row]
    altitudes: dict[str, float]
    of_places: list[tuple[str, str, str]]

    def inherited(self, site: str, village: str) -> dict[str, str]:
        """What a home that is new here is given: of each number what was set last for its site or its village."""
        here = {scope_of_site(site), scope_of_village(village)}
        return {name: value for scope, name, value in self.of_places if scope in here and name not in _OF_THE_HOME}

    def ladder(self) -> Ladder:
        """The rungs as registered; officers are read back from chains, where their order is kept."""
        ladder = Ladder(
            grid_of={id: row["grid"] for id, row in self.sites.items()},
            village_of={id: row["village"] for id, row in self.grids.items()},
            town_of={id: row["town"] for id, row in self.villages.items()},
            member={id: row["member"] for id, row in self.grids.items()},
            head={id: row["head"] for id, row in self.villages.items()},
        )
        for home, chain in self.chains.items():
            if "town" in self.own_levels(home).get("all", {}):
                continue  # not the town's officers, but this home's own
            town = ladder.town_of.get(ladder.village_at(self.homes[home]["site"]), "")
            ladder.officers.setdefault(town, [row["person"] for row in chain if row["level"] == "town"])
        return ladder

    def own_levels(self, home: str) -> dict[str, dict[str, list[str]]]:
        """Class of alert, or `all` -> levels in which this home is other than its place in the town."""
        found: dict[str, dict[str, list[str]]] = {}
        for row in self.class_chains.get(home, []):
            found.setdefault(row["class"], {}).setdefault(row["level"], []).append(row["person"])
        return found

    def level(self, home: str, level: str) -> list[str]:
        """Who stands on one level of a registered chain."""
        return [row["person"] for row in self.chains.get(home, []) if row["level"] == level]


def load(db: Connection) -> Registered:
    """Read it whole: a plan touches most of it."""
    return Registered(
        towns=_by_id(db, tables.towns),
        villages=_by_id(db, tables.villages),
        grids=_by_id(db, tables.grids),
        sites=_by_id(db, tables.sites),
        homes=_by_id(db, tables.homes),
        people=_by_id(db, tables.people),
        devices=_by_id(db, tables.devices),
        residents=_by(db, tables.residents, "home"),
        chains=_by(db, tables.chains, "home"),
        phones=_by(db, tables.phones, "person"),
        class_chains=_by(db, tables.class_chains, "home"),
        rotas=_by_id(db, tables.rotas),
        leaves=_by(db, tables.leaves, "person"),
        holidays=[
            dict(row) for row in db.execute(select(tables.holidays).order_by(tables.holidays.c.since)).mappings()
        ],
        covers={row["entry"]: dict(row) for row in db.execute(select(tables.holiday_covers)).mappings()},
        altitudes=_altitudes(db),
        of_places=_of_places(db),
    )


def clashes(plan: Plan, held: Registered, now: int) -> list[Fault]:
    """Faults that only show against the registry and the moment."""
    found = ahead(plan, now)
    planned = {home.id for home in plan.homes}
    houses = {(row["site"], row["number"]): id for id, row in held.homes.items() if id not in planned}
    for home in plan.homes:
        known = held.homes.get(home.id)
        if known is not None and known["site"] != home.site:
            was = known["site"]
            found.append(
                Fault(*home.at("site"), f"一户不能换片区，原为 {was}", f"a home has one site for ever; it was {was}")
            )
        if other := houses.get((home.site, home.number)):
            found.append(Fault(*home.at("number"), f"门牌号已属 {other}", f"{other} has this house number already"))
    found.extend(_moved_before_it_hung(plan, held))
    in_file = {person.id for person in plan.people if person.phones is not None}
    owners = {
        row["number"]: row["person"]
        for phones in held.phones.values()
        for row in phones
        if row["verified_at"] is not None and row["withdrawn_at"] is None and row["person"] not in in_file
    }
    for person in plan.people:
        for phone in person.phones or []:
            if owner := owners.get(phone.number):
                found.append(Fault(*phone.at("number"), f"号码已属 {owner}", f"this number belongs to {owner}"))
    return found


def _moved_before_it_hung(plan: Plan, held: Registered) -> Iterator[Fault]:
    """What a device reported in its old home may not become the new home's."""
    for home in plan.homes:
        for device in home.devices:
            known = held.devices.get(device.id)
            if known is None or known["home"] == home.id or device.removed or device.since is None:
                continue
            if device.since <= known["since"]:
                yield Fault(
                    *device.at("since"),
                    "设备换了住户，日期应晚于它在原处装上的日期，或不写",
                    "the device has moved: this date must be later than when it was hung up before, or left out",
                )


def _altitudes(db: Connection) -> dict[str, float]:
    found: dict[str, float] = {}
    for recorded in read_stream(db, "settings", types=[SettingChanged.__name__], holding=f'"{ALTITUDE}"'):
        change = recorded.event
        if isinstance(change, SettingChanged) and change.scope.startswith(scope_of_site("")):
            found[change.scope.removeprefix(scope_of_site(""))] = float(json.loads(change.value))
    return found


def _of_places(db: Connection) -> list[tuple[str, str, str]]:
    return [
        (change.scope, change.name, change.value)
        for recorded in read_stream(db, "settings", types=[SettingChanged.__name__])
        if isinstance(change := recorded.event, SettingChanged)
        and change.scope.startswith((scope_of_site(""), scope_of_village("")))
    ]


def _by_id(db: Connection, table: Table) -> dict[str, Row]:
    return {row["id"]: dict(row) for row in db.execute(select(table)).mappings()}


def _by(db: Connection, table: Table, owner: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in db.execute(select(table).order_by(*table.primary_key.columns)).mappings():
        found.setdefault(row[owner], []).append(dict(row))
    return found
