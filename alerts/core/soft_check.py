"""The soft check: shortly before silence becomes a suspicion only the elder is asked, by a light or a call. Pure."""

from typing import Final

from alerts.core.commanding import able
from alerts.core.household import Household
from alerts.core.rule import Ask
from events.types.fact import SECOND, Event
from events.types.routine import ElderAsked

_LIGHT_S: Final = 60.0
"""Long enough to be noticed from the next room, short enough not to light a night."""


def can_be_asked(home: Household) -> bool:
    """Is there anything in this home that can ask?"""
    return able(home, "light")


def light() -> tuple[Ask, ...]:
    """What devices do."""
    return (Ask("light", _LIGHT_S, "soft_check"),)


def asked(home: Household, *, since: int, limit: int) -> tuple[tuple[str, Event], ...]:
    """What is on record, with its key: once for a silence."""
    fact = ElderAsked(home=home.home, site=home.site, since=since, limit_s=limit // SECOND)
    return ((f"asked-{since}", fact),)
