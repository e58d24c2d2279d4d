"""Change a number in force; from this moment on, and recorded with who and why."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from alerts.commands.deciding import settled
from alerts.core.setting_forms import SettingRefused, check
from alerts.registry.texts import keep_text
from events.database import Database
from events.store import New, append, version_of
from events.types.setting import SettingChanged

__all__ = ["SettingRefused", "change_settings", "check"]

_LONGEST: Final = 2000


def change_settings(
    database: Database, values: dict[str, Any], *, by: str, at: int, scope: str = "all", homes: Sequence[str] = (),
    why: str = "",
) -> None:  # fmt: skip
    """All of them or none, in one scope; `homes`: those of that place, each of which is given them too.

    `why` is kept word for word. Raises SettingRefused.
    """
    for name, value in values.items():
        check(name, value)

    def work(db: Connection) -> None:
        kept = keep_text(db, "setting", why[:_LONGEST], by, at) if why else ""
        facts = [
            New("settings", "all", SettingChanged(name=name, value=json.dumps(value), scope=each, by=by, why=kept), at)
            for name, value in values.items()
            for each in (scope, *homes)
        ]
        append(db, facts, recorded_at=at, after={"settings": version_of(db, "settings")})

    settled(database, work)
