"""Who can be called now, and why not: duty, leave, phones and the last receipt of everybody who stands in a chain."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, func, select

from alerts.core.roster import ROTA, Roster
from alerts.projections.alert_fold import alerts, decoded
from alerts.projections.messages import messages
from alerts.registry import people, rosters, tables
from alerts.registry.chains import LEVELS
from alerts.registry.people import Person
from alerts.registry.rosters import Absence
from events.store import read_stream
from events.types.home import PhoneOptedOut

REFUSING: Final = "responder_unreachable"
"""The task that opens when somebody's phone takes no texts any more."""
WHYS: Final = ("on_leave", "no_phone", "refuses", "not_received", "off_duty", "no_home")
"""Why somebody is not reachable, the first that holds: the order in which it would have to be mended."""


@dataclass(frozen=True)
class Receipt:
    """The last message to somebody of which anything came back. `state`: sent, delivered or failed."""

    state: str
    at: int
    code: str
    alert: str


@dataclass(frozen=True)
class Manned:
    """Somebody who answers for homes. `load`: level -> in how many homes' chain they stand, also by a rota of theirs.

    `homes`: how many homes that is, each once. `why`: one of WHYS, empty: reachable now. `verified`, `unverified`: phones.
    """

    person: Person
    load: Mapping[str, int]
    homes: int
    rotas: tuple[str, ...]
    verified: int
    unverified: int
    receipt: Receipt | None
    leave: Absence | None
    next_leave: Absence | None
    why: str

    @property
    def reachable(self) -> bool:
        """On duty, not on leave, with a verified phone that takes our messages?"""
        return not self.why


@dataclass
class _Load:
    levels: dict[str, set[str]] = field(default_factory=dict)

    def add(self, level: str, home: str) -> None:
        self.levels.setdefault(level, set()).add(home)

    @property
    def homes(self) -> set[str]:
        return set().union(*self.levels.values())


def manned(db: Connection, at: int) -> list[Manned]:
    """Everybody registered, in the order of the file; of whom a reader may not see there is none."""
    known, away, loads = rosters.roster(db, at), _leave(db, at), _loads(db)
    places = [place for place in loads if not place.startswith(ROTA)]
    rotas = [place for place in loads if place.startswith(ROTA)]
    meant = set(known.resolve([*places, *rotas], at).persons)
    phones, receipts, refusing = _phones(db), last_receipts(db), _refusing(db)
    found = []
    for person in people.people(db):
        mine = [rota for rota in rotas if person.id in _of_rota(known, rota)]
        load = _together([loads.get(person.id), *(loads[rota] for rota in mine)])
        verified, unverified = phones.get(person.id, (0, 0))
        absent = [each for each in away.get(person.id, []) if each.since <= at]
        later = [each for each in away.get(person.id, []) if each.since > at]
        receipt = receipts.get(person.id)
        why = next((name for name, holds in (
            ("on_leave", bool(absent)), ("no_phone", not verified), ("refuses", person.id in refusing),
            ("not_received", receipt is not None and receipt.state == "failed"),
            ("off_duty", bool(load.levels) and person.id not in meant), ("no_home", not load.levels and person.id not in meant),
        ) if holds), "")  # fmt: skip
        found.append(Manned(
            person, {level: len(load.levels[level]) for level in LEVELS if level in load.levels}, len(load.homes),
            tuple(rota.removeprefix(ROTA) for rota in mine), verified, unverified, receipt,
            absent[0] if absent else None, later[0] if later else None, why,
        ))  # fmt: skip
    return found


def _together(loads: Iterable[_Load | None]) -> _Load:
    all_ = _Load()
    for load in loads:
        for level, homes in load.levels.items() if load else ():
            for home in homes:
                all_.add(level, home)
    return all_


def _of_rota(known: Roster, rota: str) -> set[str]:
    found = known.rotas.get(rota.removeprefix(ROTA))
    return {person for turn in found.turns for person in turn} if found else set()


def _loads(db: Connection) -> dict[str, _Load]:
    """Place in a chain -> the homes at each level, of class 1 to 4 alike."""
    found: dict[str, _Load] = {}
    for table in (tables.chains, tables.class_chains):
        for row in db.execute(select(table.c.home, table.c.level, table.c.person)):
            found.setdefault(row.person, _Load()).add(row.level, row.home)
    return found


def homes_answered_for(db: Connection, person: str, at: int) -> dict[str, list[str]]:
    """Home -> the levels on which this person stands in its chain, by name or by a rota of theirs."""
    known = rosters.roster(db, at)
    found: dict[str, list[str]] = {}
    for place, load in _loads(db).items():
        if place == person or (place.startswith(ROTA) and person in _of_rota(known, place)):
            for level in LEVELS:
                for home in sorted(load.levels.get(level, ())):
                    if level not in found.setdefault(home, []):
                        found[home].append(level)
    return found


def _leave(db: Connection, at: int) -> dict[str, list[Absence]]:
    found: dict[str, list[Absence]] = {}
    for each in rosters.absences(db, at):
        found.setdefault(each.person, []).append(each)
    return found


def _phones(db: Connection) -> dict[str, tuple[int, int]]:
    """Person -> how many verified phones, how many not verified."""
    p = tables.phones
    found: dict[str, tuple[int, int]] = {}
    for row in db.execute(select(p.c.person, p.c.verified_at).where(p.c.withdrawn_at.is_(None))):
        good, bad = found.get(row.person, (0, 0))
        found[row.person] = (good + 1, bad) if row.verified_at is not None else (good, bad + 1)
    return found


def last_receipts(db: Connection) -> dict[str, Receipt]:
    """Person -> what became of the last message of which anything is known. One delivered counts for all of its time."""
    m = messages
    last = select(func.max(m.c.position)).where(m.c.state.in_(("sent", "delivered", "failed"))).group_by(m.c.person)
    found: dict[str, Receipt] = {}
    for row in db.execute(select(m).where(m.c.position.in_(last))).all():
        best = _beside(db, row) if row.state == "failed" else row
        at = best.delivered_at or best.ended_at or best.sent_at or best.planned_at
        found[row.person] = Receipt(best.state, at, best.code, best.alert)
    return found


def _beside(db: Connection, failed: Any) -> Any:
    """The call failed, and the text that went out with it arrived: then it was received."""
    m = messages
    same = [m.c[name] == getattr(failed, name) for name in ("person", "alert", "round", "step")]
    return db.execute(select(m).where(*same, m.c.state == "delivered").limit(1)).first() or failed


def _refusing(db: Connection) -> set[str]:
    """Who takes no texts any more: while the task of it is open, and their owner has not asked for them again."""
    open_ones = select(alerts.c.state).where(alerts.c.danger == REFUSING, alerts.c.status == "raised")
    told = {str(decoded(row.state).reason.get("person", "")) for row in db.execute(open_ones)}
    found = set()
    for person in told - {""}:
        said = read_stream(db, f"person-{person}", types=["PhoneOptedOut", "PhoneOptedIn"], limit=1)
        if not said or isinstance(said[-1].event, PhoneOptedOut):
            found.add(person)
    return found
