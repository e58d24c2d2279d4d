"""Rotas, leave and holidays in the file."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import msgspec

from alerts.core.calendar import LOCAL_OFFSET
from alerts.registry.importing.fields import Fields
from alerts.registry.importing.planned import PlannedHoliday, PlannedLeave, PlannedLevels, PlannedRota
from events.types.fact import DAY, SECOND

LEVELS: Final = "watcher second_watcher grid_member village town"
_DAY_S: Final = 86_400
_LONGEST_LEAVE: Final = 400 * DAY

Place = Callable[[str], str]
"""A reference as it stands in a chain: a rota with its mark, a person as they are."""


def rota(f: Fields) -> PlannedRota:
    """Turns that follow each other, handed over at fixed times of the day; a week's turn is handed over on its weekday."""
    turn = f.choice("turn", ("daily", "weekly"))
    begins = f.moment("begins", []) or 0
    if not f.has("begins"):
        f.fault("begins", "缺少这一项", "is missing")
    handovers = [f.clock(text, "handover") for text in f.texts("handover") or ["08:00"]]
    if any(later <= earlier for earlier, later in pairwise(handovers)):
        f.fault("handover", "交接时刻要从早到晚", "times of handover go from early to late")
    if turn == "weekly" and len(handovers) > 1:
        f.fault("handover", "每周轮换只能有一个交接时刻", "a weekly turn is handed over once")
    edges = [*handovers, handovers[0] + _DAY_S] if handovers else [0, _DAY_S]
    lengths = [7 * _DAY_S] if turn == "weekly" else [later - earlier for earlier, later in pairwise(edges)]
    midnight = begins - (begins + LOCAL_OFFSET) % DAY
    turns = _turns(f)
    return PlannedRota(
        *f.place(), f.id("id"), f.text("name", needed=True), f.text("name_en"), midnight + edges[0] * SECOND, turns,
        lengths, f.id("holiday_cover", needed=False) if f.has("holiday_cover") else None,
    )  # fmt: skip


def with_cover(rota: PlannedRota, cover: str) -> PlannedRota:
    """With who covers on holidays as it stands in a chain."""
    return msgspec.structs.replace(rota, holiday_cover=cover)


def _turns(f: Fields) -> list[list[str]]:
    """Each turn one person or several."""
    found: list[list[str]] = []
    for path, node in f.items("turns"):
        one = Fields.of_item(node, path, f.faults)
        found.append(one.ids("turn"))
    if f.has("turns") and not found:
        f.fault("turns", "不能为空", "may not be empty")
    return found


def leave(f: Fields, place: Place) -> PlannedLeave:
    """From a day to a day, both included, or from a moment to a moment."""
    since, until = _span(f)
    if until - since > _LONGEST_LEAVE:
        f.fault("to", "请假太长，最多400天", "a leave of more than 400 days")
    return PlannedLeave(*f.place(), f.id("person"), since, until, place(f.id("cover", needed=False)))


def holiday(f: Fields) -> PlannedHoliday:
    """Days in a row that are public holidays; they come with the file, not from the net."""
    since, until = _span(f)
    return PlannedHoliday(*f.place(), since, until, f.text("name"))


def _span(f: Fields) -> tuple[int, int]:
    for key in ("from", "to"):
        if not f.has(key):
            f.fault(key, "缺少这一项", "is missing")
    since, until = f.moment("from", []), f.moment("to", [])
    if since is None or until is None:
        return 0, 0
    if f.is_day("to"):
        until += DAY
    if until <= since:
        f.fault("to", "结束早于开始", "it ends before it begins")
    return since, until


def levels(f: Fields, place: Place) -> list[PlannedLevels]:
    """`chain:` of a home: for all classes or for one, the levels that are others than usual."""
    if not f.has("chain"):
        return []
    node = f.node("chain")
    if node is None:
        return []
    of = Fields(node, f.at("chain"), f.faults, "all 1 2 3 4")
    found: list[PlannedLevels] = []
    for alert_class in of.keys():  # noqa: SIM118  # keys of a file, not of a dict
        inner = of.node(alert_class)
        if inner is None:
            continue
        one = Fields(inner, of.at(alert_class), f.faults, LEVELS)
        said = {level: [place(id) for id in one.ids(level)] for level in one.keys()}  # noqa: SIM118
        found.append(PlannedLevels(*one.place(), alert_class, said))
    return found
