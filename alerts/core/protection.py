"""The one word for a home: is it protected, and if not, of what not and why. Pure; screens and lists all ask here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from alerts.core.life import Life
from events.types.fact import HOUR, SECOND

Status = Literal["protected", "partly", "not_protected", "never_proven", "away", "paused", "retired"]
WORST_FIRST: Final = ("not_protected", "partly", "never_proven", "away", "paused", "protected", "retired")

Reason = dict[str, Any]
"""`what` it is and whom or what it concerns; the words for it are the screen's."""

_LIFE_SIGNS: Final = frozenset({"motion", "contact", "button"})
_DANGER_OF: Final[dict[str, str]] = {
    "co": "carbon_monoxide", "smoke": "smoke", "gas": "gas", "button": "sos", "water": "water",
    "climate": "low_temperature", "motion": "no_activity", "contact": "no_activity", "power": "no_activity",
}  # fmt: skip
"""Kind of sensor -> the danger that nobody sees while it is silent."""


def judge(
    row: Mapping[Any, Any], hanging: Sequence[Mapping[str, Any]], life: Life, now: int
) -> tuple[Status, list[Reason]]:  # fmt: skip
    """The word for a home and why. A home whose life nobody can see is not protected, whatever else works.

    Nor is one whose elder has not agreed, or for which nobody could be told: its alarms are judged and told all the same.

    `row`: as `board_homes` has it; `hanging`: its devices as `board_devices` has them.
    """
    if row["retired_at"] is not None:
        return "retired", [{"what": "retired", "why": row["why"], "since": row["retired_at"]}]
    if row["paused_at"] is not None:
        return "paused", [{"what": "paused", "why": row["why"], "since": row["paused_at"]}]
    broken = [{"what": "rule_failed", "rule": rule} for rule in row["failed_rules"]]
    broken += [_of("out_of_service", device) for device in hanging if device["out_of_service"]]
    silent = [device for device in hanging if _silent(device, now)]
    lit = [d for d in hanging if _sees_movement(d) and d not in silent]
    if not any(_sees_movement(device) for device in hanging):
        broken.append({"what": "no_life_sensor"})
    elif not lit:
        broken.append({"what": "cannot_see"})
    missing = [_of("silent", device, since=device["last_heard"]) for device in silent]
    unproven = [_of("never_proven", d) for d in hanging if owes_proof(d) and d["last_heard"] is not None]
    if life.consent is None:
        broken.append({"what": "no_consent"})
    wrong = {str(hole["what"]) for hole in life.holes}
    holed = [{"what": f"chain_{what}"} for what in sorted(wrong)]
    reasons = broken + holed + missing + unproven
    if broken or "uncovered" in wrong:
        return "not_protected", reasons
    if row["away_since"] is not None and (row["away_until"] is None or row["away_until"] > now):
        return "away", [{"what": "away", "since": row["away_since"], "until": row["away_until"]}, *reasons]
    return ("partly" if missing or holed else "never_proven" if unproven else "protected"), reasons


def silent_since(row: Mapping[Any, Any], now: int) -> bool:
    """3 intervals without a word; for battery devices 25 h if that is longer (DESIGN section 5, class 4)."""
    return now >= silent_from(row)


def silent_from(row: Mapping[Any, Any]) -> int:
    """The moment from which a device of which nothing more is heard counts as silent, microseconds."""
    limit = int(3 * row["interval_s"] * SECOND)
    if row["battery"] and row["kind"] not in ("gateway", "co"):
        limit = max(limit, 25 * HOUR)
    heard: int = row["last_heard"] or row["since"]
    return heard + limit + 1


def owes_proof(device: Mapping[str, Any]) -> bool:
    """Gateways, and meters without a floor, raise nothing and so have nothing to prove."""
    judged = _sees_life(device) or device["kind"] in {"co", "smoke", "gas", "water", "climate"}
    return device["proven_at"] is None and judged


def _sees_life(device: Mapping[str, Any]) -> bool:
    return device["kind"] in _LIFE_SIGNS or (device["kind"] in {"power", "water"} and device["use_floor"] is not None)


def _sees_movement(device: Mapping[str, Any]) -> bool:
    """A button that is there says nothing of who does not press it."""
    return _sees_life(device) and device["kind"] != "button"


def _silent(device: Mapping[str, Any], now: int) -> bool:
    return device["online"] is False or device["last_heard"] is None or silent_since(device, now)


def _of(what: str, device: Mapping[str, Any], **more: object) -> Reason:
    danger = _DANGER_OF.get(device["kind"], "")
    return {
        "what": what, "device": device["device"], "kind": device["kind"], "room": device["room"], "danger": danger,
        **more,
    }  # fmt: skip
