"""Taking a checked plan: one transaction, differences only, all or nothing."""

from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from alerts.registry.homes import consents, statuses
from alerts.registry.importing.changes import Changes
from alerts.registry.importing.duty_changes import change_duty
from alerts.registry.importing.faults import ImportRefused
from alerts.registry.importing.home_changes import change_homes
from alerts.registry.importing.people_changes import change_people
from alerts.registry.importing.place_changes import change_places
from alerts.registry.importing.planned import Plan, Warned
from alerts.registry.importing.registered import Registered, clashes, load
from events.database import Database
from events.store import VersionConflict, append, version_of

Progress = Callable[[int, int], None]

_IMPORTING: Final = int.from_bytes(b"IMPORTS!")
_ATTEMPTS: Final = 5
_AT_ONCE: Final = 500


class ImportReport(msgspec.Struct, frozen=True):
    """What became of it. `recorded`: facts by type; `updated`: rows by table; both empty: nothing was new.

    `not_in_file` is registered, not in the file, and left alone; `left_alone`: homes whose limit was not changed
    because they are paused or retired.
    """

    homes: int
    recorded: dict[str, int]
    updated: dict[str, int]
    not_in_file: list[str]
    left_alone: list[str]
    warnings: list[Warned]

    @property
    def nothing_new(self) -> bool:
        """The registry held all of it already."""
        return not self.recorded and not self.updated


def apply(
    database: Database, plan: Plan, now: int, *, since: int | None = None, progress: Progress | None = None
) -> ImportReport:
    """Take the plan at `now` (microseconds UTC). `progress(done, total)` is called as facts are recorded.

    `since`: from when new homes are watched of which the file does not say it; `now` when left out.

    Raises ImportRefused where the plan contradicts the registry or names a future date; whatever is raised,
    nothing of the plan is in the database then.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return database.write(lambda db: _take(db, plan, now, now if since is None else since, progress))
        except VersionConflict:  # somebody decided about one of these homes meanwhile: look again
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _alone(db: Connection) -> None:
    """One import at a time: each table is read by a question of its own, and another import may not land between two."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _IMPORTING})


def _take(db: Connection, plan: Plan, now: int, since: int, progress: Progress | None) -> ImportReport:
    _alone(db)
    held = load(db)
    if faults := clashes(plan, held, now):
        raise ImportRefused(faults)
    changes = Changes(held, now, since)
    change_people(plan, changes)  # first: a home is watched only once its people can be told
    change_duty(plan, changes)
    change_places(plan, changes)
    left_alone = change_homes(plan, statuses(db), consents(db), changes)
    changes.write_rows(db)
    _record(db, changes, now, progress)
    return ImportReport(
        homes=len(plan.homes),
        recorded=dict(changes.recorded),
        updated=dict(changes.updated),
        not_in_file=_not_in_file(plan, held),
        left_alone=left_alone,
        warnings=plan.warnings,
    )


def _record(db: Connection, changes: Changes, now: int, progress: Progress | None) -> None:
    total = len(changes.decisions)
    for start in range(0, total, _AT_ONCE):
        news = changes.decisions[start : start + _AT_ONCE]
        after = {new.stream: version_of(db, new.stream) for new in news}
        append(db, news, recorded_at=now, after=after)
        if progress is not None:
            progress(start + len(news), total)


def _not_in_file(plan: Plan, held: Registered) -> list[str]:
    homes = held.homes.keys() - {home.id for home in plan.homes}
    devices = {id for id, row in held.devices.items() if row["home"] is not None}
    devices -= {device.id for home in plan.homes for device in home.devices}
    people = held.people.keys() - {person.id for person in plan.people}
    rotas = held.rotas.keys() - {rota.id for rota in plan.rotas}
    return sorted(
        [f"home {id}" for id in homes]
        + [f"rota {id}" for id in rotas]
        + [f"device {id}" for id in devices]
        + [f"person {id}" for id in people]
    )
