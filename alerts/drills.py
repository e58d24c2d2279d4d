"""A test of the chain: begun for homes, told like an alert, and summed up for each grid member when its time is over.

Begins and sums are facts; whom they tell is the engine's to decide.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from alerts.core.alert import Alert, fold
from alerts.core.policy import DRILL, Policy, next_open_hour
from alerts.registry.chains import chain_of
from alerts.registry.rosters import roster
from alerts.timers import Timer, set_timers
from events.serial import Recorded
from events.store import New, append, read_stream
from events.tables import events
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


def sum_up(db: Connection, drill: str, *, at: int) -> list[DrillSummed]:
    """Who did not answer, for each grid member; recorded within the caller's transaction."""
    by_member: dict[tuple[str, str], list[Alert]] = {}
    known = roster(db, at)
    for alert in alerts_of(db, drill):
        members = known.resolve(chain_of(db, alert.home)["grid_member"], at).persons
        for member in members:
            by_member.setdefault((member, alert.site), []).append(alert)
    sums: dict[str, DrillSummed] = {}
    for (member, site), alerts in by_member.items():  # of several sites the first holds the sum: one message a person
        asked = {person for alert in alerts for person in alert.told}
        silent = {person for alert in alerts for person in alert.told if person not in alert.answered} - {member}
        before = sums.get(member)
        sums[member] = DrillSummed(
            drill=drill, site=before.site if before else site, person=member,
            alert=before.alert if before else alerts[-1].id, asked=len(asked) + (before.asked if before else 0),
            silent=sorted(silent | set(before.silent if before else [])),
        )  # fmt: skip
    news = [New(f"drill-{drill}", each.site, each, at, key=f"sum-{each.person}") for each in sums.values()]
    append(db, news, recorded_at=at)
    return list(sums.values())


def alerts_of(db: Connection, drill: str) -> list[Alert]:
    """Every alert of this test, as of now."""
    begun = int(drill.removeprefix("d"))
    query = (
        select(events.c.stream)
        .where(events.c.stream >= f"alert-{DRILL}-", events.c.stream < f"alert-{DRILL}.", events.c.version == 1)
        .where(events.c.at >= begun)
        .order_by(events.c.position)
    )
    found = [_folded(read_stream(db, stream)) for stream in db.execute(query).scalars()]
    return [alert for alert in found if alert is not None and alert.reason.get("drill") == drill]


def _folded(stream: Iterable[Recorded]) -> Alert | None:
    alert: Alert | None = None
    for recorded in stream:
        alert = fold(alert, recorded.event, recorded.at, recorded.version)
    return alert
