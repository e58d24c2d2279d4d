"""The numbers in force: defaults of the design, changed by recorded settings, per home where a home has its own."""

import itertools
import json
from typing import Any

import msgspec

from events.types.alert import Step, Terms
from events.types.fact import DAY, SECOND
from events.types.setting import SettingChanged

DEFAULTS: dict[str, Any] = {
    # steps: [seconds after raised, levels]; the table of DESIGN section 5
    "class1.steps": [[0, ["watcher", "grid_member"]], [120, ["village"]], [240, ["town"]]],
    "class1.prealarm_s": 0,
    "class1.round_gap_s": 300,
    "class1.answer_within_s": 180,
    "class1.arrive_within_s": 480,
    "class2.steps": [
        [0, ["watcher"]], [300, ["second_watcher"]], [600, ["grid_member"]], [1200, ["village"]], [1800, ["town"]],
    ],
    "class2.prealarm_s": 600,
    "class2.round_gap_s": 1800,
    "class2.answer_within_s": 900,
    "class2.arrive_within_s": 1200,
    "class3.steps": [[0, ["grid_member"]], [14400, ["village"]]],
    "class3.prealarm_s": 0,
    "class3.round_gap_s": 86400,
    "class3.answer_within_s": 43200,
    "class3.arrive_within_s": 86400,
    "class3.hours": [8, 20],
    "class3.wait_s": 1800,
    "class4.steps": [],
    "class4.prealarm_s": 0,
    "class4.round_gap_s": 86400,
    "class4.answer_within_s": 86400,
    "class4.arrive_within_s": 172800,
    "area.steps": [[0, ["grid_member", "village"]]],
    "area.prealarm_s": 120,
    "area.answer_within_s": 900,
    "area.arrive_within_s": 86400,
    "area.least_homes": 3,
    "area.share": 0.2,
    "area.window_s": 120,
    "area.settle_s": 600,
    "area.told_again_s": 1800,
    "digest.hour": 9,
    "blind.battery_most_s": 86400,
    "blind.gateway_most_s": 14400,
    "help.steps": [[0, ["watcher"]], [14400, ["village"]]],
    "dark_and_quiet.steps": [[0, ["watcher"]], [14400, ["village"]]],
    "visit_due.steps": [[0, ["watcher"]], [86400, ["grid_member"]]],
    "visit_due.prealarm_s": 0,
    "visit_due.round_gap_s": 3 * 86400,
    "visit.after_s": 30 * 86400,
    "drill.steps": [[0, ["watcher", "second_watcher"]]],
    "drill.prealarm_s": 0,
    "drill.round_gap_s": 7200,
    "drill.day": 10,
    "drill.hour": 10,
    "chain.checked_at_hour": 3,
    "chain.checked_days": 7,
    "refire_gap_s": 300,
    "attended_s": 600,
    "reopen_s": 1800,
    "ask_outcome_s": 7200,
    "stray.window_s": 600,
    "stray.retrigger_most_s": 180,
    "co.test_real_ppm": 50,
    "co.test_real_after_s": 300,
    "no_activity.away_s": 0,  # 0: the most that a silence at home may last
    "no_activity.door_s": 120,
    "not_home_by_night.hours": [22, 5],  # twice the same hour: never
    "outer_door_open.hours": [22, 5],
    "outer_door_open.after_s": 900,
    "soft_check.before_s": 600,
    "soft_check.call": 1,  # 0: only the light asks
    "routine.on": 1,
    "routine.floor_s": 7200,  # nobody is sent to who sits still for an hour
    "routine.days": 45,
    "routine.least_days": 7,
    "routine.budget": 1.0,  # false alarms in 30 days at most
    "routine.quantile": 0.95,
    "routine.neighbours": 6,
    "routine.most_s": 50_400,  # the absolute limit: above the home's fixed one only where its own silences explain it
    "routine.settle_s": 600,
    "routine.spread_s": 3600,
    "co.siren_s": 0,
    "co.clears_ppm": 30,
    "co.lost_most_s": 600,
    "co.quiet_after_s": 1200,
    "co.urgent_pct": 5,
    "co.call_120_pct": 10,
    "co.call_120_ppm": 300,
    "air.altitude_m": 0,
    "air.pressure_kpa": 0,  # 0: by the altitude
    "check_flue.ppm": 30,
    "check_flue.after_s": 7200,
    "check_flue.mean_8h_ppm": 8.7,
    "check_flue.mean_24h_ppm": 6,
    "sensor_fault.frozen_s": 86400,
    "sensor_fault.baseline_ppm": 5,
    "sensor_fault.co_life_days": 1826,  # five years, the shortest that makers give; 0: never
    "low_temperature.celsius": 8,
    "high_temperature.celsius": 35,
    "battery.low_pct": 10,
    "battery.said_again_s": 7 * 86400,
    "battery.arrive_within_s": 14 * 86400,
    "flapping.changes": 6,
    "flapping.within_s": 3600,
    "flapping.calm_s": 86400,
    "tuning.false_alarms": 3,
    "tuning.within_s": 14 * 86400,
    "device_silent.misses": 3,
    "device_silent.battery_least_s": 90000,
    "still_away.steps": [[0, ["watcher"]], [14400, ["grid_member"]]],
    "away.ask_after_s": 7 * 86400,
    "away.leave_s": 900,
    "away.home_window_s": 600,
    "away.most_s": 14 * 86400,
    "away.after_closing_s": 7 * 86400,
    "redecoded_told_s": 1800,
    "slot_kept_s": 86400,
    "class1.accepted_within_s": 15,
    "class2.receipt_within_s": 60,
    "class3.receipt_within_s": 60,
    "budget.reserve_sms": 2,
    "budget.reserve_calls": 2,
    "administrators": [],
    "backfill.settle_s": 20,
    "backfill.return_s": 35,
    "backfill.most_s": 600,
}  # fmt: skip

NO_ROUNDS = 0.0
"""A gap that means: told once, and not again by the clock."""

AREA = 5
"""The class of an area incident, behind the four of the table."""

GENERATION = 6
"""Counted up when a new program decides more or otherwise; in force from the moment it is recorded (decision 0028).

1: release 0.1.0. 2: areas, what can be seen of a home, tasks and digests; the rules that came since, doors, and carbon
monoxide by its figures. 3: what was found when all rules were read by a stranger (decision 0034). 4: a last will that
came before we had caught up stays one (decision 0080). 5: a learned limit may go above the fixed one (decision 0070).
6: what a device owes us is awaited until it is proved that it did not come (decision 0016); blind time is parted where
the greater trouble is over and only sensors are still missing (decision 0028).
"""
READ_AGAIN = 3
"""The generation of that reading."""
WILLS_STAY = 4
"""The generation to which a home is dark by a last will also where that came in our first moments."""
CALIBRATED = 5
"""The generation of the absolute limit."""
AWAITED = 6
"""The generation that waits for what is owed by the mark of what was heard, and not by the clock."""
PARTED = 6
"""The generation in whose ledger a power cut ends when the power is back, though the sensors are still missing."""
GENERATION_NAME = "rules.generation"

CLASSES: dict[str, int] = {
    "carbon_monoxide": 1, "smoke": 1, "gas": 1, "sos": 1, "unknown_device_alarm": 1, "rule_failed": 1, "nobody_left": 1,
    "no_activity": 2, "not_home_by_night": 2, "outer_door_open": 2, "still_away": 3, "help": 3, "dark_and_quiet": 3, "device_silent": 4, "sensor_out_of_service": 4, "blind_time": 4,
    "responder_unreachable": 4, "site_area": AREA,
    "chain_hole": 4, "visit_due": 3, "drill": 3,
    "check_flue": 3, "water": 3, "low_temperature": 3, "high_temperature": 3, "sensor_fault": 4, "tamper": 4,
    "battery": 4, "flapping": 4, "tuning": 4,
}  # fmt: skip
"""Danger -> class."""

DRILL = "drill"
"""A test of the chain: told like an alert, and in no figure."""

NOBODY_LEFT = "nobody_left"
"""The operator's own alert of a home where everybody who could be told of another one is lost."""
ENVIRONMENT = frozenset({"check_flue", "water", "low_temperature", "high_temperature"})
"""What may be over by itself soon: nobody is told before `class3.wait_s`."""

OPERATOR_ONLY = frozenset({"unknown_device_alarm", "rule_failed", NOBODY_LEFT})
"""Shown and sounded on the console at once, told to nobody by SMS."""

OUTCOMES = (
    "rescued", "hospital", "deceased", "safe_at_home", "away_unreported", "elder_cancelled",
    "device_false_alarm", "device_fault", "request_done", "drill",
)  # fmt: skip
LESSER_OUTCOMES = ("resolved_itself", "fixed")
"""Also allowed for classes 3 and 4."""


ALTITUDE = "air.altitude_m"


def scope_of_site(site: str) -> str:
    """The scope of what was set for one site. Only the air's holds by it; the rest each of its homes was given as well, and
    is given when it comes later. No home and no household of ours is called so.
    """
    return f"site/{site}"


def scope_of_village(village: str) -> str:
    """The scope of what was set for one village: each of its homes was given it, and is given it when it comes later."""
    return f"village/{village}"


class SettingRefused(Exception):
    """The value is not of the form its name asks for."""


class Policy(msgspec.Struct, dict=True):
    """Settings recorded so far: (scope, name) as `scope/name` -> value.

    A rule asks for several with every fact, so they also lie by scope, outside of what is saved; `generation`: which
    program's decisions are in force.
    """

    recorded: dict[str, Any] = {}

    def __post_init__(self) -> None:
        self.generation = 1
        self._common: dict[str, Any] = {}
        self._in = {"all": self._common}
        for key, value in self.recorded.items():
            scope, _, name = key.rpartition("/")
            self._take(scope, name, value)

    def fold(self, change: SettingChanged) -> None:
        """Take a recorded change into force."""
        self.set(change.scope, change.name, json.loads(change.value))

    def set(self, scope: str, name: str, value: Any) -> None:
        """In force from now on."""
        self.recorded[f"{scope}/{name}"] = value
        self._take(scope, name, value)

    def said(self, name: str, scope: str) -> Any:
        """What was set for just this scope (`all`, a home, or one of those above); None: nothing was."""
        own = self._in.get(scope)
        return None if own is None else own.get(name)

    def own(self, scope: str) -> dict[str, Any]:
        """All that was set for just this scope, by name."""
        return dict(self._in.get(scope, ()))

    def _take(self, scope: str, name: str, value: Any) -> None:
        self._in.setdefault(scope, {})[name] = value
        if (scope, name) == ("all", GENERATION_NAME):
            self.generation = int(value)

    def value(self, name: str, home: str = "") -> Any:
        """The value in force, the home's own first."""
        own = self._in.get(home)
        if own is not None and (value := own.get(name)) is not None:
            return value
        value = self._common.get(name)
        return DEFAULTS[name] if value is None else value

    def span(self, name: str, home: str = "") -> int:
        """A value in seconds, as microseconds."""
        return int(self.value(name, home) * SECOND)

    def terms(self, danger: str, chain: dict[str, list[str]], home: str) -> Terms:
        """What an alert of this danger keeps from its beginning to its end."""
        alert_class = CLASSES[danger]
        table = "area" if alert_class == AREA else f"class{alert_class}"
        quiet = self.value("class3.hours", home) if alert_class == 3 else [0, 0]

        def own(setting: str) -> Any:
            """What this danger has for itself, else what its class has."""
            name = f"{danger}.{setting}"
            return self.value(name if name in DEFAULTS else f"{table}.{setting}", home)

        def seconds(setting: str) -> float:
            """As after a restart: what is read back from a snapshot is a float, and must be written alike."""
            return float(self.value(setting, home))

        steps = own("steps")
        wait = float(self.value("class3.wait_s", home)) if danger in ENVIRONMENT else 0.0
        return Terms(
            alert_class=alert_class,
            steps=[]
            if danger in OPERATOR_ONLY
            else [Step(after_s=max(wait, float(s[0])), levels=list(s[1])) for s in steps],
            chain=chain,
            prealarm_s=float(own("prealarm_s")),
            round_gap_s=NO_ROUNDS if alert_class == AREA else float(own("round_gap_s")),
            answer_within_s=float(own("answer_within_s")),
            arrive_within_s=float(own("arrive_within_s")),
            refire_gap_s=seconds("refire_gap_s"),
            attended_s=seconds("attended_s"),
            reopen_s=seconds("reopen_s"),
            ask_outcome_s=seconds("ask_outcome_s"),
            quiet_from_h=quiet[1],
            quiet_to_h=quiet[0],
        )


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


LOCAL_OFFSET = 8 * 3600 * SECOND
"""Asia/Shanghai is UTC+8 all year."""


def next_open_hour(at: int, quiet_from_h: int, quiet_to_h: int) -> int:
    """The first moment from `at` on that lies outside the quiet hours (local hours); equal hours: never quiet."""
    if quiet_from_h == quiet_to_h:
        return at
    local = at + LOCAL_OFFSET
    midnight = local - local % DAY
    hour = (local - midnight) / (3600 * SECOND)
    opens = quiet_to_h * 3600 * SECOND
    if hour < quiet_to_h:
        return midnight + opens - LOCAL_OFFSET
    if hour >= quiet_from_h:
        return midnight + DAY + opens - LOCAL_OFFSET
    return at
