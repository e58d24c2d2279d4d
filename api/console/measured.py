"""Why, for dangers that were measured and not only flagged: which figure, which limit, since when, as one sentence."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from alerts.projections.words import danger_name
from api.console.words import knows

_KEYS: Final[dict[str, str]] = {
    "carbon_monoxide": "why.co.{by}", "check_flue": "why.flue.{by}", "low_temperature": "why.temperature",
    "high_temperature": "why.temperature", "sensor_fault": "why.fault.{what}", "tamper": "why.tamper",
    "battery": "why.battery", "flapping": "why.flapping", "tuning": "why.tuning",
}  # fmt: skip
_TIMES: Final = ("at", "since", "high_since", "silent_since", "last_seen")


class Speaks(Protocol):
    """What of the sentences is needed here."""

    language: str

    def t(self, key: str, **words: object) -> str:
        """The console's own words."""
        ...

    def clock(self, at: int | None) -> str:
        """The moment in words."""
        ...


def measured(say: Speaks, danger: str, reason: Mapping[str, Any], device: str) -> list[str]:
    """Empty where this danger, or this way to it, has no sentence of its own."""
    key = _KEYS.get(danger, "").format(by=reason.get("by", ""), what=reason.get("what", ""))
    if danger == "sensor_fault" and not knows(key):
        key = "why.fault.said"  # a device's own word for it
    if not knows(key):
        return []
    words: dict[str, Any] = dict.fromkeys((*_TIMES, "ppm", "mean_ppm", "celsius", "limit_c", "changes", "what"), "")
    words |= {name: f"{value:g}" if isinstance(value, float) else value for name, value in reason.items()}
    words |= {name: say.clock(reason[name]) for name in _TIMES if reason.get(name)}
    words["named"] = (
        danger_name(str(reason["danger"]), "en" if say.language == "en" else "zh") if danger == "tuning" else ""
    )
    parts = [say.t(key, **{**words, "device": device})]
    if reason.get("battery_pct") is not None:
        parts.append(say.t("why.battery_pct", pct=f"{reason['battery_pct']:g}"))
    if float(reason.get("cohb_pct") or 0) >= 1:
        parts.append(say.t("why.blood", pct=f"{reason['cohb_pct']:g}"))
    return parts
