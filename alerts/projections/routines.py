"""How long this person may be silent at each time of day: what was learned of a home, as judged by now. Read from the log."""

from sqlalchemy import Connection, select

from alerts.core.household import Household
from alerts.core.policy import GENERATION_NAME, Policy
from alerts.core.routine.day_view import DayView, Quarter, Why, day_view
from alerts.core.routine.in_force import absolute_limit, fixed_limit
from alerts.projections.homes import homes
from events.store import read_stream
from events.types.fact import SECOND
from events.types.routine import RoutineLearned
from events.types.setting import SettingChanged

__all__ = ["DayView", "Quarter", "Why", "routine_of"]

_LIMIT = "no_activity_s"
_ON = "routine.on"
_MOST = "routine.most_s"


def routine_of(db: Connection, home: str) -> DayView | None:
    """The limit of each quarter of an hour of the local day, and from what it was learned; None: no such home.

    Read when asked: one learned line is one fact of the home's stream, so nothing of it is kept twice.
    """
    enrolled = db.execute(select(homes.c.no_activity_s).where(homes.c.home == home)).scalar()
    if enrolled is None:
        return None
    policy = Policy()
    for name in (_LIMIT, _ON, _MOST, GENERATION_NAME):
        for recorded in read_stream(db, "settings", types=["SettingChanged"], holding=f'"{name}"'):
            if isinstance(recorded.event, SettingChanged):
                policy.fold(recorded.event)
    known = Household(home, "", 0, int(enrolled))
    newest = read_stream(db, f"home-{home}", types=[RoutineLearned.__name__], limit=1)
    learned = newest[-1].event if newest else None
    assert learned is None or isinstance(learned, RoutineLearned)
    fixed, most = fixed_limit(known, policy) / SECOND, absolute_limit(known, policy) / SECOND
    return day_view(learned, fixed, most, on=bool(policy.value(_ON, home)))
