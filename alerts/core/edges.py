"""From states to signs of life: an edge is a change, or a deliberate act. Pure."""

from alerts.core.household import Household, Sensor
from alerts.core.order import place
from events.types.device import ButtonPressed, DeviceFact, OccupancyReported, UseReported
from events.types.fact import Event


class SignOfLifeSeen(Event, frozen=True, kw_only=True):
    """Somebody moved or did something. A signal between rooms of the core, never recorded.

    `deliberate`: a button; `backfilled`: it comes out of a device's memory; `sure` False: reports are missing, and it
    was at `at` or later.
    """

    device: str
    kind: str
    at: int
    deliberate: bool = False
    backfilled: bool = False
    sure: bool = True


def note(home: Household, sensor: Sensor, fact: DeviceFact, at: int) -> list[SignOfLifeSeen]:
    """Take one report in: its place in the device's order, and the signs of life it is or shows others to have been."""
    if fact.retained:
        return []
    device, late = fact.device, fact.backfilled
    signs = [
        SignOfLifeSeen(device=device, kind=change.kind, at=change.at, backfilled=change.backfilled, sure=change.sure)
        for change in place(home, sensor, fact, at)
        if not (sensor.pulse and change.kind == "motion")
    ]
    if fact.history:
        return signs
    match fact:
        case ButtonPressed():
            signs.append(SignOfLifeSeen(device=device, kind="button", at=at, deliberate=True, backfilled=late))
        case UseReported(amount=amount) if sensor.use_floor is not None and amount > sensor.use_floor:
            signs.append(SignOfLifeSeen(device=device, kind="use", at=at, backfilled=late))
        case OccupancyReported(occupied=True) if sensor.pulse:
            signs.append(SignOfLifeSeen(device=device, kind="motion", at=at, backfilled=late))
    return signs
