"""How the entries of a file hang together: nothing twice, nobody unknown, every level of a chain resolved."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeVar

from alerts.core.roster import ROTA
from alerts.registry.importing.faults import Faults
from alerts.registry.importing.ladder import Ladder
from alerts.registry.importing.planned import Entry, Plan, PlannedHome, PlannedPerson, Warned
from alerts.registry.people import ANYWHERE


class _Named(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=_Named)


def check_links(plan: Plan, faults: Faults, *, people_line: int) -> list[Warned]:
    """Notes every fault between entries, and returns what is allowed but should be known."""
    _nothing_twice(plan, faults)
    people, villages, grids = _by_id(plan.people), _by_id(plan.villages), _by_id(plan.grids)
    sites = _by_id(plan.sites)
    known = _Known(people, {rota.id for rota in plan.rotas})
    for rota in plan.rotas:
        if rota.id in people:
            faults.add(*rota.at("id"), f"{rota.id} 已是一个人的编号", f"{rota.id} is the id of a person")
        for turn in rota.turns:
            _stands(rota, "turns", turn, "", known, faults)
        _stands(rota, "holiday_cover", [rota.holiday_cover or ""], "", known, faults)
    for person in plan.people:
        _stands(person, "holiday_cover", [person.holiday_cover or ""], "", known, faults)
    for leave in plan.leave:
        _known(leave, "person", leave.person, people, faults)
        _stands(leave, "cover", [leave.cover], "", known, faults)
        if leave.cover and leave.cover == leave.person:
            faults.add(
                *leave.at("cover"), f"{leave.person} 不能替自己", f"{leave.person} cannot stand in for themselves"
            )
    for village in plan.villages:
        _stands(village, "head", [village.head], "village_head", known, faults)
    for grid in plan.grids:
        _stands(grid, "member", [grid.member], "grid_member", known, faults)
        _known(grid, "village", grid.village, villages, faults)
    for site in plan.sites:
        _known(site, "grid", site.grid, grids, faults)
    _once(((leave, f"{leave.person} {leave.since}" if leave.since else "") for leave in plan.leave), "from", faults)
    for earlier, later in pairwise(sorted(plan.holidays or [], key=lambda each: each.since)):
        if earlier.since and later.since < earlier.until:
            faults.add(*later.at("from"), "与另一个假期重叠", "it overlaps with another holiday")
    ladder = Ladder().take(plan)
    for home in plan.homes:
        _stands(home, "watcher", home.watcher, "watcher", known, faults)
        _stands(home, "second_watcher", home.second_watcher, "watcher", known, faults)
        for levels in home.chain:
            for level, places in levels.levels.items():
                _stands(levels, level, places, "", known, faults)
        _known(home, "site", home.site, sites, faults)
        _nobody_twice_in_a_row(home, ladder, faults)
    roles = {person.role for person in plan.people}
    if roles and not roles & {"town_officer", ""}:  # "" was refused already and may have been meant so
        faults.add(
            people_line,
            "people",
            "没有镇干部（town_officer），最后一级无人可通知",
            "there is no town_officer: the last level resolves to nobody",
        )
    return _reachable(plan.people, faults)


def _by_id(entries: Sequence[N]) -> dict[str, N]:
    return {entry.id: entry for entry in entries}


def _nothing_twice(plan: Plan, faults: Faults) -> None:
    for entries in (plan.people, plan.rotas, plan.villages, plan.grids, plan.sites, plan.homes):
        _once(((entry, entry.id) for entry in entries), "id", faults)
    _once(((device, device.id) for home in plan.homes for device in home.devices), "id", faults)
    _once(((home, _house(home)) for home in plan.homes), "number", faults)
    phones = [phone for person in plan.people for phone in person.phones or []]
    _once(((phone, phone.number) for phone in phones), "number", faults)


def _house(home: PlannedHome) -> str:
    return f"{home.site} {home.number}" if home.site and home.number else ""


def _once(entries: Iterable[tuple[Entry, str]], key: str, faults: Faults) -> None:
    """A house number is once on a site, a phone number once for all people, an id once where it names something."""
    first: dict[str, int] = {}
    for entry, what in entries:
        line, field = entry.at(key)
        if what and what in first:
            faults.add(line, field, f"重复：{what}，第{first[what]}行已有", f"{what} is already on line {first[what]}")
        first.setdefault(what, line)


def _known(entry: Entry, key: str, id: str, known: Mapping[str, object], faults: Faults) -> None:
    if id and id not in known:
        faults.add(*entry.at(key), f"文件里没有：{id}", f"{id} is not in the file")


class _Known(NamedTuple):
    """Who and what may stand in a chain."""

    people: Mapping[str, PlannedPerson]
    rotas: set[str]


def _stands(entry: Entry, key: str, places: Iterable[str], role: str, known: _Known, faults: Faults) -> None:
    """Each place is a person of this role (any, where none is said), a party household, or a rota."""
    for place in places:
        if not place or place.removeprefix(ROTA) in known.rotas:
            continue
        _known(entry, key, place, known.people, faults)
        found = known.people.get(place)
        if found is not None and role and found.role not in {role, ANYWHERE, ""}:
            faults.add(
                *entry.at(key),
                f"{place} 的角色是 {found.role}，这里应是 {role}",
                f"{place} is a {found.role}; here it must be a {role}",
            )


def _nobody_twice_in_a_row(home: PlannedHome, ladder: Ladder, faults: Faults) -> None:
    levels = ladder.chain(home.site, home.watcher, home.second_watcher)
    for before, after in pairwise(person for level in levels.values() for person in level):
        if before and before == after:
            key = "second_watcher" if after in home.second_watcher else "watcher"
            faults.add(*home.at(key), f"{after} 在通知链里连续出现两次", f"{after} stands twice in a row in the chain")


def _reachable(people: list[PlannedPerson], faults: Faults) -> list[Warned]:
    """A watcher whom nobody can tell is no watcher; others may still be reached by those below them."""
    warnings: list[Warned] = []
    for person in people:
        if any(phone.verified is not None for phone in person.phones or []):
            continue
        zh, en = f"{person.id} 没有核实过的电话，收不到通知", f"{person.id} has no verified phone and cannot be told"
        if person.role == "watcher":
            faults.add(*person.at("phones"), zh, en)
        else:
            warnings.append(Warned(*person.at("phones"), zh, en))
    return warnings
