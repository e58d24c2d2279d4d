"""For too long nobody could see this home because its sensors or its gateway were silent: somebody must mend them.

Counted over the last 30 days from the ledger of blind time, so that a gateway that fails again and again is found as well
as one that is dead. Cuts of power or of a whole site are not the home's devices' fault and do not count.
"""

from typing import Any

from alerts.core.blindness import kept_s
from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict
from events.types.fact import DAY, SECOND, Event

_LIMITS = {"sensor_dead": "blind.battery_most_s", "gateway_cut": "blind.gateway_most_s"}


class BlindTime:
    """State: `mended`, when somebody closed the task; the ledger counts anew from the day after (microseconds)."""

    name = "blind_time"
    danger = "blind_time"
    hears: tuple[type[Event], ...] = (DeadlineReached, HomeChanged)
    waits_for_hearing = True

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """Counted time, and the darkness that lasts. It raises when its own timer rings: one fact may concern many homes."""
        if home.sight is None or not home.watched:
            return None
        now = seen.received
        closed = home.recent.get(self.danger)
        if closed is not None and closed.closed_at and closed.closed_by != "system":
            state = {**state, "mended": closed.closed_at}
        mended = state.get("mended", 0)
        over, wake_at = {}, []
        for cause, setting in _LIMITS.items():
            most = int(policy.value(setting, home.home))
            going_on = home.sight.dark and home.sight.state == cause
            lasting = max(0, (now - max(home.sight.since, mended)) // SECOND) if going_on else 0
            blind = kept_s(home, cause, max(mended + DAY if mended else 0, now - 30 * DAY)) + lasting
            if blind > most:
                over[cause] = {"blind_s": blind, "limit_s": most}
            elif going_on:
                wake_at.append(now + (most - blind + 1) * SECOND)
        is_open = self.danger in home.alerts
        if not isinstance(seen.event, DeadlineReached):  # what has just ended may not be counted yet
            return Verdict(state, wake_at=now if over and not is_open else min(wake_at, default=None))
        if over and not is_open:
            return Verdict(state, danger=Danger({"over": over, "at": now}), wake_at=now + DAY)
        if is_open and not over:
            return Verdict(state, cleared=Cleared({"at": now}), wake_at=min(wake_at, default=None))
        return Verdict(state, wake_at=now + DAY if over else min(wake_at, default=None))


rule = BlindTime()
