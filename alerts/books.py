"""What the engine has in hand while it reads: the homes it knows, the policy in force, and what it has decided."""

from collections.abc import MutableMapping
from typing import Any

from alerts.core.alert import Alert
from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.roster import Roster
from alerts.decisions import Decisions
from alerts.homes import looking_at
from alerts.registrations import Registrations
from alerts.timers import Timer
from events.serial import Recorded


class Books:
    """`unseen`: homes whose rules must look again; `ahead`: what others decided that has not been read yet."""

    def __init__(
        self, homes: MutableMapping[str, Household], policy: Policy, roster: Roster | None = None
    ) -> None:  # fmt: skip
        self.homes, self.policy, self.roster = homes, policy, roster or Roster()
        self.registrations = Registrations(homes)
        self.owners = {
            alert.id: owner
            for owner, home in looking_at(homes)
            for alert in [*home.alerts.values(), *home.recent.values()]
        }
        self.made = Decisions()
        self.unseen: set[str] = set()
        self.ahead: dict[str, list[Recorded]] = {}

    def touch(self, home: Household) -> None:
        """Its state must be saved with the next commit."""
        self.made.touched.add(home.home)

    def alert_named(self, home: Household, alert_id: str) -> Alert | None:
        """An open or lately closed alert of this home."""
        return next((a for a in [*home.alerts.values(), *home.recent.values()] if a.id == alert_id), None)

    def ask_to_wake(self, home: Household, name: str, due: int, *, waits: bool) -> None:
        """A row is not rewritten for each fact: only when it must ring earlier."""
        known = home.timers.get(name)
        if known is None or due < known:
            self.set_timer(home, name, due, waits=waits)

    def set_timer(self, home: Household, name: str, due: int | None, *, waits: bool) -> None:
        """Exactly then; None: no more."""
        if due is None:
            home.timers.pop(name, None)
        else:
            home.timers[name] = due
        self.made.timers[home.home, name] = Timer(home.site, due, waits)


def caused_by(recorded: Recorded) -> dict[str, Any]:
    """Meta of what is decided because of this fact: its position, and how far the reader had read."""
    return {"cause": recorded.position, "read_to": recorded.position}
