"""What a plan changes about rotas, leave and holidays. Leave that the file does not name stays: people set it meanwhile."""

import msgspec

from alerts.registry import tables
from alerts.registry.importing.changes import Changes
from alerts.registry.importing.planned import Plan
from alerts.registry.importing.registered import Row
from events.types.fact import Event
from events.types.roster import HolidayCoverSet, HolidaysSet, LeaveSet, RotaSet

STREAM, EVERYBODY = "roster", "all"
"""Every reader hears of it: a step of any home may mean whom it concerns."""


def change_duty(plan: Plan, changes: Changes) -> None:
    """Rotas first, since leave may name them."""
    _rotas(plan, changes)
    _leave(plan, changes)
    _holidays(plan, changes)


def _decide(changes: Changes, event: Event) -> None:
    changes.decide(STREAM, EVERYBODY, event, changes.now)


def _rotas(plan: Plan, changes: Changes) -> None:
    for place, rota in enumerate(plan.rotas):
        old = changes.held.rotas.get(rota.id)
        new: Row = {
            "id": rota.id, "place": place, "name": rota.name, "name_en": rota.name_en, "begins": rota.begins,
            "turns": _text(rota.turns), "lengths_s": _text(rota.lengths_s),
        }  # fmt: skip
        changes.put(tables.rotas, old, new)
        if old is None or any(old[key] != new[key] for key in ("begins", "turns", "lengths_s")):
            fact = RotaSet(rota=rota.id, begins=rota.begins, turns=rota.turns, lengths_s=rota.lengths_s)
            _decide(changes, fact)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _leave(plan: Plan, changes: Changes) -> None:
    for leave in plan.leave:
        held = changes.held.leaves.get(leave.person, [])
        old = next((row for row in held if row["since"] == leave.since), None)
        new: Row = {
            "person": leave.person, "since": leave.since, "until": leave.until, "cover": leave.cover,
            "by": old["by"] if old else "import", "note": old["note"] if old else "",
        }  # fmt: skip
        changes.put(tables.leaves, old, new)
        if old != new:
            fact = LeaveSet(
                person=leave.person, since=leave.since, until=leave.until, cover=leave.cover, by=new["by"],
                note=new["note"],
            )  # fmt: skip
            _decide(changes, fact)


def _holidays(plan: Plan, changes: Changes) -> None:
    if plan.holidays is not None:
        wanted = sorted(plan.holidays, key=lambda each: each.since)
        new = [{"since": each.since, "until": each.until, "name": each.name} for each in wanted]
        old = changes.held.holidays
        changes.put_all(tables.holidays, old, new)
        if [(row["since"], row["until"]) for row in old] != [(row["since"], row["until"]) for row in new]:
            _decide(changes, HolidaysSet(spans=[[each.since, each.until] for each in wanted]))
    said = {person.id: person.holiday_cover for person in plan.people}
    said |= {f"@{rota.id}": rota.holiday_cover for rota in plan.rotas}
    for entry, cover in said.items():
        if cover is None:
            continue
        old_row = changes.held.covers.get(entry)
        row: Row = {"entry": entry, "cover": cover}
        changes.put(tables.holiday_covers, old_row, row)
        if old_row != row:
            _decide(changes, HolidayCoverSet(entry=entry, cover=cover))
