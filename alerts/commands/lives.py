"""The life of a home as people change it: consent, proof, pause, resume, retire; visits and tests of its chain."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from alerts import drills
from alerts.commands.away import HomeUnknown
from alerts.commands.deciding import load, record_of_home, settled
from alerts.core.alert import Alert
from alerts.core.life import Life
from alerts.core.life import fold as fold_life
from alerts.core.protection import owes_proof
from alerts.projections.alert_fold import alerts as board
from alerts.projections.devices import of_homes
from alerts.registry import homes as registered
from alerts.registry.linting import policy_of
from alerts.registry.texts import keep_text
from events.database import Database
from events.store import read_stream
from events.types import life as facts
from events.types.fact import DAY, HOUR, Event
from events.types.home import HomePaused, HomeResumed, HomeRetired

GIVEN: Final = ("signed", "guardian", "witnessed")
"""How consent was given: by the elder's signature, by who may sign for them, or spoken before a witness."""
_TEXT_MOST: Final = 2000
_LONG_AGO: Final = 60 * DAY
_AHEAD: Final = HOUR


class NotPossible(Exception):
    """`why`: alert_open, already, not_paused, retired, proof_owed, too_long_ago, ahead, no_homes. `more` is what it is about."""

    def __init__(self, why: str, **more: object) -> None:
        super().__init__(why)
        self.why: str = why
        self.more: dict[str, Any] = dict(more)


def record_consent(database: Database, home: str, *, given: str, text: str = "", by: str, at: int) -> None:
    """The elder agrees; `text` says where the paper lies. Raises HomeUnknown, NotPossible."""

    def work(db: Connection) -> None:
        if given not in GIVEN:
            raise NotPossible("already")
        kept = keep_text(db, "consent", text[:_TEXT_MOST], by, at) if text else ""
        _record(db, home, facts.ConsentRecorded(home=home, by=by, given=given, text=kept), at)

    settled(database, work)


def withdraw_consent(database: Database, home: str, *, text: str = "", by: str, at: int) -> None:
    """The elder agrees no longer; whether to pause or retire the home is another decision."""

    def work(db: Connection) -> None:
        if life_of(db, home).consent is None:
            raise NotPossible("already")
        kept = keep_text(db, "consent", text[:_TEXT_MOST], by, at) if text else ""
        _record(db, home, facts.ConsentWithdrawn(home=home, by=by, text=kept), at)

    settled(database, work)


def prove(database: Database, home: str, *, by: str, at: int) -> None:
    """Sign that every sensor has shown what it can. Raises NotPossible with the devices that still owe it."""

    def work(db: Connection) -> None:
        owing = [device["device"] for device in of_homes(db, [home]) if owes_proof(device)]
        if owing:
            raise NotPossible("proof_owed", devices=owing)
        _record(db, home, facts.HomeProven(home=home, by=by), at)

    settled(database, work)


def pause(database: Database, home: str, *, reason: str, by: str, at: int) -> None:
    """Not watched until it is resumed. Refused while an alert of class 1 or 2 is open: it needs a person and an outcome."""

    def work(db: Connection) -> None:
        life = life_of(db, home)
        if life.retired or life.paused:
            raise NotPossible("retired" if life.retired else "already")
        _nobody_in_danger(db, home)
        kept = keep_text(db, "reason", reason[:_TEXT_MOST], by, at) if reason else ""
        _record(db, home, HomePaused(home=home, by=by, reason=kept), at)

    settled(database, work)


def resume(database: Database, home: str, *, by: str, at: int) -> None:
    """Watched again, also after it was retired; every clock starts anew."""

    def work(db: Connection) -> None:
        life = life_of(db, home)
        if not (life.paused or life.retired):
            raise NotPossible("not_paused")
        _record(db, home, HomeResumed(home=home, by=by), at)

    settled(database, work)


def retire(database: Database, home: str, *, reason: str, by: str, at: int) -> None:
    """No longer watched. Refused like a pause while somebody may be in danger."""

    def work(db: Connection) -> None:
        if life_of(db, home).retired:
            raise NotPossible("already")
        _nobody_in_danger(db, home)
        kept = keep_text(db, "reason", reason[:_TEXT_MOST], by, at) if reason else ""
        _record(db, home, HomeRetired(home=home, by=by, reason=kept), at)

    settled(database, work)


def record_visit(database: Database, home: str, *, who: str, visited_at: int, note: str = "", by: str, at: int) -> None:
    """`who` saw or spoke with the elder. What asked for a visit is done with it."""

    def work(db: Connection) -> None:
        if not at - _LONG_AGO <= visited_at <= at + _AHEAD:
            raise NotPossible("ahead" if visited_at > at else "too_long_ago")
        kept = keep_text(db, "visit", note[:_TEXT_MOST], by, at) if note else ""
        visit = facts.VisitRecorded(home=home, who=who, by=by, visited_at=min(visited_at, at), note=kept)
        _record(db, home, visit, at)

    settled(database, work)


def start_drill(database: Database, *, homes: Sequence[str], by: str, at: int) -> str:
    """A test of the chains of these homes; those that are not watched are left out. Returns its name."""

    def work(db: Connection) -> str:
        status = registered.statuses(db)
        known = {home.id: home.site for home in registered.homes(db)}
        for home in homes:
            if home not in known:
                raise HomeUnknown(home)
        chosen = [(home, known[home]) for home in homes if status.get(home) == "enrolled"]
        if not chosen:
            raise NotPossible("no_homes")
        return drills.begin(db, chosen, policy_of(db), by=by, at=at)

    return settled(database, work)


def homes_of_village(database: Database, village: str) -> list[str]:
    """The homes that are registered in a village, by id; every home for the empty name."""
    with database.read() as db:
        return registered.homes_in(db, village)


def life_of(db: Connection, home: str) -> Life:
    """Folded from the home's own stream, so that what was just said counts. Raises HomeUnknown."""
    life = Life()
    for recorded in read_stream(db, f"home-{home}"):
        fold_life(life, recorded.event, recorded.at)
    if life.enrolled is None:
        raise HomeUnknown(home)
    return life


def _nobody_in_danger(db: Connection, home: str) -> None:
    open_ones = select(board.c.alert).where(board.c.home == home, board.c["class"] <= 2, board.c.status == "raised")
    for id in db.execute(open_ones).scalars():
        alert: Alert = load(db, id)
        if alert.status == "raised":
            raise NotPossible("alert_open", alert=id)


def _record(db: Connection, home: str, event: Event, at: int) -> None:
    known = registered.home(db, home)
    if known is None:
        raise HomeUnknown(home)
    record_of_home(db, home, known.site, event, at)
