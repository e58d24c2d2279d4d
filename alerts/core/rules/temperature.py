"""A room too cold or too hot to live in. Each sensor is judged for itself; a room that hovers is told once."""

from typing import Any

from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Seen, Verdict
from alerts.core.rules.per_device import judged
from events.types.device import ClimateReported
from events.types.fact import Event

BETTER_C = 2.0
"""Over when it is so much better than the limit, in degrees Celsius."""
_POSSIBLE_C = (-45.0, 70.0)
"""What a thermometer in a house may say; the rest is no temperature."""


class Temperature:
    """State: `showing`."""

    hears: tuple[type[Event], ...] = (ClimateReported,)
    waits_for_hearing = False

    def __init__(self, danger: str, *, cold: bool) -> None:
        self.name = self.danger = danger
        self._sign = 1.0 if cold else -1.0

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """One reading, live or late; what is older than what we know says nothing about now."""
        said = seen.event
        if not isinstance(said, ClimateReported) or said.celsius is None or said.retained or said.history:
            return None
        if said.device not in home.sensors or not _POSSIBLE_C[0] <= said.celsius <= _POSSIBLE_C[1]:
            return None
        since = state.get("showing", {}).get(said.device)
        if since is not None and seen.at < since:
            return None
        limit = float(policy.value(f"{self.danger}.celsius", home.home))
        beyond = self._sign * (limit - said.celsius)
        shows = beyond > 0 if since is None else beyond > -BETTER_C
        reason = {"at": seen.at, "celsius": said.celsius, "limit_c": limit} if shows else None
        return judged(state, said.device, reason, seen.at)
