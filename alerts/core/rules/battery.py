"""A battery runs down: listed, said again every seven days, overdue after fourteen, over when a full one is in."""

from typing import Any

from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Danger, DeadlineReached, Seen, Verdict
from alerts.core.rules.per_device import judged
from events.types.device import DeviceConditionReported, HeartbeatReceived
from events.types.fact import Event

FULL_AGAIN_PCT = 20.0
"""So much above the limit it must show before a new battery is believed: an empty one recovers a little when it is warm."""


class Battery:
    """State: `showing`, since when each device is low; `flagged`, those that say it themselves; `said`, how often."""

    name = danger = "battery"
    hears: tuple[type[Event], ...] = (HeartbeatReceived, DeviceConditionReported, DeadlineReached)
    waits_for_hearing = False

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """A percentage, the device's own warning, or a week that has passed."""
        said = seen.event
        if isinstance(said, DeadlineReached):
            return self._again(state, said.due, home, policy)
        if not isinstance(said, (HeartbeatReceived, DeviceConditionReported)) or said.retained or said.history:
            return None
        if isinstance(said, HeartbeatReceived):
            if said.battery_pct is None or said.backfilled:
                return None
            low = self._low(state, said, policy, home)
        else:
            if said.battery_low is None:
                return None
            flagged = (
                {*state.get("flagged", []), said.device}
                if said.battery_low
                else {*state.get("flagged", [])} - {said.device}
            )
            state = {**state, "flagged": sorted(flagged)}
            low = said.battery_low
        if said.device not in home.sensors:
            return None
        reason = {"at": seen.at} | ({"battery_pct": said.battery_pct} if isinstance(said, HeartbeatReceived) else {})
        found = judged(state, said.device, reason if low else None, seen.at)
        if found is None:
            return Verdict(state) if "flagged" in state else None
        again = found.danger and seen.at + policy.span("battery.said_again_s", home.home)
        return Verdict(found.state, danger=found.danger, cleared=found.cleared, wake_at=again or None)

    def _low(self, state: dict[str, Any], said: HeartbeatReceived, policy: Policy, home: Household) -> bool:
        limit = float(policy.value("battery.low_pct", home.home))
        level = said.battery_pct or 0.0
        if said.device in state.get("flagged", []):
            return level < limit + FULL_AGAIN_PCT
        return level <= (limit + FULL_AGAIN_PCT if said.device in state.get("showing", {}) else limit)

    def _again(self, state: dict[str, Any], due: int, home: Household, policy: Policy) -> Verdict | None:
        showing: dict[str, int] = {d: since for d, since in state.get("showing", {}).items() if d in home.sensors}
        if not showing:
            return None
        every, within = (
            policy.span("battery.said_again_s", home.home),
            policy.span("battery.arrive_within_s", home.home),
        )
        first = min(showing.values())
        if due < first + every:  # the one this was set for has a new battery
            return Verdict(state, wake_at=first + every)
        overdue = sorted(device for device, since in showing.items() if due >= since + within)
        said = {"at": due, "devices": sorted(showing), "since": first, "overdue": overdue}
        return Verdict({**state, "showing": showing}, danger=Danger(said, again=True), wake_at=due + every)


rule = Battery()
