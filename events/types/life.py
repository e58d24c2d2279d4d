"""The life of a home beside its alarms: consent, proof, visits, drills, and whether its chain holds. All lie in `home-<id>`.

`HomeEnrolled`, `HomePaused`, `HomeResumed` and `HomeRetired` are in `home`.
"""

import msgspec

from events.types.fact import Event, fact


@fact
class ConsentRecorded(Event, frozen=True, kw_only=True):
    """The elder agrees to be watched. `given`: signed, guardian or witnessed; `text`: the registry's id of where it lies."""

    home: str
    by: str
    given: str
    text: str = ""


@fact
class ConsentWithdrawn(Event, frozen=True, kw_only=True):
    """The elder agrees no longer."""

    home: str
    by: str
    text: str = ""


@fact
class HomeProven(Event, frozen=True, kw_only=True):
    """Somebody signs that every sensor has shown what it can: a first edge, or for CO, smoke and gas a test."""

    home: str
    by: str


@fact
class VisitRecorded(Event, frozen=True, kw_only=True):
    """`who` saw or spoke with the elder at `visited_at`; `by` wrote it down; `note` is the registry's id of what they saw."""

    home: str
    who: str
    by: str
    visited_at: int
    note: str = ""


@fact
class DrillStarted(Event, frozen=True, kw_only=True):
    """A test of this home's chain begins; all homes of one `drill` are summed up together."""

    home: str
    drill: str
    by: str


@fact
class DrillSummed(Event, frozen=True, kw_only=True):
    """A drill is over. Of `asked` people near `person`, a grid member, `silent` did not answer; `alert` is one of theirs.

    Lies in the stream `drill-<id>`, once for each grid member.
    """

    drill: str
    site: str
    person: str
    alert: str
    asked: int
    silent: list[str]


class Hole(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong with a chain: `what` as in `alerts.core.chain`, for alerts of which class (0: of any), at which step.

    From `since` on (microseconds) up to `until`; `persons` is who it is about.
    """

    what: str
    alert_class: int = 0
    step: int = 0
    since: int = 0
    until: int = 0
    persons: list[str] = []


@fact
class ChainChecked(Event, frozen=True, kw_only=True):
    """The chain of this home was looked at, and what is wrong with it is another than before; no holes: it holds."""

    home: str
    holes: list[Hole]


@fact
class ChainsChecked(Event, frozen=True, kw_only=True):
    """All chains were looked at: of so many homes so many have a hole. Lies in the stream `chains`."""

    homes: int
    with_holes: int
