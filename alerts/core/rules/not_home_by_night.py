"""Not home by night: the elder went out by the front door, it is night, and nobody has been seen inside since."""

from typing import Any

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household
from alerts.core.policy import READ_AGAIN, Policy
from alerts.core.routine.clock import is_night, next_night
from alerts.core.routine.in_force import went_out
from alerts.core.rule import Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict
from events.types.fact import HOUR, Event


class NotHomeByNight:
    """State: `told`, the outing (its last sign of life) that was told; since when the elder is out is the no-activity rule's,
    which hears each sign of life before.
    """

    name = "not_home_by_night"
    danger = "not_home_by_night"
    hears: tuple[type[Event], ...] = (SignOfLifeSeen, DeadlineReached, HomeChanged)
    waits_for_hearing = True

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """Out is out until a sign of life that does not follow on the door."""
        known = home.memory.get("no_activity", {})
        last, door = int(known.get("last", 0)), int(known.get("door", 0))
        out = went_out(last, door, policy, home)
        alert = home.alerts.get(self.danger)
        if alert is not None:
            if out or not isinstance(seen.event, SignOfLifeSeen):
                return None
            reason = {"device": seen.event.device, "at": seen.at}
            cleared = Cleared(reason) if alert.status == "raised" else None
            return Verdict(state, cancel="sign_of_life" if alert.status == "suspected" else "", cleared=cleared)
        hours = policy.value("not_home_by_night.hours", home.home)
        if not out or hours[0] == hours[1] or state.get("told") == last:  # closed while still out: somebody knows
            return None
        at = seen.event.due if isinstance(seen.event, DeadlineReached) else max(seen.at, last)
        # Who goes out at night has an hour to look after the hens.
        due = max(next_night(last, hours), last + HOUR)
        if not isinstance(seen.event, DeadlineReached) or at < due:
            return Verdict(state, wake_at=max(due, at))
        if home.is_away(at) or not home.watched or "no_activity" in home.alerts or not home.lit(at):
            return None
        if not is_night(at, hours):
            return Verdict(state, wake_at=next_night(at, hours))
        if policy.generation >= READ_AGAIN:
            state = {"told": last}
        return Verdict(state, danger=Danger({"last_seen": last, "where": known.get("where", ""), "at": at}))


rule = NotHomeByNight()
