"""The devices of a home in the file, with the values of their model copied in."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from alerts.registry.importing.fields import Fields
from alerts.registry.importing.planned import Dated, PlannedDevice
from events.types.home import DeviceAssigned, DeviceKind

_KEYS: Final = "id model room role since interval_s retrigger_s use_floor pulse removed"
_DAY_S: Final = 86_400
_DEFAULTS: Final = DeviceAssigned(device="", home="", since=0, model="", kind="motion")


def devices(
    home: Fields, site: str, models: Mapping[str, Mapping[str, Any]], dated: list[Dated]
) -> list[PlannedDevice]:
    """All devices of a home."""
    return [
        _device(Fields(node, path, home.faults, _KEYS), site, models, dated) for path, node in home.items("devices")
    ]


def _device(f: Fields, site: str, models: Mapping[str, Mapping[str, Any]], dated: list[Dated]) -> PlannedDevice:
    id, name = f.id("id"), f.text("model", needed=True)
    model = models.get(name, {})
    kind = model.get("kind")
    if name and kind not in get_args(DeviceKind):
        f.fault("model", f"不认识的型号，已知：{'、'.join(models)}", f"unknown model; known are {', '.join(models)}")
    interval, retrigger = f.number("interval_s", 1, _DAY_S), f.number("retrigger_s", 0, _DAY_S)
    floor, pulse = f.number("use_floor", 0, 1_000_000), f.flag("pulse")
    return PlannedDevice(
        *f.place(),
        id=f"{site}/{id}" if site and id else "",
        model=name,
        kind=kind if kind is not None else "motion",  # stands in for what was refused above
        room=f.text("room"),
        role=f.text("role", longest=32),
        since=f.moment("since", dated),
        interval_s=float(_or(interval, model, "interval_s")),
        battery=bool(_or(None, model, "battery")),
        pulse=bool(_or(pulse, model, "pulse")),
        retrigger_s=float(_or(retrigger, model, "retrigger_s")),
        use_floor=_floor(_or(floor, model, "use_floor")),
        removed=bool(f.flag("removed")),
    )


def _or(said: Any, model: Mapping[str, Any], key: str) -> Any:
    """What the file says, else what the model says, else what the fact's own default says."""
    if said is not None:
        return said
    of_model = model.get(key)
    return getattr(_DEFAULTS, key) if of_model is None else of_model


def _floor(value: Any) -> float | None:
    return None if value is None else float(value)
