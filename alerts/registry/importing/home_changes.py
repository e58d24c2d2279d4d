"""What a plan changes about homes, their residents and their chains."""

from alerts.registry import tables
from alerts.registry.chains import LEVELS
from alerts.registry.homes import Status
from alerts.registry.importing.changes import Changes
from alerts.registry.importing.device_changes import change_device
from alerts.registry.importing.planned import Plan, PlannedHome
from events.types.home import ChainSet, HomeEnrolled


def change_homes(plan: Plan, status: dict[str, Status], changes: Changes) -> list[str]:
    """Returns the homes whose limit was left alone because they are paused or retired: enrolling would undo that."""
    held, now = changes.held, changes.now
    ladder = held.ladder().take(plan)
    left_alone: list[str] = []
    for place, home in enumerate(plan.homes):
        if not _enrol(home, place, status.get(home.id, "enrolled"), changes):
            left_alone.append(home.id)
        new = [
            {"home": home.id, "place": n, "name": r.name, "born": r.born, "notes": r.notes}
            for n, r in enumerate(home.residents)
        ]
        changes.put_all(tables.residents, held.residents.get(home.id, []), new)
        second = [home.second_watcher] if home.second_watcher else []
        levels = ladder.chain(home.site, [home.watcher], second)
        _chain(home.id, home.site, levels, changes, now if home.id in held.homes else changes.begins(home.since))
        for n, device in enumerate(home.devices):
            change_device(device, home, n, changes)
    planned = {home.id for home in plan.homes}
    for id, row in held.homes.items():  # a new grid member answers also for the homes that this file leaves out
        if id not in planned:
            levels = ladder.chain(row["site"], held.level(id, "watcher"), held.level(id, "second_watcher"))
            _chain(id, row["site"], levels, changes, now)
    return left_alone


def _enrol(home: PlannedHome, place: int, status: Status, changes: Changes) -> bool:
    """A changed limit counts from now, else silence would be judged anew from long ago."""
    old = changes.held.homes.get(home.id)
    limit, since = home.no_activity_s, changes.begins(home.since)
    if old is not None and home.since is None:
        since = old["enrolled_at"]
    if old is not None and status != "enrolled":
        limit, since = old["no_activity_s"], old["enrolled_at"]
    new = {
        "id": home.id, "place": place, "site": home.site, "number": home.number, "address": home.address,
        "notes": home.notes, "no_activity_s": limit, "enrolled_at": since,
    }  # fmt: skip
    changes.put(tables.homes, old, new)
    if old is None or (old["no_activity_s"], old["enrolled_at"]) != (limit, since):
        at = changes.now if old is not None and old["enrolled_at"] == since else since
        fact = HomeEnrolled(home=home.id, site=home.site, no_activity_s=limit)
        changes.decide(f"home-{home.id}", home.site, fact, at)
    return limit == home.no_activity_s


def _chain(home: str, site: str, levels: dict[str, list[str]], changes: Changes, at: int) -> None:
    old = changes.held.chains.get(home, [])
    new = [
        {"home": home, "level": level, "place": place, "person": person}
        for level in sorted(LEVELS)
        for place, person in enumerate(levels[level])
    ]
    changes.put_all(tables.chains, old, new)
    if old != new:
        changes.decide(f"home-{home}", site, ChainSet(home=home, by_class={}, **levels), at)
