"""People: who answers for which homes, who can be called now, and leave with a stand-in, set and cancelled."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.commands import leave as commands
from alerts.projections import lives, manning, messages
from alerts.projections.answering import answering
from alerts.projections.blindness import last_days
from alerts.registry import chains, homes, linting, people, places, rosters
from api.access.audit import note_down
from api.access.showing import Showing
from api.asking import Operator, Reader, Serving, Snapshot
from api.console.looking import Shown
from api.console.rendering import page, sentences_for
from api.console.sentences import Sentences
from api.console.spans import SHANGHAI
from api.problems import Problem
from events.types.fact import SECOND

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PersonId = Annotated[str, Path(max_length=64)]
Local = Annotated[str, Form(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$")]
_DAYS: Final = 90
"""Response times are those of the last so many days."""
_PAGE: Final = 100
_CHOICE: Final = 300
"""Among more people than so many only neighbours are offered as stand-ins."""
_VILLAGES: Final = 8
_HOLED: Final = 12


@router.get("/people")
def everybody(
    request: Request, db: Snapshot, who: Reader, serving: Serving,
    village: Annotated[str, Query(max_length=64)] = "", only: Annotated[str, Query(max_length=16)] = "",
    role: Annotated[str, Query(max_length=32)] = "", behind: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> HTMLResponse:  # fmt: skip
    """Who can be called now and who cannot, how many homes each answers for, how long each took; rotas and leave."""
    del who
    say = sentences_for(request, db, serving)
    known = manning.called(db, say.now)
    if village:
        near = chains.people_of_village(db, village, say.now)
        known = [each for each in known if each.person in near]
    counts = Counter(each.why or "reachable" for each in known)
    shown = [
        each for each in sorted(known, key=_first_who_cannot)
        if role in {"", each.role} and (only != "unreachable" or each.why)
    ]  # fmt: skip
    holed = {home: life.holes for home, life in lives.holed_lives(db).items() if life.stage != "retired"}
    here = shown[behind : behind + _PAGE]
    ids = [each.person for each in here]
    say.names.expect(home_ids=list(holed)[:_HOLED], person_ids=ids)
    say.names.expect_phones(ids)
    return page(
        request, "people.html", say, people=manning.manned(db, say.now, here), count=len(shown), behind=behind, step=_PAGE,
        counts=counts, village=village, villages=places.villages(db), only=only, role=role, roles=people.ROLES,
        took=answering(db, *last_days(say.now, _DAYS), ids), days=_DAYS, rotas=_on_duty(db, say),
        leave=rosters.absences(db, say.now), holed=holed, holed_most=_HOLED, cover=Cover(db, say),
    )  # fmt: skip


def _first_who_cannot(one: manning.Called) -> int:
    """Whoever ought to be reachable and is not stands above; who is not meant now, below."""
    return 1 if not one.why else 2 if one.why in {"off_duty", "no_home"} else 0


def _on_duty(db: Connection, say: Sentences) -> list[dict[str, Any]]:
    """Each rota with whose turn it is and when the next one begins."""
    known = rosters.roster(db, say.now)
    found = []
    for rota in rosters.rotas(db):
        entry = known.rotas[rota.id]
        period = sum(entry.lengths)
        turns = entry.handovers(say.now, say.now + period + SECOND)
        found.append({
            "name": rota.name_en if say.language == "en" and rota.name_en else rota.name,
            "now": known.resolve([f"@{rota.id}"], say.now).persons, "until": turns[0] if turns else None,
            "then": known.resolve([f"@{rota.id}"], turns[0]).persons if turns else [],
        })  # fmt: skip
    return found


class Cover:
    """Who may stand in a chain or in somebody's place, by the name people say: persons, and rotas as `@rota`."""

    def __init__(self, db: Connection, say: Sentences) -> None:
        self._say = say
        self.rotas = {f"@{rota.id}": say.names.of(rota.name, rota.name_en) for rota in rosters.rotas(db)}

    def get(self, place: str, otherwise: str) -> str:
        """The name, or what is said of somebody nobody knows."""
        return self.rotas.get(place) or self._say.names.person(place) or otherwise


def _may_cover(db: Connection, cover: Cover, say: Sentences, person: str, homes_of: Iterable[str]) -> dict[str, str]:
    """Who may be asked to stand in: everybody; in a county those of the villages in which this person answers for somebody."""
    known = people.people(db)
    if len(known) > _CHOICE:
        villages = {where.village[0] for home in homes_of if (where := places.above(db, home))}
        near = {
            who for village in sorted(villages)[:_VILLAGES] for who in chains.people_of_village(db, village, say.now)
        }
        known = [each for each in known if each.id in near or each.role == "town_officer"]
    found = {each.id: say.names.of(each.name, each.name_en) for each in known} | cover.rotas
    return {place: name for place, name in found.items() if place != person}


@router.get("/people/chains")
def all_chains(
    request: Request, db: Snapshot, who: Reader, serving: Serving,
    village: Annotated[str, Query(max_length=64)] = "", holed: bool = False,
    behind: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:  # fmt: skip
    """Site by site the chain of each home, who is meant now, and what would go wrong in the days ahead."""
    del who
    say = sentences_for(request, db, serving)
    known = homes.watched_in(db, village)
    if holed:
        wrong = lives.holed_lives(db)
        known = {home: site for home, site in known.items() if home in wrong}
    shown = dict(itertools.islice(known.items(), behind, behind + _PAGE))
    named, now = chains.chains(db, shown), rosters.roster(db, say.now)
    say.names.expect(
        home_ids=shown, person_ids=[id for levels in named.values() for each in levels.values() for id in each]
    )
    rows = [
        {
            "home": home, "site": site,
            "levels": {level: _meant(now.resolve(entries, say.now).persons, entries) for level, entries in named.get(home, {}).items()},
        }
        for home, site in shown.items()
    ]  # fmt: skip
    looked = {each.home: each.holes for each in linting.lint(db, say.now, shown.keys())}
    return page(
        request, "chains.html", say, rows=rows, count=len(known), behind=behind, step=_PAGE, village=village, holed=holed,
        villages=places.villages(db), levels=chains.LEVELS, looked=looked, rotas=Cover(db, say),
    )  # fmt: skip


def _meant(persons: Sequence[str], entries: Sequence[str]) -> dict[str, Sequence[str]]:
    """Who is told now; and who stands there by name, where that is somebody else."""
    return {"now": persons, "named": [entry for entry in entries if entry not in persons]}


@router.get("/people/{person_id}")
def one(
    request: Request, person_id: PersonId, db: Snapshot, who: Reader, serving: Serving, shown: Shown = False
) -> HTMLResponse:  # fmt: skip
    """One of them: phones, homes, leave, and the last messages with their receipts."""
    say = sentences_for(request, db, serving, shown=shown)
    found = next(iter(manning.manned(db, say.now, manning.called(db, say.now, person_id))), None)
    if found is None:
        raise Problem(404, "person_unknown", person=person_id)
    if shown:
        showing: Showing = request.app.state.showing
        showing.of(who, "person card", person_id, say.now)
    took = answering(db, *last_days(say.now, _DAYS), [person_id]).get(person_id)
    mine, cover = manning.homes_answered_for(db, person_id, say.now), Cover(db, say)
    say.names.expect(home_ids=mine)
    return page(
        request, "person.html", say, one=found, phones=say.names.phones(person_id), took=took, days=_DAYS,
        homes=mine, may_cover=_may_cover(db, cover, say, person_id, mine), sent=messages.of_person(db, person_id, limit=20),
        leave=[each for each in rosters.absences(db, say.now) if each.person == person_id], cover=cover,
        asked=shown, must_call=False,
    )  # fmt: skip


@router.post("/people/{person_id}/leave")
def set_leave(
    person_id: PersonId, who: Operator, serving: Serving, since: Local, until: Local,
    cover: Annotated[str, Form(max_length=64)] = "", note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """This person is not told for a while; `cover` is told instead."""
    now = serving.now()
    try:
        commands.set_leave(
            serving.database, person=person_id, since=_moment(since), until=_moment(until), cover=cover, note=note,
            by=who.id, at=now,
        )  # fmt: skip
    except commands.LeaveRefused as refused:
        raise Problem(422, f"leave_{refused.why}", **refused.more) from None
    note_down(serving.database, at=now, who=who.id, what="leave set", ref=person_id)
    return _back(person_id)


@router.post("/people/{person_id}/leave/{since}/cancel")
def cancel_leave(
    person_id: PersonId, since: Annotated[int, Path(ge=0, le=1 << 62)], who: Operator, serving: Serving
) -> Response:
    """The leave that begins then is none."""
    now = serving.now()
    try:
        commands.cancel_leave(serving.database, person=person_id, since=since, by=who.id, at=now)
    except commands.LeaveRefused as refused:
        raise Problem(404, f"leave_{refused.why}", **refused.more) from None
    note_down(serving.database, at=now, who=who.id, what="leave cancelled", ref=person_id)
    return _back(person_id)


def _back(person: str) -> Response:
    return RedirectResponse(f"/people/{person}", 303)


def _moment(local: str) -> int:
    """What a field for a moment holds, in the town's time. Raises Problem."""
    try:
        return int(datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).timestamp()) * SECOND
    except ValueError:
        raise Problem(422) from None
