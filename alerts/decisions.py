"""What one pass of the engine has decided and not yet committed: facts, versions, timers, and homes touched."""

from typing import Any

from alerts.core.alert import Alert, stream_of
from alerts.core.household import Household
from alerts.core.telling import tells
from alerts.timers import Timer
from events.store import New
from events.types import alert as alert_facts
from events.types.fact import Event
from events.types.message import AlertOpenAgain, SlotFreed


class Decisions:
    """Collects until the engine commits. Every fact carries in meta what caused it and how far its reader had read."""

    def __init__(self) -> None:
        self.news: list[New] = []
        self.after: dict[str, int] = {}
        self.timers: dict[tuple[str, str], Timer] = {}
        self.touched: set[str] = set()

    @property
    def urgent(self) -> bool:
        """Is there something others wait for?"""
        return bool(self.news or self.timers)

    def about_alert(self, alert: Alert, events: list[Event], *, base: int, at: int, meta: dict[str, Any]) -> None:
        """Decisions on an alert made on its version `base`, and the people to be told because of them."""
        stream = stream_of(alert.id)
        self.after.setdefault(stream, base)
        for version, event in enumerate(events, base + 1):
            self.news.append(New(stream, alert.site, event, at, meta=meta))
            self.consequences(alert, event, version=version, at=at, meta=meta)

    def consequences(self, alert: Alert, event: Event, *, version: int, at: int, meta: dict[str, Any]) -> None:
        """Who is told because of this event, ours or somebody else's, and whose reply slots it frees or takes back."""
        key = f"{alert.id}-v{version}"
        for tell in tells(alert, event, at):
            self.news.append(
                New(f"person-{tell.person}", tell.person, tell, at, key=f"tell-{key}-{tell.why}", meta=meta)
            )
        if isinstance(event, alert_facts.AlertClosed):
            for person in alert.told:
                freed = SlotFreed(person=person, alert=alert.id, closed_at=at)
                self.news.append(New(f"person-{person}", person, freed, at, key=f"freed-{key}", meta=meta))
        if isinstance(event, alert_facts.AlertReopened):
            for person in alert.told:
                again = AlertOpenAgain(person=person, alert=alert.id)
                self.news.append(New(f"person-{person}", person, again, at, key=f"again-{key}", meta=meta))

    def about_home(self, home: Household, event: Event, *, at: int, meta: dict[str, Any]) -> None:
        """A decision in the home's own stream."""
        stream = f"home-{home.home}"
        self.after.setdefault(stream, home.version)
        home.version += 1
        self.news.append(New(stream, home.site, event, at, meta=meta))
