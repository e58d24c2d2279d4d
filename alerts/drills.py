"""A test of the chain: begun for homes, told like an alert, and summed up for each grid member when its time is over.

Begins and sums are facts; whom they tell is the engine's to decide.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from alerts.core.alert import Alert, fold
from alerts.core.calendar import next_open_hour
from alerts.core.policy import DRILL, Policy
from alerts.registry.chains import chain_of
from alerts.registry.rosters import roster
from alerts.timers import Timer, set_timers
from events.serial import Recorded
from events.store import New, append, read_stream
from events.tables import events
from events.types.alert import StepTaken
from events.types.fact import MINUTE
from events.types.life import DrillStarted, DrillSummed

TOWN = "town"
"""The owner of timers that belong to no home and to no site."""
EVERYBODY = "all"
_ENDED = "drill:"
_LEEWAY = 5 * MINUTE


def begin(db: Connection, homes: Sequence[tuple[str, str]], policy: Policy, *, by: str, at: int) -> str:
    """Begin a test for these homes, each with its site, within the caller's transaction. Returns the test's name."""
    drill = f"d{at}"
    news = [
        New(f"home-{home}", site, DrillStarted(home=home, drill=drill, by=by), at, key=f"drill-{drill}")
        for home, site in homes
    ]
    opens, closes = policy.value("class3.hours")
    lasts = policy.span("drill.round_gap_s")
    told = next_open_hour(at, closes, opens)
    due = next_open_hour(told + lasts, closes, opens) + _LEEWAY
    set_timers(db, {(TOWN, f"{_ENDED}{drill}"): Timer(EVERYBODY, due, waits=False)})
    append(db, news, recorded_at=at)
    return drill


def ended(timer: str) -> str:
    """The test whose time is over when this timer rings, "" for other timers."""
    return timer.removeprefix(_ENDED) if timer.startswith(_ENDED) else ""


class Tested(NamedTuple):
    """A home whose chain is or was tested, and who was asked there."""

    alert: Alert
    asked: list[str]

    @property
    def silent(self) -> list[str]:
        """Who was asked and has not answered."""
        return [person for person in self.asked if person not in self.alert.answered]


def sum_up(db: Connection, drill: str, *, at: int) -> list[DrillSummed]:
    """Who did not answer, for each grid member; recorded within the caller's transaction."""
    known = roster(db, at)
    of_member: dict[str, list[Tested]] = {}
    for home in tested(db, drill):
        for member in known.resolve(chain_of(db, home.alert.home)["grid_member"], at).persons:
            of_member.setdefault(member, []).append(home)
    sums = []
    for member, homes in of_member.items():
        asked = {person for home in homes for person in home.asked}
        silent = {person for home in homes for person in home.silent} - {member}
        last = homes[-1].alert  # of several homes one carries the message
        sums.append(DrillSummed(
            drill=drill, site=last.site, person=member, alert=last.id, asked=len(asked), silent=sorted(silent)
        ))  # fmt: skip
    news = [New(f"drill-{drill}", each.site, each, at, key=f"sum-{each.person}") for each in sums]
    append(db, news, recorded_at=at)
    return sums


def tested(db: Connection, drill: str) -> list[Tested]:
    """Every home of this test, as of now."""
    begun = int(drill.removeprefix("d"))
    query = (
        select(events.c.stream)
        .where(events.c.stream >= f"alert-{DRILL}-", events.c.stream < f"alert-{DRILL}.", events.c.version == 1)
        .where(events.c.at >= begun)
        .order_by(events.c.position)
    )
    found = [_tested(read_stream(db, stream)) for stream in db.execute(query).scalars()]
    return [each for each in found if each is not None and each.alert.reason.get("drill") == drill]


def _tested(stream: Iterable[Recorded]) -> Tested | None:
    alert: Alert | None = None
    asked: dict[str, None] = {}
    for recorded in stream:
        alert = fold(alert, recorded.event, recorded.at, recorded.version)
        if isinstance(recorded.event, StepTaken):
            asked |= dict.fromkeys(recorded.event.persons)
    return None if alert is None else Tested(alert, list(asked))
