"""Who can be called now, and why not: duty, leave, phones and the last receipt of everybody who stands in a chain."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select, union

from alerts.core.roster import ROTA, Roster
from alerts.projections.alert_fold import alerts, decoded
from alerts.projections.messages import messages
from alerts.projections.projection import pieces
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


class Manned(NamedTuple):
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


class _Load(NamedTuple):
    """Of one place in chains, or of a person with their rotas: level -> in how many homes, and how many homes that is."""

    levels: Mapping[str, int]
    homes: int


class Called(NamedTuple):
    """Somebody registered, in one word: why they cannot be called now, one of WHYS; empty: they can."""

    person: str
    role: str
    why: str


def called(db: Connection, at: int, only: str | None = None) -> list[Called]:
    """Everybody registered, in the order of the file, or one of them; of whom a reader may not see there is none."""
    known = rosters.roster(db, at)
    turning, places = _turning(known), _places(db)
    meant = {place for place in places if not known.moves(place)}
    meant |= {person for place in places - meant for person in known.resolve([place], at).persons}
    standing = places | {person for person, rotas in turning.items() if not places.isdisjoint(rotas)}
    away = {each.person for each in rosters.absences(db, at) if each.since <= at}
    p = tables.phones.c
    verified = set(db.scalars(select(p.person).where(p.verified_at.is_not(None), p.withdrawn_at.is_(None))))
    refusing, deaf = _refusing(db), _not_received(db)

    def why(person: str) -> str:
        if person in away:
            return "on_leave"
        if person not in verified:
            return "no_phone"
        if person in refusing:
            return "refuses"
        if person in deaf:
            return "not_received"
        if person in meant:
            return ""
        return "off_duty" if person in standing else "no_home"

    q = tables.people.c
    query = select(q.id, q.role).order_by(q.place, q.id)
    rows = db.execute(query if only is None else query.where(q.id == only))
    return [Called(person, role, why(person)) for person, role in rows]


def manned(db: Connection, at: int, some: Sequence[Called]) -> list[Manned]:
    """These, in this order, with all that is said of each."""
    ids = [each.person for each in some]
    turning, away = _turning(rosters.roster(db, at)), _leave(db, at)
    registered, loads = people.named(db, ids), _loads(db, ids, turning)
    phones, receipts = _phones(db, ids), last_receipts(db, ids)
    found = []
    for id, _, why in some:
        absent = [each for each in away.get(id, []) if each.since <= at]
        later = [each for each in away.get(id, []) if each.since > at]
        found.append(Manned(
            registered[id], loads[id].levels, loads[id].homes,
            tuple(rota.removeprefix(ROTA) for rota in turning.get(id, ())), *phones.get(id, (0, 0)), receipts.get(id),
            absent[0] if absent else None, later[0] if later else None, why,
        ))  # fmt: skip
    return found


def _turning(known: Roster) -> dict[str, list[str]]:
    """Person -> the rotas in which their turn comes, as they stand in a chain."""
    found: dict[str, list[str]] = {}
    for id, rota in known.rotas.items():
        for person in {person for turn in rota.turns for person in turn}:
            found.setdefault(person, []).append(f"{ROTA}{id}")
    return found


def _places(db: Connection) -> set[str]:
    """Everybody and every rota who stands in a chain: who might be meant by turn or in somebody's place."""
    return {
        place
        for table in (tables.chains, tables.class_chains)
        for place in db.scalars(select(table.c.person).distinct())
    }


def _loads(db: Connection, persons: Sequence[str], turning: Mapping[str, Sequence[str]]) -> dict[str, _Load]:
    """Person -> what they carry by name and by a rota of theirs, each home once."""
    by_place: dict[str, list[tuple[str, str]]] = {}
    for few in pieces(sorted({each for person in persons for each in (person, *turning.get(person, ()))})):
        some = _standing_in(*few)
        for place, level, home in db.execute(select(some.c.person, some.c.level, some.c.home)):
            by_place.setdefault(place, []).append((level, home))
    found = {}
    for person in persons:
        mine = {each for place in (person, *turning.get(person, ())) for each in by_place.get(place, [])}
        counts = Counter(level for level, _ in mine)
        levels = {level: counts[level] for level in LEVELS if level in counts}
        found[person] = _Load(levels, len({home for _, home in mine}))
    return found


def _standing_in(*places: str) -> Any:
    """Person, level and home of these places in chains, of class 1 to 4 alike."""
    both = [
        select(table.c.person, table.c.level, table.c.home).where(table.c.person.in_(places))
        for table in (tables.chains, tables.class_chains)
    ]
    return union(*both).subquery()


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


def _phones(db: Connection, persons: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Person -> how many verified phones, how many not verified."""
    p = tables.phones.c
    query = select(p.person, func.count(p.verified_at), func.count()).where(p.withdrawn_at.is_(None))
    return {
        person: (good, every - good)
        for few in pieces(persons)
        for person, good, every in db.execute(query.where(p.person.in_(few)).group_by(p.person))
    }


def _last() -> Any:
    """The position of the last message to each person of which anything is known."""
    m = messages.c
    return select(func.max(m.position)).where(m.state.in_(("sent", "delivered", "failed"))).group_by(m.person)


def last_receipts(db: Connection, persons: Sequence[str]) -> dict[str, Receipt]:
    """Person -> what became of that message. One delivered counts for all of its time."""
    m, found = messages, dict[str, Receipt]()
    for few in pieces(persons):
        for row in db.execute(select(m).where(m.c.position.in_(_last().where(m.c.person.in_(few))))).all():
            best = _beside(db, row) if row.state == "failed" else row
            at = best.delivered_at or best.ended_at or best.sent_at or best.planned_at
            found[row.person] = Receipt(best.state, at, best.code, best.alert)
    return found


def _not_received(db: Connection) -> set[str]:
    """Who got nothing the last time."""
    m = messages
    rows = db.execute(select(m).where(m.c.position.in_(_last()), m.c.state == "failed")).all()
    return {row.person for row in rows if _beside(db, row).state == "failed"}


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
