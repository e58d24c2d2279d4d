"""The duty desk itself: what one shift promised, and what it handed to the next."""

import msgspec

from events.types.fact import Event, fact


@fact
class PromiseMade(Event, frozen=True, kw_only=True):
    """Somebody at the desk promised something; `promise` is a text's id. `due` 0: no hour was named."""

    promise: str
    by: str
    due: int = 0


@fact
class PromiseKept(Event, frozen=True, kw_only=True):
    """It was done, or is no longer owed."""

    promise: str
    by: str


@fact
class ShiftHandedOver(Event, frozen=True, kw_only=True):
    """Both signed. What was open then; and how long the audit record was with its last link, so that its end is held."""

    left: str
    took: str
    alerts: list[str] = msgspec.field(default_factory=list)
    promises: list[str] = msgspec.field(default_factory=list)
    not_protected: list[str] = msgspec.field(default_factory=list)
    away: list[str] = msgspec.field(default_factory=list)
    note: str = ""
    audit_entries: int = 0
    audit_link: str = ""
