"""What a setting may be: its form, and its bounds where somebody would be forgotten beyond them. Pure."""

import itertools
from typing import Any

import msgspec

from alerts.core.policy import DEFAULTS


class SettingRefused(Exception):
    """The value is not of the form its name asks for."""


LEVELS = frozenset({"watcher", "second_watcher", "grid_member", "village", "town"})
_REPEATS = ("round_gap_s", "arrive_within_s", "ask_outcome_s", "misses", "again_s", "calm_s", "changes", "false_alarms")
"""What happens again and again after this long: with 0 it would never stop."""
_MOST = 366 * 86400
_LAST_HOUR = 23
_WITHIN: dict[str, tuple[float, float]] = {
    "routine.on": (0, 1), "soft_check.call": (0, 1), "routine.days": (7, 120), "routine.least_days": (2, 45), "routine.budget": (0.05, 30),
    "routine.quantile": (0.5, 1), "routine.neighbours": (0, 12), "routine.floor_s": (1800, 86_400), "routine.most_s": (3600, 3 * 86_400),
    "soft_check.before_s": (0, 3600), "away.ask_after_s": (86_400, 30 * 86_400), "routine.spread_s": (0, 10_800),
}  # fmt: skip
"""Settings whose sense ends before a year of seconds does: least and most."""
_HIGHEST = {"drill.day": 28, "drill.hour": 23, "chain.checked_at_hour": 23, "chain.checked_days": 60}
"""Days of a month (0: no drill by itself), hours of a day, and how far ahead a chain is looked at."""
_MAY_BE_LOOSER = frozenset({"co.siren_s"})
_PRESSURES_KPA = (45, 108)
"""From the highest villages to the deepest valleys."""
_ALTITUDES_M = 6000


def check(name: str, value: Any) -> None:
    """Raise SettingRefused unless `value` has the form of the default of `name` and nobody is forgotten by it."""
    if name == "no_activity_s":
        if not _is_number(value) or not 3600 <= value <= 3 * 86400:
            raise SettingRefused("no_activity_s: seconds, 3600 to 259200")
    elif name not in DEFAULTS:
        raise SettingRefused(f"no setting is named {name}")
    elif name.endswith(".steps"):
        _check_steps(name, value)
    elif name == "administrators":
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise SettingRefused("administrators: a list of people's ids")
    elif name == "class3.hours":
        _check_hours(name, value)
    elif name.endswith(".hours"):
        _check_night(name, value)
    elif name in _WITHIN and not (_is_number(value) and _WITHIN[name][0] <= value <= _WITHIN[name][1]):
        raise SettingRefused(f"{name}: a number from {_WITHIN[name][0]} to {_WITHIN[name][1]}")
    elif not _is_number(value) or not 0 <= value <= _MOST:
        raise SettingRefused(f"{name}: a number from 0 to {_MOST}")
    elif name.endswith(_REPEATS) and value < 1:
        raise SettingRefused(f"{name}: a number of 1 or more")
    elif name == "area.share" and value > 1:
        raise SettingRefused("area.share: a share of 1, from 0 to 1")
    elif name == "digest.hour" and (value != int(value) or value > _LAST_HOUR):
        raise SettingRefused("digest.hour: an hour of the day, 0 to 23")
    elif value > _HIGHEST.get(name, _MOST):
        raise SettingRefused(f"{name}: a number from 0 to {_HIGHEST[name]}")
    elif name.startswith("co.") and name not in _MAY_BE_LOOSER and value > DEFAULTS[name]:
        raise SettingRefused(f"{name}: at most {DEFAULTS[name]}; life-safety may be made stricter, never looser")
    elif name == "air.pressure_kpa" and value and not _PRESSURES_KPA[0] <= value <= _PRESSURES_KPA[1]:
        raise SettingRefused(f"{name}: 0 (by the altitude), or {_PRESSURES_KPA[0]} to {_PRESSURES_KPA[1]}")
    elif name == "air.altitude_m" and value > _ALTITUDES_M:
        raise SettingRefused(f"{name}: metres, at most {_ALTITUDES_M}")
    elif name == "class1.prealarm_s" and value:
        raise SettingRefused(f"{name}: life-safety waits for nothing")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)  # NaN lies within no limits


def _check_steps(name: str, value: Any) -> None:
    try:
        steps = msgspec.convert(value, list[tuple[float, list[str]]])
    except msgspec.ValidationError as fault:
        raise SettingRefused(f"{name}: [[seconds, [level, ...]], ...]; {fault}") from None
    if not steps and DEFAULTS[name]:
        raise SettingRefused(f"{name}: somebody must be told")
    if any(not 0 <= after <= _MOST for after, _ in steps):
        raise SettingRefused(f"{name}: seconds from 0 to {_MOST}")
    if any(later[0] < earlier[0] for earlier, later in itertools.pairwise(steps)):
        raise SettingRefused(f"{name}: steps must be in order of time")
    if any(not levels or set(levels) - LEVELS for _, levels in steps):
        raise SettingRefused(f"{name}: each step tells one or more of {', '.join(sorted(LEVELS))}")
    if name == "class1.steps" and steps[0][0] > 0:
        raise SettingRefused(f"{name}: life-safety waits for nothing")


def _check_night(name: str, value: Any) -> None:
    """Two local hours, over midnight as well; twice the same: never."""
    try:
        hours = msgspec.convert(value, tuple[float, float])
    except msgspec.ValidationError as fault:
        raise SettingRefused(f"{name}: [begins, ends]; {fault}") from None
    if any(not 0 <= hour <= 24 for hour in hours):
        raise SettingRefused(f"{name}: hours from 0 to 24")


def _check_hours(name: str, value: Any) -> None:
    try:
        opens, closes = msgspec.convert(value, tuple[int, int])
    except msgspec.ValidationError as fault:
        raise SettingRefused(f"{name}: [opens, closes]; {fault}") from None
    if not 0 <= opens <= closes <= 24:
        raise SettingRefused(f"{name}: two hours of one day, the first one first")
