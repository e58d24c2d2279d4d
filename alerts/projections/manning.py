"""Who can be called now, and why not: duty, leave, phones and the last receipt of everybody who stands in a chain."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, func, select, union

from alerts.core.roster import ROTA
from alerts.projections.alert_fold import alerts, decoded
from alerts.projections.messages import messages
from alerts.registry import people, rosters, tables
from alerts.registry.chains import LEVELS
from alerts.registry.people import Person
from alerts.registry.rosters import Absence
from events.store import read_stream
from events.types.home import PhoneOptedOut

_ONE_BY_ONE: Final = 5_000
"""More names than so many are not put into one question."""
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


@dataclass(frozen=True)
class _Load:
    """Of one place in chains, or of a person with their rotas: level -> in how many homes, and how many homes that is."""

    levels: Mapping[str, int] = field(default_factory=dict)
    homes: int = 0


def manned(db: Connection, at: int, *, only: str | None = None) -> list[Manned]:
    """Everybody registered, in the order of the file, or one of them; of whom a reader may not see there is none."""
    known, away = rosters.roster(db, at), _leave(db, at)
    rotas = {f"{ROTA}{id}": {person for turn in rota.turns for person in turn} for id, rota in known.rotas.items()}
    loads = _loads(db, rotas, only)
    meant = {person for place in _places(db) for person in known.resolve([place], at).persons}
    phones, receipts, refusing = _phones(db), last_receipts(db, only), _refusing(db)
    registered = people.people(db) if only is None else [each for each in [people.person(db, only)] if each]
    found = []
    for person in registered:
        load = loads.get(person.id, _Load())
        mine = [rota for rota, members in rotas.items() if person.id in members]
        verified, unverified = phones.get(person.id, (0, 0))
        absent = [each for each in away.get(person.id, []) if each.since <= at]
        later = [each for each in away.get(person.id, []) if each.since > at]
        receipt = receipts.get(person.id)
        why = next((name for name, holds in (
            ("on_leave", bool(absent)), ("no_phone", not verified), ("refuses", person.id in refusing),
            ("not_received", receipt is not None and receipt.state == "failed"),
            ("off_duty", bool(load.homes) and person.id not in meant), ("no_home", not load.homes and person.id not in meant),
        ) if holds), "")  # fmt: skip
        found.append(Manned(
            person, {level: load.levels[level] for level in LEVELS if level in load.levels}, load.homes,
            tuple(rota.removeprefix(ROTA) for rota in mine), verified, unverified, receipt,
            absent[0] if absent else None, later[0] if later else None, why,
        ))  # fmt: skip
    return found


def _standing_in(*places: str) -> Any:
    """Person, level and home of every place in a chain, of class 1 to 4 alike; of these places, or of all."""
    both = [
        select(table.c.person, table.c.level, table.c.home).where(*([table.c.person.in_(places)] if places else []))
        for table in (tables.chains, tables.class_chains)
    ]
    return union(*both).subquery()


def _loads(db: Connection, rotas: Mapping[str, set[str]], only: str | None) -> dict[str, _Load]:
    """Person -> what they carry by name and by a rota of theirs, each home once. Counted by the database where it can be."""
    turning, found = {only} if only is not None else _of_several(db, rotas), dict[str, _Load]()
    if only is None:
        c = tables.chains
        once = select(c.c.person, func.min(c.c.level), func.count(c.c.home.distinct())).group_by(c.c.person)
        found = {person: _Load({level: count}, count) for person, level, count in db.execute(once)}
    if turning:
        by_place: dict[str, list[tuple[str, str]]] = {}
        some = _standing_in(*(sorted(turning | rotas.keys()) if len(turning) <= _ONE_BY_ONE else ()))
        for place, level, home in db.execute(select(some.c.person, some.c.level, some.c.home)):
            by_place.setdefault(place, []).append((level, home))
        for person in turning:
            mine = {
                each
                for place in (person, *(rota for rota, members in rotas.items() if person in members))
                for each in by_place.get(place, [])
            }
            found[person] = _Load(Counter(level for level, _ in mine), len({home for _, home in mine}))
    return found


def _of_several(db: Connection, rotas: Mapping[str, set[str]]) -> set[str]:
    """Who stands on more than one level, in a rota, or for some class of alert only: their homes are counted one by one."""
    c = tables.chains
    levels = select(c.c.person).group_by(c.c.person).having(func.min(c.c.level) != func.max(c.c.level))
    some = {person for members in rotas.values() for person in members}
    return some | set(db.scalars(levels)) | set(db.scalars(select(tables.class_chains.c.person).distinct()))


def _places(db: Connection) -> set[str]:
    """Everybody and every rota who stands in a chain: who might be meant by turn or in somebody's place."""
    return {
        place
        for table in (tables.chains, tables.class_chains)
        for place in db.scalars(select(table.c.person).distinct())
    }


def homes_answered_for(db: Connection, person: str, at: int) -> dict[str, list[str]]:
    """Home -> the levels on which this person stands in its chain, by name or by a rota of theirs."""
    known = rosters.roster(db, at)
    mine = [id for id, rota in known.rotas.items() if any(person in turn for turn in rota.turns)]
    some = _standing_in(person, *(f"{ROTA}{id}" for id in sorted(mine)))
    found: dict[str, set[str]] = {}
    for level, home in db.execute(select(some.c.level, some.c.home)):
        found.setdefault(home, set()).add(level)
    first = {level: number for number, level in enumerate(LEVELS)}
    levels = {home: sorted(said, key=lambda level: first[level]) for home, said in found.items()}
    return dict(sorted(levels.items(), key=lambda each: (first[each[1][0]], each[0])))


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


def last_receipts(db: Connection, only: str | None = None) -> dict[str, Receipt]:
    """Person -> what became of the last message of which anything is known. One delivered counts for all of its time."""
    m = messages
    last = select(func.max(m.c.position)).where(m.c.state.in_(("sent", "delivered", "failed"))).group_by(m.c.person)
    if only is not None:
        last = last.where(m.c.person == only)
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
