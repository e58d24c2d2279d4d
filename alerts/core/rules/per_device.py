"""What devices of a home have in common when each may show the same danger: who shows it, and when it is over for all."""

from typing import Any

from alerts.core.rule import Cleared, Danger, Verdict


def judged(state: dict[str, Any], device: str, reason: dict[str, Any] | None, at: int) -> Verdict | None:
    """State `showing`: since when each device shows it. `reason` None: this one does not. None: nothing new."""
    showing: dict[str, int] = state.get("showing", {})
    if reason is not None:
        if device in showing:
            return None
        return Verdict(
            {**state, "showing": {**showing, device: at}}, danger=Danger({"device": device, **reason}, device)
        )
    if device not in showing:
        return None
    left = {name: since for name, since in showing.items() if name != device}
    over = None if left else Cleared({"device": device, "at": at})
    return Verdict({**state, "showing": left}, cleared=over)
