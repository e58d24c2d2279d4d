"""The outer door stands open at night and nobody has moved inside since it was opened: somebody went out and not back.

Doors that stand open on a summer's night while people move behind them are no danger, so those are not told.
"""

from typing import Any

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household
from alerts.core.policy import READ_AGAIN, Policy
from alerts.core.routine.clock import is_night, next_night
from alerts.core.routine.in_force import OUTER_DOORS
from alerts.core.rule import Cleared, Danger, DeadlineReached, Seen, Verdict
from events.types.device import ContactReported
from events.types.fact import Event


class OuterDoorOpen:
    """State: `open`, outer door -> since when it stands open; `moved`, the newest sign of life that was no such door;
    `shut`, when each was last heard to be shut.
    """

    name = "outer_door_open"
    danger = "outer_door_open"
    hears: tuple[type[Event], ...] = (ContactReported, SignOfLifeSeen, DeadlineReached)
    waits_for_hearing = True

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """A door, somebody inside, or its time."""
        open_doors: dict[str, int] = state.get("open", {})
        match seen.event:
            case ContactReported(device=device, retained=False, history=False) as said if _is_outer(home, device):
                return self._door(state, open_doors, said, seen.at, home, policy)
            case SignOfLifeSeen() as sign if not _is_outer(home, sign.device):
                return self._moved(state, open_doors, sign, seen, home)
            case DeadlineReached(due=due):
                return self._judge(state, open_doors, due, home, policy)
        return None

    def _door(
        self, state: dict[str, Any], open_doors: dict[str, int], said: ContactReported, at: int, home: Household,
        policy: Policy,
    ) -> Verdict | None:  # fmt: skip
        if said.open:
            if said.device in open_doors or at < state.get("shut", {}).get(said.device, 0):
                return None  # or it was shut since: this comes out of its memory
            return Verdict({**state, "open": {**open_doors, said.device: at}}, wake_at=self._due(at, home, policy))
        if policy.generation >= READ_AGAIN:
            shut = state.get("shut", {})
            state = {**state, "shut": {**shut, said.device: max(at, shut.get(said.device, 0))}}
        if said.device not in open_doors or at < open_doors[said.device]:
            return Verdict(state) if "shut" in state else None
        left = {door: since for door, since in open_doors.items() if door != said.device}
        alert = home.alerts.get(self.danger)
        over = alert is not None and not left
        closed = Cleared({"device": said.device, "at": at}) if over else None
        cancel = "sign_of_life" if over and alert is not None and alert.status == "suspected" else ""
        return Verdict({**state, "open": left}, cancel=cancel, cleared=None if cancel else closed)

    def _moved(
        self, state: dict[str, Any], open_doors: dict[str, int], sign: SignOfLifeSeen, seen: Seen, home: Household
    ) -> Verdict | None:
        alert = home.alerts.get(self.danger)
        if not open_doors and alert is None:
            return None
        state = {**state, "moved": max(seen.at, state.get("moved", 0))}
        if alert is None or seen.at <= max(open_doors.values(), default=0):
            return Verdict(state)
        if alert.status == "suspected":
            return Verdict(state, cancel="sign_of_life")
        return Verdict(state, cleared=Cleared({"device": sign.device, "at": seen.at}))

    def _judge(
        self, state: dict[str, Any], open_doors: dict[str, int], due: int, home: Household, policy: Policy
    ) -> Verdict | None:
        if not open_doors or self.danger in home.alerts or not home.watched or home.is_away(due):
            return None
        device, since = min(open_doors.items(), key=lambda one: one[1])
        when = self._due(since, home, policy)
        # The sensor behind the door sees who goes out as well: so shortly after, that is nobody inside.
        if state.get("moved", 0) > since + policy.span("no_activity.door_s", home.home):
            return None
        hours = policy.value("outer_door_open.hours", home.home)
        if hours[0] == hours[1]:
            return None
        if due < when or not is_night(due, hours):
            return Verdict(state, wake_at=max(when, next_night(due, hours)))
        return Verdict(state, danger=Danger({"device": device, "at": since, "judged_at": due}, device=device))

    def _due(self, since: int, home: Household, policy: Policy) -> int:
        late = since + policy.span("outer_door_open.after_s", home.home)
        return max(late, next_night(since, policy.value("outer_door_open.hours", home.home)))


def _is_outer(home: Household, device: str) -> bool:
    sensor = home.sensors.get(device)
    return sensor is not None and sensor.role in OUTER_DOORS


rule = OuterDoorOpen()
