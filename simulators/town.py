"""The town file as a simulator reads it: which homes there are, what hangs in them, and whose phones belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# Makers' habits: a gateway is missed soon, what only ever waits for an emergency saves its battery.
HEARTBEAT_S = {"gateway": 300, "sos-button": 3600, "smoke-alarm": 3600, "water-leak": 3600, "climate": 3600}
OTHERS_S = 900


class TownUnreadable(Exception):
    """The file is not a town; the message says what is missing where."""


@dataclass(frozen=True)
class TownDevice:
    """A device and the room it hangs in."""

    id: str
    model: str
    room: str = ""
    interval_s: int = OTHERS_S


@dataclass(frozen=True)
class TownHome:
    """A home, its devices, and the phones of its chain (watchers, grid member, village, town)."""

    id: str
    site: str
    number: int
    limit_h: float
    devices: tuple[TownDevice, ...]
    phones: frozenset[str] = frozenset()
    demo: str = ""

    def of(self, model: str) -> list[TownDevice]:
        """Its devices of one model."""
        return [each for each in self.devices if each.model == model]


def read_town(path: Path) -> list[TownHome]:
    """Every home of the town; checking the file thoroughly is the importer's work, not ours."""
    try:
        town = yaml.safe_load(path.read_text(encoding="utf-8"))
        chain = _Chain(town)
        return [_home(each, chain) for each in town["homes"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as fault:
        raise TownUnreadable(f"{path}: {type(fault).__name__}: {fault}") from fault


def play(homes: list[TownHome], part: str, fallback: int) -> TownHome:
    """The home that has a part in the demo, or the one at `fallback`."""
    return next((each for each in homes if each.demo == part), homes[min(fallback, len(homes) - 1)])


def _home(raw: dict[str, Any], chain: _Chain) -> TownHome:
    devices = tuple(
        TownDevice(
            each["id"],
            each["model"],
            str(each.get("room", "")),
            int(each.get("interval_s", HEARTBEAT_S.get(each["model"], OTHERS_S))),
        )
        for each in raw["devices"]
    )
    return TownHome(
        id=raw["id"],
        site=raw["site"],
        number=int(raw["number"]),
        limit_h=float(raw.get("no_activity_hours", 12)),
        devices=devices,
        phones=chain.phones(raw),
        demo=str(raw.get("demo", "")),
    )


class _Chain:
    """Site -> grid -> village -> town, as far as phones go."""

    def __init__(self, town: dict[str, Any]) -> None:
        self._people = {each["id"]: each for each in town.get("people", [])}
        self._sites = {each["id"]: each for each in town.get("sites", [])}
        self._grids = {each["id"]: each for each in town.get("grids", [])}
        self._rotas = town.get("rotas", [])
        self._leave = town.get("leave", [])
        self._villages = {each["id"]: each for each in town.get("villages", [])}

    def phones(self, home: dict[str, Any]) -> frozenset[str]:
        grid = self._grids.get(self._sites.get(home["site"], {}).get("grid"), {})
        village = self._villages.get(grid.get("village"), {})
        named = [home.get("watcher"), home.get("second_watcher"), grid.get("member"), village.get("head")]
        named += [level for levels in home.get("chain", {}).values() for level in levels.values()]
        people = {id for each in named for id in (each if isinstance(each, list) else [each])}
        for rota in self._rotas:
            if rota["id"] in people:
                people |= {id for turn in rota["turns"] for id in (turn if isinstance(turn, list) else [turn])}
        people |= {str(leave["cover"]) for leave in self._leave if leave["person"] in people and leave.get("cover")}
        people |= {id for id, each in self._people.items() if each.get("role") == "town_officer"}
        return frozenset(
            str(phone["number"]) for id in people if id for phone in self._people.get(id, {}).get("phones", [])
        )
