"""Away: it ends when its time is over or when somebody comes home; and after a week it is asked whether it still holds.

Only silence is not judged meanwhile: carbon monoxide, smoke, gas and SOS stay armed.
"""

from typing import Any

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.routine.in_force import is_front_door
from alerts.core.rule import Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict
from events.types.fact import DAY, Event
from events.types.home import AwayEnded


class StillAway:
    """State: `door`, when a door last moved since away began; `asked`, how often it was asked."""

    name = "still_away"
    danger = "still_away"
    hears: tuple[type[Event], ...] = (SignOfLifeSeen, DeadlineReached, HomeChanged)
    waits_for_hearing = False

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """Who comes home opens the door and is then seen inside; who leaves does it the other way round."""
        since = home.away_since
        match seen.event:
            case SignOfLifeSeen() as sign if since is not None:
                return self._home_again(state, sign, seen, home, policy)
            case DeadlineReached(due=due) if since is not None:
                return self._rang(state, due, home, policy)
            case HomeChanged(why="away") if since is not None:
                return Verdict({"asked": 0}, wake_at=self._next(1, home, policy))
            case HomeChanged(why="back") if self.danger in home.alerts:
                return Verdict({"asked": 0}, cleared=Cleared({"back": seen.received}))
        return None

    def _home_again(
        self, state: dict[str, Any], sign: SignOfLifeSeen, seen: Seen, home: Household, policy: Policy
    ) -> Verdict | None:
        left_by = (home.away_since or 0) + policy.span("away.leave_s", home.home)
        if sign.deliberate or seen.at < left_by:  # what the elder says with the button is understood elsewhere
            return None
        if sign.kind == "contact":
            return Verdict({**state, "door": seen.at}) if is_front_door(home, sign.device) else None
        door = state.get("door", 0)
        if not left_by <= door <= seen.at <= door + policy.span("away.home_window_s", home.home):
            return None
        return Verdict({"asked": 0}, facts=(("", AwayEnded(home=home.home, by="door_and_motion")),))

    def _rang(self, state: dict[str, Any], due: int, home: Household, policy: Policy) -> Verdict | None:
        asked = int(state.get("asked", 0)) + 1
        if home.away_until is not None and due >= home.away_until:
            return Verdict({"asked": 0}, facts=(("", AwayEnded(home=home.home, by="expired")),))
        if due < self._next(asked, home, policy):  # of an away that was set before this one
            return Verdict(state, wake_at=self._next(asked, home, policy))
        reason = {"at": due, "away_since": home.away_since, "until": home.away_until}
        danger = Danger({**reason, "days": (due - (home.away_since or due)) // DAY}, lasting=False)
        return Verdict({**state, "asked": asked}, danger=danger, wake_at=self._next(asked + 1, home, policy))

    def _next(self, nth: int, home: Household, policy: Policy) -> int:
        """When to ask for the nth time, or when it is over."""
        ask = (home.away_since or 0) + nth * policy.span("away.ask_after_s", home.home)
        return ask if home.away_until is None else min(ask, home.away_until)


rule = StillAway()
