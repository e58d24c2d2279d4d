"""Taking a town file into the registry, with the device models and the clock of the folder."""

from pathlib import Path

from alerts.registry.importing import ImportReport, Plan, apply, check
from alerts.registry.importing.apply import Progress
from shouwang.known_models import known_models
from shouwang.moment import now
from shouwang.operations.memory import memory
from shouwang.operations.other_clock import clock_of_folder
from shouwang.settings import Settings


def read_town(settings: Settings, file: Path, *, at: int | None = None) -> tuple[Plan, int]:
    """The checked file, and the moment it counts from: `at`, else the start of the folder's own clock, else now.

    Raises ImportRefused.
    """
    at = at or clock_of_folder(settings) or now()
    return check(file, known_models(), now=at), at


def take_town(
    settings: Settings, file: Path, *, at: int | None = None, progress: Progress | None = None
) -> ImportReport:
    """Check the file and take it, all or nothing; works beside a running service. Raises ImportRefused."""
    plan, at = read_town(settings, file, at=at)
    with memory(settings) as database:
        return apply(database, plan, at, progress=progress)
