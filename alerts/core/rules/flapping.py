"""A device that comes and goes, or whose alarm goes on and off, without end: told once, listed until it has been calm."""

from typing import Any

from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Cleared, Danger, DeadlineReached, Seen, Verdict
from alerts.core.rules.flag import Flagged
from events.types.device import (
    CarbonMonoxideReported,
    DeviceStatusReported,
    GasReported,
    SmokeReported,
    WaterReported,
)
from events.types.fact import Event


class Flapping:
    """State: `was`, what each device last said it was; `turned`, when it last changed, newest last; `showing`.

    What it alarms about is judged all the same: this only says that somebody should look at the device.
    """

    name = danger = "flapping"
    hears: tuple[type[Event], ...] = (
        DeviceStatusReported, CarbonMonoxideReported, SmokeReported, GasReported, WaterReported, DeadlineReached,
    )  # fmt: skip
    waits_for_hearing = False

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """Counted by when we heard of it: what a device had buffered comes at once and is no flapping."""
        said = seen.event
        if isinstance(said, DeadlineReached):
            return self._calm(state, said.due, home, policy)
        if not isinstance(said, (DeviceStatusReported, Flagged)) or said.retained or said.backfilled:
            return None
        if said.device not in home.sensors or getattr(said, "test", False):
            return None
        status = isinstance(said, DeviceStatusReported)
        about = f"{said.device} {'status' if status else 'alarm'}"
        now = said.state == "online" if isinstance(said, DeviceStatusReported) else said.alarm
        was = state.get("was", {})
        if was.get(about, status) == now:  # online and without alarm is how it begins
            return None
        return self._turned(state, about, said.device, now, seen.received, home, policy)

    def _turned(
        self, state: dict[str, Any], about: str, device: str, now: bool, at: int, home: Household, policy: Policy
    ) -> Verdict:
        within, most = policy.span("flapping.within_s", home.home), int(policy.value("flapping.changes", home.home))
        before = [when for when in state.get("turned", {}).get(about, []) if when > at - within]
        turned = [*before[1 - most :], at]
        state = {
            **state, "was": {**state.get("was", {}), about: now}, "turned": {**state.get("turned", {}), about: turned},
        }  # fmt: skip
        showing = state.get("showing", {})
        calm = policy.span("flapping.calm_s", home.home)
        if len(turned) < most:
            return Verdict(state)
        state["showing"] = {**showing, device: at}
        if device in showing:
            return Verdict(state)
        reason = {"device": device, "at": at, "changes": len(turned), "since": turned[0]}
        return Verdict(state, danger=Danger(reason, device=device), wake_at=at + calm)

    def _calm(self, state: dict[str, Any], due: int, home: Household, policy: Policy) -> Verdict | None:
        calm = policy.span("flapping.calm_s", home.home)
        showing = state.get("showing", {})
        left = {d: at for d, at in showing.items() if due < at + calm and d in home.sensors}
        if not showing:
            return None
        over = None if left else Cleared({"calm_since": max(showing.values())})
        return Verdict({**state, "showing": left}, cleared=over, wake_at=min(left.values()) + calm if left else None)


rule = Flapping()
