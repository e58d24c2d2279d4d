"""What the elder asks for with a button: `sos` raises class 1, `help` a class-3 request to the watcher."""

from typing import Any

from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Danger, Seen, Verdict
from events.types.device import ButtonPressed
from events.types.fact import Event


class ButtonRule:
    """Each press is a danger of its own; no condition lasts. A retained press is only a memory."""

    hears: tuple[type[Event], ...] = (ButtonPressed,)
    waits_for_hearing = False

    def __init__(self, danger: str, action: str) -> None:
        self.name = self.danger = danger
        self._action = action

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """A press, live or late."""
        del home, policy
        event = seen.event
        if not isinstance(event, ButtonPressed) or event.action != self._action or event.retained:
            return None
        reason = {"device": event.device, "at": seen.at}
        if event.backfilled:
            reason["late_s"] = max(0, seen.received - seen.at) // 1_000_000
        return Verdict(state, danger=Danger(reason, device=event.device, lasting=False))
