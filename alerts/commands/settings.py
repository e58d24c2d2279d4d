"""Change a number in force; from this moment on, and recorded with who."""

import json
from typing import Any

from sqlalchemy import Connection

from alerts.commands.deciding import settled
from alerts.core.policy import SettingRefused, check
from events.database import Database
from events.store import New, append, version_of
from events.types.setting import SettingChanged

__all__ = ["SettingRefused", "change_settings"]


def change_settings(database: Database, values: dict[str, Any], *, by: str, at: int, scope: str = "all") -> None:
    """All of them or none. Raises SettingRefused."""
    for name, value in values.items():
        check(name, value)

    def work(db: Connection) -> None:
        facts = [
            New("settings", "all", SettingChanged(name=name, value=json.dumps(value), scope=scope, by=by), at)
            for name, value in values.items()
        ]
        append(db, facts, recorded_at=at, after={"settings": version_of(db, "settings")})

    settled(database, work)
