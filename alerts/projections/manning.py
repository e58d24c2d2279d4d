"""Who can be called now, and why not: duty, leave, phones and the last receipt of everybody who stands in a chain."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

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

_AT_ONCE: Final = 5_000
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


_NOTHING: Final = _Load({}, 0)


def manned(db: Connection, at: int, *, only: str | None = None) -> list[Manned]:
    """Everybody registered, in the order of the file, or one of them; of whom a reader may not see there is none."""
    known, away = rosters.roster(db, at), _leave(db, at)
    rotas = {f"{ROTA}{id}": {person for turn in rota.turns for person in turn} for id, rota in known.rotas.items()}
    turning: dict[str, list[str]] = {}
    for rota, members in rotas.items():
        for member in members:
            turning.setdefault(member, []).append(rota)
    named = _named(db)
    loads = _loads(db, named, turning) if only is None else _one_by_one(db, {only}, turning)
    places = named.keys() | set(db.scalars(select(tables.class_chains.c.person).distinct()))
    meant = {place for place in places if not known.moves(place)}
    meant |= {person for place in places - meant for person in known.resolve([place], at).persons}
    phones, receipts, refusing = _phones(db), last_receipts(db, only), _refusing(db)
    registered = people.people(db) if only is None else [each for each in [people.person(db, only)] if each]
    found = []
    for person in registered:
        id = person.id
        load = loads.get(id, _NOTHING)
        verified, unverified = phones.get(id, (0, 0))
        absent = [each for each in away.get(id, ()) if each.since <= at]
        later = [each for each in away.get(id, ()) if each.since > at]
        receipt = receipts.get(id)
        if absent:
            why = "on_leave"
        elif not verified:
            why = "no_phone"
        elif id in refusing:
            why = "refuses"
        elif receipt is not None and receipt.state == "failed":
            why = "not_received"
        elif id in meant:
            why = ""
        else:
            why = "off_duty" if load.homes else "no_home"
        found.append(Manned(
            person, load.levels, load.homes, tuple(rota.removeprefix(ROTA) for rota in turning.get(id, ())), verified,
            unverified, receipt, absent[0] if absent else None, later[0] if later else None, why,
        ))  # fmt: skip
    return found


class _Named(NamedTuple):
    """Of a place in the chains of homes: the levels it stands on, the first and the last of them, and in how many homes."""

    first: str
    last: str
    homes: int


def _named(db: Connection) -> dict[str, _Named]:
    """Every person and every rota that stands in a chain."""
    c = tables.chains.c
    query = select(c.person, func.min(c.level), func.max(c.level), func.count(c.home.distinct())).group_by(c.person)
    return {person: _Named(*said) for person, *said in db.execute(query)}


def _loads(db: Connection, named: Mapping[str, _Named], turning: Mapping[str, Sequence[str]]) -> dict[str, _Load]:
    """Person -> what they carry by name and by a rota of theirs, each home once. Counted by the database where it can be."""
    found = {place: _Load({said.first: said.homes}, said.homes) for place, said in named.items()}
    some = {place for place, said in named.items() if said.first != said.last} | turning.keys()
    some |= set(db.scalars(select(tables.class_chains.c.person).distinct()))
    return found | _one_by_one(db, some, turning)


def _one_by_one(db: Connection, persons: Collection[str], turning: Mapping[str, Sequence[str]]) -> dict[str, _Load]:
    """Of those who stand on more than one level, in a rota, or for some class of alert only: home by home."""
    if not persons:
        return {}
    places = {each for person in persons for each in (person, *turning.get(person, ()))}
    some = _standing_in(*(sorted(places) if len(places) <= _AT_ONCE else ()))
    by_place: dict[str, list[tuple[str, str]]] = {}
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
    """Person, level and home of every place in a chain, of class 1 to 4 alike; of these places, or of all."""
    both = [
        select(table.c.person, table.c.level, table.c.home).where(*([table.c.person.in_(places)] if places else []))
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


def _phones(db: Connection) -> dict[str, tuple[int, int]]:
    """Person -> how many verified phones, how many not verified."""
    p = tables.phones.c
    query = select(p.person, func.count(p.verified_at), func.count()).where(p.withdrawn_at.is_(None))
    return {person: (good, all_ - good) for person, good, all_ in db.execute(query.group_by(p.person))}


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
