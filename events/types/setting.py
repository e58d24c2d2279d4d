"""Numbers people may change; each is in force from the moment it was recorded."""

from events.types.fact import Event, fact


@fact
class SettingChanged(Event, frozen=True, kw_only=True):
    """`name` as in `alerts.core.policy`; `value` as JSON; `scope` is "all" or a home id; `why`: a text's id."""

    name: str
    value: str
    scope: str = "all"
    by: str = ""
    why: str = ""
