"""The end of a day: its page of the diary becomes a fact; and what was learned from such pages comes back. Pure."""

from zlib import crc32

from alerts.core.household import Household, Routine
from alerts.core.policy import Policy
from alerts.core.routine.clock import midnight
from alerts.core.routine.diary import page
from alerts.core.routine.in_force import line_terms
from alerts.core.routine.limits import is_line, packed
from events.types.fact import SECOND
from events.types.routine import DayLived, RoutineLearned


def due(home: Household, day: int, policy: Policy) -> int:
    """When the page of `day` is closed: after midnight, when late reports have come, and not for all homes at once."""
    spread = int(policy.value("routine.spread_s"))
    later = crc32(home.home.encode()) % spread if spread else 0
    return midnight(day + 1) + policy.span("routine.settle_s") + later * SECOND


def close(home: Household, policy: Policy) -> DayLived:
    """The page as a fact; the diary goes on with a new one."""
    day, silences = page(home)
    return DayLived(home=home.home, site=home.site, day=day, silences=silences, terms=line_terms(home, policy))


def take(home: Household, fact: RoutineLearned) -> bool:
    """Judge by it from now on. False: it is no line, or an older one."""
    if not (is_line(fact.limits) and is_line(fact.usual)) or (home.routine and home.routine.until > fact.until):
        return False
    home.routine = Routine(packed(fact.limits), packed(fact.usual), fact.days, fact.until)
    return True
