"""The demonstration's own settings: minutes become seconds, so that a whole escalation can be watched."""

import json
from typing import Any

from alerts.core.setting_forms import check
from events.database import Database
from events.store import New, append, read_types, version_of
from events.types.setting import SettingChanged
from shouwang.moment import now

PACE: dict[str, Any] = {
    "class1.steps": [[0, ["watcher", "grid_member"]], [20, ["village"]], [40, ["town"]]],
    "class1.round_gap_s": 60,
    "class1.answer_within_s": 30,
    "class1.arrive_within_s": 120,
    "class2.steps": [
        [0, ["watcher"]], [15, ["second_watcher"]], [30, ["grid_member"]], [45, ["village"]], [60, ["town"]],
    ],
    "class2.prealarm_s": 15,
    "class2.round_gap_s": 90,
    "class2.answer_within_s": 45,
    "class2.arrive_within_s": 120,
    "refire_gap_s": 60,
    "attended_s": 60,
    "ask_outcome_s": 300,
}  # fmt: skip

_BY = "demo"


def quicken(database: Database) -> int:
    """Record what is not in force yet; returns how many settings changed."""
    for name, value in PACE.items():
        check(name, value)
    with database.read() as db:
        recorded = [r.event for r in read_types(db, ["SettingChanged"])]
        version = version_of(db, "settings")
    in_force = {e.name: json.loads(e.value) for e in recorded if isinstance(e, SettingChanged) and e.scope == "all"}
    at = now()
    news = [
        New("settings", "all", SettingChanged(name=name, value=json.dumps(value), by=_BY), at)
        for name, value in PACE.items()
        if in_force.get(name) != value
    ]
    if news:
        database.write(lambda db: append(db, news, recorded_at=at, after={"settings": version}))
    return len(news)
