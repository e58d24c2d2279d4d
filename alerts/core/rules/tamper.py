"""A device says that it was opened or torn off its place."""

from typing import Any

from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Seen, Verdict
from alerts.core.rules.per_device import judged
from events.types.device import DeviceConditionReported
from events.types.fact import Event


class Tamper:
    """State: `showing`."""

    name = danger = "tamper"
    hears: tuple[type[Event], ...] = (DeviceConditionReported,)
    waits_for_hearing = False

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """What the device says of itself; None: it did not speak of this."""
        del policy
        said = seen.event
        if not isinstance(said, DeviceConditionReported) or said.tamper is None or said.retained or said.history:
            return None
        if said.device not in home.sensors:
            return None
        return judged(state, said.device, {"at": seen.at} if said.tamper else None, seen.at)


rule = Tamper()
