"""Away: it ends when its time is over or when somebody comes home; and after a week it is asked whether it still holds.

Where no sensor is at the front door any door counts, and where there is none at all it is asked as soon as somebody has
moved inside for half an hour: who is back must not stay unwatched. Who is asked and says that the elder is safe at home ends it.
Only silence is not judged meanwhile: carbon monoxide, smoke, gas and SOS stay armed.
"""

from typing import Any

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household
from alerts.core.policy import READ_AGAIN, Policy
from alerts.core.routine.in_force import OUTER_DOORS, is_front_door
from alerts.core.rule import Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict
from events.types.fact import DAY, HOUR, MINUTE, Event
from events.types.home import AwayEnded

_STAYS, _STAYS_MOST = 30 * MINUTE, 3 * HOUR
"""Movement so far apart, and not farther, is one stay."""
_AT_HOME = frozenset({"safe_at_home", "rescued", "elder_cancelled"})


class StillAway:
    """State: `door`, when a door last moved since away began; `asked`, how often it was asked; `inside`, since when
    somebody has moved inside; `told`, when that was last asked about.
    """

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
            case HomeChanged(why="closed") if since is not None and policy.generation >= READ_AGAIN:
                return self._answered(home, since)
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
            return Verdict({**state, "door": seen.at}) if _is_the_door(home, sign.device, policy) else None
        if policy.generation >= READ_AGAIN and not any(s.kind == "contact" for s in home.sensors.values()):
            return self._moved(state, seen.at, home)
        door = state.get("door", 0)
        if not left_by <= door <= seen.at <= door + policy.span("away.home_window_s", home.home):
            return None
        return Verdict({"asked": 0}, facts=(("", AwayEnded(home=home.home, by="door_and_motion")),))

    def _moved(self, state: dict[str, Any], at: int, home: Household) -> Verdict | None:
        """No door tells who came; a neighbour who feeds the cat is gone in half an hour."""
        inside = state.get("inside", 0)
        if not inside or not inside <= at <= inside + _STAYS_MOST:
            return Verdict({**state, "inside": at}) if at > inside else None
        if at < inside + _STAYS or at < state.get("told", 0) + DAY or self.danger in home.alerts:
            return None
        since = home.away_since or at
        reason = {
            "at": at,
            "away_since": since,
            "until": home.away_until,
            "inside": inside,
            "days": (at - since) // DAY,
        }
        return Verdict({**state, "told": at}, danger=Danger(reason, lasting=False))

    def _answered(self, home: Household, since: int) -> Verdict | None:
        """Somebody went to ask, and found the elder at home."""
        asked = home.recent.get(self.danger)
        if asked is None or asked.outcome not in _AT_HOME or (asked.closed_at or 0) < since:
            return None
        return Verdict({"asked": 0}, facts=(("", AwayEnded(home=home.home, by=asked.id)),))

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


def _is_the_door(home: Household, device: str, policy: Policy) -> bool:
    """The front door; where nobody has said which that is, a door that leads outside, else any."""
    if policy.generation < READ_AGAIN or any(is_front_door(home, name) for name in home.sensors):
        return is_front_door(home, device)
    outer = [s.device for s in home.sensors.values() if s.role in OUTER_DOORS]
    return device in outer if outer else True


rule = StillAway()
