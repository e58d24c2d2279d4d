"""The life of a home: consent, proof, pause, resume, retire; visits, and tests of the chain."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from alerts import drills
from alerts.commands import lives as commands
from alerts.commands.away import HomeUnknown
from alerts.projections.lives import life_of
from api.access.audit import note_down
from api.asking import Operator, Reader, Serving, Snapshot, Spoken
from api.names import Names
from api.problems import Problem
from api.routes.shapes import Given, PersonId

router = APIRouter(tags=["homes"])

HomeId = Annotated[str, Path(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=2000)]


class Consent(Given):
    """How it was given, and where the paper lies."""

    given: Literal["signed", "guardian", "witnessed"]
    text: Text = ""


class Reason(Given):
    """Why; it is kept in the registry."""

    reason: Text = ""


class Visit(Given):
    """Who saw or spoke with the elder, and when (microseconds since 1970 UTC; left out, now)."""

    who: PersonId | None = None
    visited_at: Annotated[int, Field(ge=0, le=1 << 62)] | None = None
    note: Text = ""


class Drill(Given):
    """These homes, or all of a village; neither: every home."""

    homes: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=1000)] | None = None
    village: Annotated[str, Field(max_length=64)] = ""


class LifeOut(BaseModel):
    """Each station with who and when; None: not yet, or no longer."""

    home: str
    stage: str
    consent: dict[str, Any] | None
    enrolled: dict[str, Any] | None
    proven: dict[str, Any] | None
    paused: dict[str, Any] | None
    resumed: dict[str, Any] | None
    retired: dict[str, Any] | None
    visited: dict[str, Any] | None
    holes: list[dict[str, Any]]
    checked_at: int


class DrillOut(BaseModel):
    """A test by its name; who was asked and who has not answered, by home."""

    drill: str
    homes: list[dict[str, Any]] = []


@router.get("/homes/{home_id}/life")
def read_life(home_id: HomeId, db: Snapshot, who: Reader, language: Spoken) -> LifeOut:
    """The stations of this home's life, its last visit, and what is wrong with its chain."""
    del who
    life, names = life_of(db, home_id), Names(db, language)
    if life.enrolled is None:
        raise Problem(404, "home_unknown", home=home_id)
    marks: dict[str, dict[str, Any] | None] = {}
    for name in ("consent", "enrolled", "proven", "paused", "resumed", "retired", "visited"):
        mark = getattr(life, name)
        marks[name] = mark and {"by": mark.by, "name": names.person(mark.by), "at": mark.at, "said": mark.said}
    return LifeOut(home=home_id, stage=life.stage, holes=life.holes, checked_at=life.checked_at, **marks)


@router.post("/homes/{home_id}/consent", status_code=204)
def consent(home_id: HomeId, given: Consent, who: Operator, serving: Serving) -> None:
    """The elder agrees to be watched."""
    _do(lambda: commands.record_consent(
        serving.database, home_id, given=given.given, text=given.text, by=who.id, at=serving.now()
    ))  # fmt: skip
    note_down(serving.database, at=serving.now(), who=who.id, what="consent recorded", ref=home_id)


@router.post("/homes/{home_id}/consent/withdraw", status_code=204)
def withdraw(home_id: HomeId, given: Reason, who: Operator, serving: Serving) -> None:
    """The elder agrees no longer."""
    _do(lambda: commands.withdraw_consent(
        serving.database, home_id, text=given.reason, by=who.id, at=serving.now()
    ))  # fmt: skip
    note_down(serving.database, at=serving.now(), who=who.id, what="consent withdrawn", ref=home_id)


@router.post("/homes/{home_id}/prove", status_code=204)
def prove(home_id: HomeId, who: Operator, serving: Serving) -> None:
    """Every sensor has shown what it can; refused with those that have not."""
    _do(lambda: commands.prove(serving.database, home_id, by=who.id, at=serving.now()))


@router.post("/homes/{home_id}/pause", status_code=204)
def pause(home_id: HomeId, given: Reason, who: Operator, serving: Serving) -> None:
    """Not watched until resumed; refused while an alert of class 1 or 2 is open."""
    _do(lambda: commands.pause(serving.database, home_id, reason=given.reason, by=who.id, at=serving.now()))
    note_down(serving.database, at=serving.now(), who=who.id, what="home paused", ref=home_id)


@router.post("/homes/{home_id}/resume", status_code=204)
def resume(home_id: HomeId, who: Operator, serving: Serving) -> None:
    """Watched again."""
    _do(lambda: commands.resume(serving.database, home_id, by=who.id, at=serving.now()))
    note_down(serving.database, at=serving.now(), who=who.id, what="home resumed", ref=home_id)


@router.post("/homes/{home_id}/retire", status_code=204)
def retire(home_id: HomeId, given: Reason, who: Operator, serving: Serving) -> None:
    """No longer watched; refused while an alert of class 1 or 2 is open."""
    _do(lambda: commands.retire(serving.database, home_id, reason=given.reason, by=who.id, at=serving.now()))
    note_down(serving.database, at=serving.now(), who=who.id, what="home retired", ref=home_id)


@router.post("/homes/{home_id}/visits", status_code=204)
def visit(home_id: HomeId, given: Visit, who: Operator, serving: Serving) -> None:
    """Somebody saw or spoke with the elder."""
    at = serving.now()
    visited_at = at if given.visited_at is None else given.visited_at
    _do(lambda: commands.record_visit(
        serving.database, home_id, who=given.who or who.id, visited_at=visited_at, note=given.note, by=who.id, at=at
    ))  # fmt: skip


@router.post("/drills", status_code=201)
def start_drill(given: Drill, who: Operator, serving: Serving) -> DrillOut:
    """A test of the chain by the real ways: 测试."""
    homes = given.homes if given.homes is not None else commands.homes_of_village(serving.database, given.village)
    name = _do(lambda: commands.start_drill(serving.database, homes=homes, by=who.id, at=serving.now()))
    note_down(serving.database, at=serving.now(), who=who.id, what="drill started", ref=name)
    return DrillOut(drill=name)


@router.get("/drills/{drill}")
def read_drill(
    drill: Annotated[str, Path(pattern=r"^d[0-9]{1,18}$")], db: Snapshot, who: Operator, language: Spoken,
    silent_only: Annotated[bool, Query()] = False,
) -> DrillOut:  # fmt: skip
    """Who was asked, who answered, and who did not."""
    del who
    names = Names(db, language)
    found = []
    for home in drills.tested(db, drill):
        alert = home.alert
        if home.silent or not silent_only:
            found.append({
                "home": alert.home, "home_name": names.home(alert.home), "alert": alert.id,
                "asked": {person: names.person(person) for person in home.asked},
                "answered": alert.answered, "silent": home.silent, "over": not alert.open,
            })  # fmt: skip
    return DrillOut(drill=drill, homes=found)


def _do(command: Any) -> Any:
    """What is refused is a problem."""
    try:
        return command()
    except HomeUnknown as unknown:
        raise Problem(404, "home_unknown", home=unknown.home) from None
    except commands.NotPossible as refused:
        raise Problem(409, f"life_{refused.why}", **refused.more) from None
