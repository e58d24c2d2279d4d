"""What a report says as a reading, and whether it proves that the sensor works where it hangs. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from alerts.projections.projection import from_text, to_text
from events.types.device import (
    ButtonPressed,
    CarbonMonoxideReported,
    ClimateReported,
    ContactReported,
    DeviceFact,
    GasReported,
    OccupancyReported,
    SmokeReported,
    UseReported,
    WaterReported,
)

NOTHING: Final = "{}"


def reading_of(event: DeviceFact) -> str | None:
    """The reading as JSON text; None for facts that are none."""
    match event:
        case OccupancyReported(occupied=occupied):
            said: dict[str, Any] = {"occupied": occupied}
        case ContactReported(open=opened):
            said = {"open": opened}
        case ButtonPressed(action=action):
            said = {"action": action}
        case CarbonMonoxideReported(alarm=alarm, ppm=ppm, test=test):
            said = {"alarm": alarm, "ppm": _number(ppm), "test": test}
        case SmokeReported(alarm=alarm, test=test) | GasReported(alarm=alarm, test=test):
            said = {"alarm": alarm, "test": test}
        case WaterReported(alarm=alarm, test=test):
            said = {"alarm": alarm, "test": test}
        case ClimateReported(celsius=celsius, humidity_pct=humidity):
            said = {"celsius": _number(celsius), "humidity_pct": _number(humidity)}
        case UseReported(kind=kind, amount=amount):
            said = {"kind": kind, "amount": _number(amount)}
        case _:
            return None
    return to_text({**said, "bootid": event.bootid})


def _number(value: float | None) -> float | None:
    """An int on its way into the log comes out of it as a float; the same text either way."""
    return None if value is None else float(value)


def proves(row: Mapping[str, Any], event: DeviceFact) -> bool:
    """A first edge since its boot; for CO, smoke, gas and water a first test or alarm (DESIGN section 5)."""
    match event:
        case CarbonMonoxideReported(alarm=alarm, test=test) | SmokeReported(alarm=alarm, test=test):
            return not event.retained and (alarm or test)
        case GasReported(alarm=alarm, test=test) | WaterReported(alarm=alarm, test=test):
            return not event.retained and (alarm or test)
        case ClimateReported():
            return not event.retained
    return moved(row, event)


def moved(row: Mapping[str, Any], event: DeviceFact) -> bool:
    """Somebody moved or did something: an edge against the last reading. The stray filter is the rules' business."""
    if event.retained or event.history:
        return False
    before = from_text(row["last_reading"])
    same_boot = before.get("bootid") == event.bootid
    match event:
        case OccupancyReported(occupied=True):
            return bool(row["pulse"]) or (same_boot and before.get("occupied") is False)
        case ContactReported(open=opened):
            return same_boot and before.get("open") is (not opened)
        case ButtonPressed():
            return True
        case UseReported(amount=amount):
            return row["use_floor"] is not None and amount > row["use_floor"]
    return False
