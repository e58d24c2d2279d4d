"""The numbers people may change on a page: which there are, what is in force where, who changed them and why. From the log."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from alerts.core.policy import CLASSES, DEFAULTS, Policy, scope_of_site, scope_of_village
from alerts.core.setting_forms import LEVELS
from alerts.projections.alert_fold import alerts
from alerts.registry import tables
from events.store import read_stream
from events.types.fact import DAY, SECOND
from events.types.setting import SettingChanged

LIMIT: Final = "no_activity_s"
"""A home's own longest silence: it has no value for the town."""
ORDER: Final = ("watcher", "second_watcher", "grid_member", "village", "town")
_PER_CLASS: Final = ("steps", "prealarm_s", "round_gap_s", "answer_within_s", "arrive_within_s")
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "class1": tuple(f"class1.{name}" for name in _PER_CLASS if name != "prealarm_s"),
    "class2": tuple(f"class2.{name}" for name in _PER_CLASS),
    "class3": (*(f"class3.{name}" for name in _PER_CLASS if name != "prealarm_s"), "class3.hours", "class3.wait_s"),
    "class4": ("class4.answer_within_s", "class4.arrive_within_s"),
    "no_activity": (LIMIT, "routine.on", "routine.budget", "routine.floor_s", "routine.most_s", "no_activity.away_s",
        "soft_check.before_s", "soft_check.call",
    ),
    "carbon_monoxide": ("co.siren_s", "co.clears_ppm", "co.urgent_pct", "co.call_120_ppm"),
    "check_flue": ("check_flue.ppm", "check_flue.after_s"),
    "temperature": ("low_temperature.celsius", "high_temperature.celsius"),
    "doors": ("not_home_by_night.hours", "outer_door_open.hours", "outer_door_open.after_s"),
    "away": ("away.ask_after_s",),
    "devices": ("device_silent.misses", "device_silent.battery_least_s", "battery.low_pct", "flapping.changes"),
    "area": ("area.least_homes", "area.share", "area.prealarm_s"),
}  # fmt: skip
"""What belongs together, in the order of the page."""
NAMES: Final = frozenset(name for group in GROUPS.values() for name in group)
TOWN_ONLY: Final = frozenset(GROUPS["area"])
"""They judge a site as a whole."""
_JUDGED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    LIMIT: ("no_activity",), "routine": ("no_activity",), "soft_check": ("no_activity",), "co": ("carbon_monoxide",),
    "away": ("still_away",), "area": ("site_area",),
}  # fmt: skip
_FIRST_OF: Final = {1: "carbon_monoxide", 2: "no_activity", 3: "low_temperature", 4: "device_silent"}
DAYS: Final = 30


@dataclass(frozen=True)
class Rule:
    """A number in a scope. `own`: set there itself; None in `value`: each home has its own."""

    name: str
    group: str
    value: Any
    default: Any
    own: bool

    @property
    def kind(self) -> str:
        """How it is asked for: steps, hours, switch, minutes, seconds or number."""
        return kind_of(self.name)


def kind_of(name: str) -> str:
    """How a number is asked for."""
    if name.endswith(".steps"):
        return "steps"
    if name.endswith(".hours"):
        return "hours"
    if name in {"routine.on", "soft_check.call"}:
        return "switch"
    if name.endswith("_s"):
        return "minutes" if name == LIMIT or DEFAULTS[name] % 60 == 0 else "seconds"
    return "number"


@dataclass(frozen=True)
class Changed:
    """One change on record. `why` is a text's id, empty where nobody was asked. `scope`: all, or a home."""

    at: int
    scope: str
    value: Any
    by: str
    why: str


def policy(db: Connection) -> Policy:
    """The settings in force, and for each home the limit it was enrolled with."""
    found = Policy()
    for row in db.execute(select(tables.homes.c.id, tables.homes.c.no_activity_s)):
        found.set(row.id, LIMIT, row.no_activity_s)
    for recorded in read_stream(db, "settings", types=["SettingChanged"]):
        if isinstance(recorded.event, SettingChanged):
            found.fold(recorded.event)
    return found


def homes_of_scope(db: Connection, scope: str) -> list[str]:
    """`all`: every home; `site:<id>`, `village:<id>`: those of a village group or a village; else the one home."""
    h, s, g = tables.homes, tables.sites, tables.grids
    query = select(h.c.id).order_by(h.c.place, h.c.id)
    kind, _, id = scope.partition(":")
    if kind == "village":
        query = query.join(s, s.c.id == h.c.site).join(g, g.c.id == s.c.grid).where(g.c.village == id)
    elif scope != "all":
        query = query.where(h.c.site == id if kind == "site" else h.c.id == scope)
    return list(db.scalars(query))


def recorded_as(scope: str) -> str:
    """The scope as settings are recorded for it."""
    kind, _, id = scope.partition(":")
    return {"site": scope_of_site, "village": scope_of_village}[kind](id) if id else scope


def scope_of(recorded: str) -> str:
    """The other way round."""
    kind, _, id = recorded.partition("/")
    return f"{kind}:{id}" if id else recorded


def in_force(db: Connection, scope: str) -> list[Rule]:
    """Every number of the page as it holds in this scope; of a place: where all of its homes have the same."""
    known, homes = policy(db), homes_of_scope(db, scope)
    found = []
    for group, names in GROUPS.items():
        for name in names:
            if scope == "all" and name == LIMIT:
                continue
            if scope != "all" and name in TOWN_ONLY:
                continue
            found.append(_rule(known, group, name, [] if scope == "all" else homes))
    return found


def _rule(known: Policy, group: str, name: str, homes: Sequence[str]) -> Rule:
    default = None if name == LIMIT else DEFAULTS[name]
    if not homes:
        return Rule(name, group, known.value(name), default, known.said(name, "all") is not None)
    values = [known.said(LIMIT, home) if name == LIMIT else known.value(name, home) for home in homes]
    own = any(known.said(name, home) is not None for home in homes) and name != LIMIT
    same = all(value == values[0] for value in values)
    return Rule(name, group, values[0] if same else None, default, own)


def rule(db: Connection, name: str, scope: str) -> Rule | None:
    """One of them, None: not in this scope."""
    return next((each for each in in_force(db, scope) if each.name == name), None)


def history(db: Connection, name: str, scope: str) -> list[Changed]:
    """The changes of a number that concern this scope, the latest first."""
    concerned = {"all", recorded_as(scope), *homes_of_scope(db, scope)} if scope != "all" else None
    found: list[Changed] = []
    of_place: set[tuple[int, str]] = set()
    for recorded in read_stream(db, "settings", types=["SettingChanged"], holding=f'"{name}"'):
        event = recorded.event
        if isinstance(event, SettingChanged) and event.name == name and (concerned is None or event.scope in concerned):
            if event.scope != scope and (recorded.at, event.why) in of_place:
                continue  # the same word, as one of the homes of that place was given it
            if scope_of(event.scope) != event.scope:
                of_place.add((recorded.at, event.why))
            found.append(Changed(recorded.at, scope_of(event.scope), json.loads(event.value), event.by, event.why))
    return found[::-1]


def judged_by(db: Connection, name: str, now: int) -> list[str]:
    """The dangers whose alerts a number may change: of a class those it had in the last 30 days, else its first."""
    head = name.partition(".")[0]
    if name in _JUDGED_BY or head in _JUDGED_BY:
        return list(_JUDGED_BY.get(name) or _JUDGED_BY[head])
    if not head.startswith("class"):
        return [head] if head in CLASSES else []
    number = int(head.removeprefix("class"))
    a = alerts.c
    seen = db.scalars(select(a.danger).where(a["class"] == number, a.began_at >= now - DAYS * DAY).distinct())
    return sorted(danger for danger in seen if danger in CLASSES) or [_FIRST_OF[number]]


def as_steps(minutes: Mapping[str, float | None]) -> list[list[Any]]:
    """Level -> minutes after raised (None: not told) as the setting has it."""
    found: dict[float, list[str]] = {}
    for level in ORDER:
        after = minutes.get(level)
        if after is not None:
            found.setdefault(after * 60, []).append(level)
    return [[after, found[after]] for after in sorted(found)]


def as_minutes(steps: Sequence[Sequence[Any]]) -> dict[str, float]:
    """The other way round: when each level is told first."""
    found: dict[str, float] = {}
    for after, levels in steps:
        for level in levels:
            if level in LEVELS:
                found.setdefault(level, after / 60)
    return found


def seconds_as_micros(value: float) -> int:
    """For the words of spans."""
    return int(value * SECOND)
