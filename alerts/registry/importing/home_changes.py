"""What a plan changes about homes, their residents and their chains."""

from alerts.registry import tables
from alerts.registry.chains import LEVELS
from alerts.registry.homes import Status
from alerts.registry.importing.changes import Changes
from alerts.registry.importing.device_changes import change_device
from alerts.registry.importing.planned import Plan, PlannedHome
from events.types.home import ChainSet, ElderPhonesSet, HomeEnrolled
from events.types.life import ConsentRecorded
from events.types.setting import SettingChanged


def change_homes(plan: Plan, status: dict[str, Status], agreed: set[str], changes: Changes) -> list[str]:
    """Returns the homes whose limit was left alone because they are paused or retired: enrolling would undo that.

    `agreed`: homes of which consent was ever recorded or withdrawn; what people said there is not said again by a file.
    """
    held, now = changes.held, changes.now
    ladder = held.ladder().take(plan)
    left_alone: list[str] = []
    for place, home in enumerate(plan.homes):
        if not _enrol(home, place, status.get(home.id, "enrolled"), changes):
            left_alone.append(home.id)
        if home.id not in held.homes:
            _give(home.id, held.inherited(home.site, ladder.village_at(home.site)), changes)
        new = [
            {
                "home": home.id,
                "place": n,
                "name": r.name,
                "born": r.born,
                "notes": r.notes,
                "phone": r.phone,
                "speech": r.speech,
            }
            for n, r in enumerate(home.residents)
        ]
        before = held.residents.get(home.id, [])
        changes.put_all(tables.residents, before, new)
        phones = sum(bool(r["phone"]) for r in new)
        if phones != sum(bool(r["phone"]) for r in before):
            at = now if home.id in held.homes else changes.begins(home.since)
            changes.decide(f"home-{home.id}", home.site, ElderPhonesSet(home=home.id, phones=phones), at)
        levels = ladder.chain(home.site, home.watcher, home.second_watcher)
        if home.consent is not None and home.id not in agreed:
            fact = ConsentRecorded(home=home.id, by="import", given="signed")
            changes.decide(f"home-{home.id}", home.site, fact, home.consent)
        own = {each.alert_class: each.levels for each in home.chain}
        at = now if home.id in held.homes else changes.begins(home.since)
        _chain(home.id, home.site, levels, own, changes, at)
        for n, device in enumerate(home.devices):
            change_device(device, home, n, changes)
    planned = {home.id for home in plan.homes}
    for id, row in held.homes.items():  # a new grid member answers also for the homes that this file leaves out
        if id not in planned:
            levels = ladder.chain(row["site"], held.level(id, "watcher"), held.level(id, "second_watcher"))
            _chain(id, row["site"], levels, held.own_levels(id), changes, now)
    return left_alone


def _give(home: str, values: dict[str, str], changes: Changes) -> None:
    """What was set for its village group or its village holds for a home that comes later too."""
    for name, value in values.items():
        changes.decide("settings", "all", SettingChanged(name=name, value=value, scope=home, by="import"), changes.now)


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
        "notes": home.notes, "no_activity_s": limit, "enrolled_at": since, "way_in": home.way_in, "stove": home.stove,
        "east": home.east, "north": home.north,
    }  # fmt: skip
    changes.put(tables.homes, old, new)
    if old is None or (old["no_activity_s"], old["enrolled_at"]) != (limit, since):
        at = changes.now if old is not None and old["enrolled_at"] == since else since
        fact = HomeEnrolled(home=home.id, site=home.site, no_activity_s=limit)
        changes.decide(f"home-{home.id}", home.site, fact, at)
    return limit == home.no_activity_s


Levels = dict[str, list[str]]


def _chain(home: str, site: str, ladder: Levels, own: dict[str, Levels], changes: Changes, at: int) -> None:
    """`own`: class of alert, or `all` -> the levels in which this home is other than its place in the town."""
    levels = {**ladder, **own.get("all", {})}
    old, old_own = changes.held.chains.get(home, []), changes.held.class_chains.get(home, [])
    new = [
        {"home": home, "level": level, "place": place, "person": person}
        for level in sorted(LEVELS)
        for place, person in enumerate(levels[level])
    ]
    new_own = [
        {"home": home, "class": alert_class, "level": level, "place": place, "person": person}
        for alert_class in sorted(own)
        for level in sorted(own[alert_class])
        for place, person in enumerate(own[alert_class][level])
    ]
    changes.put_all(tables.chains, old, new)
    changes.put_all(tables.class_chains, old_own, new_own)
    if old != new or old_own != new_own:
        by_class = {alert_class: said for alert_class, said in sorted(own.items()) if alert_class != "all"}
        changes.decide(f"home-{home}", site, ChainSet(home=home, by_class=by_class, **levels), at)
