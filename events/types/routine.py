"""How an elder's days run: pages of the diary, what was learned from them, and the soft check."""

import msgspec
from msgspec import UNSET, UnsetType

from events.types.fact import Event, fact


class Silence(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """It ended `until_min` minutes into its local day and had lasted `lasted_min`.

    `kind`: 0 at home; 1 it began at the front door; 2 absent, blind or in an alert; 3 an alert that was for nothing.
    """

    until_min: int
    lasted_min: int
    kind: int


class LineTerms(msgspec.Struct, frozen=True, kw_only=True):
    """By what a line is learned, as in force that day: so much lies in the log that it can be learned again.

    `budget`: false alarms in 30 days at most; `budget_days`: of so many days what was for nothing and what may still come
    share it (pages from before the seventh generation say none); `cap_s`: the home's fixed limit; `most_s`: the absolute one, up to which a
    limit may go where the person's own silences explain it (pages from before the fifth generation say none);
    `floor_s`: no limit is shorter; `neighbours`: quarters of an hour to each side that count as the same time of day.
    """

    cap_s: int
    floor_s: int = 7200
    days: int = 45
    least_days: int = 7
    budget: float = 1.0
    quantile: float = 0.95
    neighbours: int = 2
    most_s: int | UnsetType = UNSET
    budget_days: int | UnsetType = UNSET


@fact
class ElderAsked(Event, frozen=True, kw_only=True):
    """The soft check: quiet since `since`, shortly before the limit of `limit_s`. Only the elder is asked, nobody told."""

    home: str
    site: str
    since: int
    limit_s: int


@fact
class ElderAnswered(Event, frozen=True, kw_only=True):
    """A key was pressed in the soft check's call `message`: I am well. Lies in the home's stream."""

    home: str
    site: str
    message: str


@fact
class DayLived(Event, frozen=True, kw_only=True):
    """A local day is over (`day`: days since 1970-01-01): its silences of a quarter of an hour or more, as they ended."""

    home: str
    site: str
    day: int
    silences: list[Silence]
    terms: LineTerms


@fact
class RoutineLearned(Event, frozen=True, kw_only=True):
    """What is normal for this person, learned from the days in the window [since, until), `days` of which taught.

    `limits` and `usual`: minutes for each of the 96 quarters of an hour of the local day; judged is by `limits`.
    `margin`: how far they are still pulled towards the fixed limit, 1 wholly, 0 not.
    """

    home: str
    site: str
    since: int
    until: int
    days: int
    limits: list[int]
    usual: list[int]
    buffer_min: int
    margin: float
    budget: float
