"""Who stands in for whom, and when: duty rotas, leave, public holidays. All lie in the stream `roster`, read by everybody.

Ids only. In a chain a person stands as their id and a rota as `@` and its id.
"""

from events.types.fact import Event, fact


@fact
class RotaSet(Event, frozen=True, kw_only=True):
    """A duty rota as a whole: `turns` follow each other from `begins` (microseconds) on, and begin again at the end.

    `lengths_s`: how long turns last, in seconds, likewise in turn: one day, one week, or day and night.
    """

    rota: str
    begins: int
    turns: list[list[str]]
    lengths_s: list[int]


@fact
class RotaDropped(Event, frozen=True, kw_only=True):
    """The rota is no more; who still names it in a chain names nobody."""

    rota: str


@fact
class LeaveSet(Event, frozen=True, kw_only=True):
    """From `since` to `until` this person is not told; `cover`, a person or `@rota`, is told instead.

    A leave is known by person and beginning: the same beginning again is the same leave with another end or cover.
    """

    person: str
    since: int
    until: int
    cover: str = ""
    by: str = ""
    note: str = ""


@fact
class LeaveCancelled(Event, frozen=True, kw_only=True):
    """The leave that began, or would have begun, at `since` is none."""

    person: str
    since: int
    by: str = ""


@fact
class HolidaysSet(Event, frozen=True, kw_only=True):
    """All public holidays that are known, as spans in microseconds; what was known before is replaced."""

    spans: list[list[int]]


@fact
class HolidayCoverSet(Event, frozen=True, kw_only=True):
    """On public holidays `cover` is told instead of `entry`; each is a person or `@rota`, no cover: nobody else."""

    entry: str
    cover: str = ""
