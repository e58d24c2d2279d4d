"""Chain hole: at some time of the coming days somebody who should be told would not be. A task for the office, no message."""

from typing import Any

import msgspec

from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Cleared, Danger, Seen, Verdict
from events.types.fact import Event
from events.types.life import ChainChecked


class ChainHole:
    """Judges what was found when the chain was looked at; when to look is not its business."""

    name = "chain_hole"
    danger = "chain_hole"
    hears: tuple[type[Event], ...] = (ChainChecked,)
    waits_for_hearing = False

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """A chain that holds again ends it."""
        del policy
        if not isinstance(seen.event, ChainChecked):
            return None
        if not seen.event.holes:
            return Verdict(state, cleared=Cleared({"at": seen.at})) if self.danger in home.alerts else None
        holes = [msgspec.to_builtins(hole) for hole in seen.event.holes]
        return Verdict(state, danger=Danger({"at": seen.at, "holes": holes}))


rule = ChainHole()
