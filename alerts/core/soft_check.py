"""The soft check: shortly before silence becomes a suspicion only the elder is asked, by a light and a call. Pure.

Any key of that call says "I am well" and is a sign of life; a mailbox presses none. Nobody else is told anything by it.
"""

from typing import Final

from alerts.core.commanding import able
from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Ask
from events.types.fact import HOUR, SECOND, Event
from events.types.message import TellRequested
from events.types.routine import ElderAsked

SOFT_CHECK: Final = "soft_check"
"""The template of the call, and why it is made."""
ANY_KEY: Final = "0123456789*#"
_ELDER: Final = "elder-"
_LIGHT_S: Final = 60.0
"""Long enough to be noticed from the next room, short enough not to light a night."""


def can_be_asked(home: Household, policy: Policy) -> bool:
    """Is there anything in this home that can ask?"""
    return able(home, "light") or _calls(home, policy)


def light(home: Household) -> tuple[Ask, ...]:
    """What devices do."""
    return (Ask("light", _LIGHT_S, SOFT_CHECK),) if able(home, "light") else ()


def asked(home: Household, policy: Policy, *, since: int, at: int, limit: int) -> tuple[tuple[str, Event], ...]:
    """What is on record, with its key: once for a silence; and the call, where there is somebody to call."""
    fact = ElderAsked(home=home.home, site=home.site, since=since, limit_s=limit // SECOND)
    found: list[tuple[str, Event]] = [(f"asked-{since}", fact)]
    if _calls(home, policy):
        words = {"hours": str(max(1, (at - since) // HOUR)), "phones": str(home.elder_phones)}
        call = TellRequested(
            alert="", home=home.home, site=home.site, danger="no_activity", alert_class=2, round=0, step=0,
            person=elder_of(home.home), why=SOFT_CHECK, template=SOFT_CHECK, words=words, asks=False,
        )  # fmt: skip
        found.append((f"call-{home.home}-{since}", call))
    return tuple(found)


def elder_of(home: str) -> str:
    """Under which name the log knows who lives there."""
    return f"{_ELDER}{home}"


def phone_ids(home: str, count: int) -> list[str]:
    """Under which ids the log knows their telephones; the first is called first."""
    return [f"{_ELDER}{home}.{n}" for n in range(count)]


def phone_of(phone: str) -> tuple[str, int] | None:
    """Home and place of such an id; None: it is another person's."""
    home, _, place = phone.removeprefix(_ELDER).rpartition(".")
    return (home, int(place)) if phone.startswith(_ELDER) and home and place.isdecimal() else None


def _calls(home: Household, policy: Policy) -> bool:
    return home.elder_phones > 0 and bool(policy.value("soft_check.call", home.home))
