"""The numbers in force: defaults of the design, changed by recorded settings, per home where a home has its own."""

import json
from typing import Any

import msgspec

from events.types.alert import Step, Terms
from events.types.fact import SECOND
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

GENERATION = 7
"""Counted up when a new program decides more or otherwise; in force from the moment it is recorded (decision 0028).

1: release 0.1.0. 2: areas, what can be seen of a home, tasks and digests; the rules that came since, doors, and carbon
monoxide by its figures. 3: what was found when all rules were read by a stranger (decision 0034). 4: a last will that
came before we had caught up stays one (decision 0080). 5: a learned limit may go above the fixed one (decision 0070).
6: what a device owes us is awaited until it is proved that it did not come (decision 0016); blind time is parted where
the greater trouble is over and only sensors are still missing (decision 0028). 7: the budget of false alarms is kept as
it is said, in 30 days (decision 0070).
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
KEPT = 7
"""The generation whose budget of false alarms is one of 30 days, and not of the whole window."""
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
