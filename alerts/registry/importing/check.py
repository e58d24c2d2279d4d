"""Checking a whole file without touching anything: the answer is a plan, or every fault at once."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alerts.core.roster import ROTA
from alerts.registry.importing import duty, entries
from alerts.registry.importing.duty import with_cover
from alerts.registry.importing.faults import Fault, Faults, ImportRefused
from alerts.registry.importing.fields import Fields
from alerts.registry.importing.links import check_links
from alerts.registry.importing.planned import Dated, Plan, PlannedTown
from alerts.registry.importing.tree import read_tree

E = TypeVar("E")


def check(source: Path | str, models: entries.Models, *, now: int | None = None) -> Plan:
    """The plan of a file (a Path) or of a text (a str). `models`: device model -> kind, interval_s, battery, ...

    With `now` dates that lie ahead are named here too; `apply` refuses them in any case. Raises ImportRefused.
    """
    faults = Faults()
    root, faults.found = read_tree(_bytes(source))
    f = Fields(root, "", faults, "town people rotas leave holidays villages grids sites homes")
    dated: list[Dated] = []
    rotas = _some(f, "rotas", "id name name_en turn begins handover turns holiday_cover", duty.rota)
    known = {rota.id for rota in rotas}

    def place(id: str) -> str:
        return f"{ROTA}{id}" if id in known else id

    covered = [rota if rota.holiday_cover is None else with_cover(rota, place(rota.holiday_cover)) for rota in rotas]

    plan = Plan(
        town=_town(f),
        people=_each(
            f,
            "people",
            "id name name_en role language phones voice_first slow_speech holiday_cover demo auto",
            lambda e: entries.person(e, dated, place),
        ),
        villages=_each(f, "villages", "id name name_en head", lambda e: entries.village(e, place)),
        grids=_each(f, "grids", "id village name name_en member", lambda e: entries.grid(e, place)),
        sites=_each(f, "sites", "id grid name name_en altitude_m", entries.site),
        homes=_each(
            f,
            "homes",
            "id site number address notes way_in stove east north no_activity_hours since watcher second_watcher chain consent residents devices demo auto",
            lambda e: entries.home(e, models, dated, place),
        ),
        dated=dated,
        rotas=covered,
        leave=_some(f, "leave", "person from to cover", lambda e: duty.leave(e, place)),
        holidays=_some(f, "holidays", "from to name", duty.holiday) if f.has("holidays") else None,
    )
    plan.warnings.extend(check_links(plan, faults, people_line=f.line_of("people")))
    if now is not None:
        faults.found.extend(ahead(plan, now))
    faults.refuse_if_any()
    return plan


def ahead(plan: Plan, now: int) -> list[Fault]:
    """Every date of the plan that lies in the future."""
    return [
        Fault(dated.line, dated.field, "日期还没到", "this date lies in the future")
        for dated in plan.dated
        if dated.at > now
    ]


def _bytes(source: Path | str) -> bytes:
    try:
        return source.read_bytes() if isinstance(source, Path) else source.encode()
    except OSError as fault:
        reason = fault.strerror or type(fault).__name__
        raise ImportRefused([Fault(0, "", f"读不了文件：{reason}", f"cannot read the file: {reason}")]) from None
    except UnicodeEncodeError as fault:
        line = str(source).count("\n", 0, fault.start) + 1
        raise ImportRefused([Fault(line, "", "有不允许的字符", "a character that is not allowed")]) from None


def _town(f: Fields) -> PlannedTown:
    node = f.node("town")
    if node is None:
        return PlannedTown("", "", "", "", "")
    return entries.town(Fields(node, "town", f.faults, "id name name_en signature signature_en"))


def _some(f: Fields, key: str, keys: str, read: Callable[[Fields], E]) -> list[E]:
    """A list that need not be there."""
    return [read(Fields(node, path, f.faults, keys)) for path, node in f.items(key, needed=False)]


def _each(f: Fields, key: str, keys: str, read: Callable[[Fields], E]) -> list[E]:
    return [read(Fields(node, path, f.faults, keys)) for path, node in f.items(key)]
