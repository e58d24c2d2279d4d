"""The history of a home: what people said of it, and which numbers were in force for it, from what to what, by whom."""

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from alerts.core.policy import DEFAULTS, Policy
from events.serial import Recorded
from events.store import read_stream
from events.types import home as facts
from events.types import life
from events.types.setting import SettingChanged

_LIFE: Final = (
    "HomeEnrolled", "ConsentRecorded", "ConsentWithdrawn", "HomeProven", "HomePaused", "HomeResumed", "HomeRetired",
    "VisitRecorded", "DrillStarted", "AwaySet", "AwayEnded", "ChainSet",
)  # fmt: skip
LIMIT: Final = "no_activity_s"
_OF_A_HOME: Final = (
    "no_activity", "routine.", "soft_check.", "not_home_by_night.", "outer_door_open.", "still_away.", "away.", "co.",
    "check_flue.", "low_temperature.", "high_temperature.", "air.", "visit.", "stray.",
)  # fmt: skip
"""Settings of the whole town that a home's people ask about; a home's own are shown whatever they are."""


@dataclass(frozen=True)
class Said:
    """One thing said of the home: `what` is the fact's name; `who` visited; `until` an absence lasts; `text` a registry id."""

    at: int
    what: str
    by: str = ""
    who: str = ""
    how: str = ""
    text: str = ""
    until: int | None = None


@dataclass(frozen=True)
class Changed:
    """A number in force for this home became another; `everywhere`: for the whole town. `by` empty: the town file."""

    at: int
    name: str
    before: Any
    after: Any
    by: str
    everywhere: bool


def said_of(db: Connection, home: str, *, limit: int = 60) -> list[Said]:
    """What was said of the home, the newest first."""
    found = [_said(recorded) for recorded in read_stream(db, f"home-{home}", types=_LIFE, limit=limit)]
    return sorted((each for each in found if each), key=lambda each: -each.at)


def _said(recorded: Recorded) -> Said | None:
    name, at = type(recorded.event).__name__, recorded.at
    match recorded.event:
        case life.VisitRecorded(who=who, by=by, visited_at=visited_at, note=note):
            return Said(visited_at, name, by, who=who, text=note)
        case life.ConsentRecorded(by=by, given=given, text=text):
            return Said(at, name, by, how=given, text=text)
        case facts.AwaySet(by=by, until=until):
            return Said(at, name, by, until=until)
        case facts.HomePaused(by=by, reason=reason) | facts.HomeRetired(by=by, reason=reason):
            return Said(at, name, by, text=reason)
        case life.ConsentWithdrawn(by=by, text=text):
            return Said(at, name, by, text=text)
        case life.DrillStarted(by=by, drill=drill):
            return Said(at, name, by, how=drill)
        case life.HomeProven(by=by) | facts.HomeResumed(by=by) | facts.AwayEnded(by=by):
            return Said(at, name, by)
        case facts.HomeEnrolled() | facts.ChainSet():
            return Said(at, name)
    return None


@dataclass(frozen=True)
class Numbers:
    """The home's own numbers as in force now; every change that concerned it, the newest first; below what it is cold."""

    own: dict[str, Any]
    changes: list[Changed]
    cold_celsius: float


def numbers_of(db: Connection, home: str) -> Numbers:
    """Read from the log: a home's own settings go before those of the town."""
    policy = Policy()
    limit: int | None = None
    found: list[Changed] = []
    records = [
        *read_stream(db, f"home-{home}", types=["HomeEnrolled"]),
        *read_stream(db, "settings", types=["SettingChanged"]),
    ]
    for recorded in sorted(records, key=lambda each: each.position):
        event = recorded.event
        if isinstance(event, facts.HomeEnrolled):
            before, limit = limit, event.no_activity_s
            if before is not None and before != limit and policy.said(LIMIT, home) is None:
                found.append(Changed(recorded.at, LIMIT, before, limit, "", everywhere=False))
        elif isinstance(event, SettingChanged) and event.scope in {home, "all"}:
            everywhere = event.scope == "all"
            if everywhere and not event.name.startswith(_OF_A_HOME):
                continue
            was = _in_force(policy, event.name, home, limit)
            policy.fold(event)
            after = _in_force(policy, event.name, home, limit)
            if was != after:
                found.append(Changed(recorded.at, event.name, was, after, event.by, everywhere))
    return Numbers(policy.own(home), list(reversed(found)), float(policy.value("low_temperature.celsius", home)))


def _in_force(policy: Policy, name: str, home: str, limit: int | None) -> Any:
    if name == LIMIT:
        own = policy.said(LIMIT, home)
        return limit if own is None else own
    known = name in DEFAULTS or any(policy.said(name, scope) is not None for scope in ("all", home))
    return policy.value(name, home) if known else None


def as_text(value: Any) -> str:
    """A value nobody has better words for."""
    return json.dumps(value, ensure_ascii=False)
