"""Rotas, who is on duty, and who is on leave."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from alerts.commands import leave as commands
from alerts.registry import rosters
from api.access.audit import note_down
from api.asking import Operator, Serving, Snapshot, Spoken
from api.names import Names
from api.problems import Problem
from api.routes.shapes import Given

router = APIRouter(tags=["people"])

Moment = Annotated[int, Field(ge=0, le=1 << 62)]


class Leave(Given):
    """From and until, microseconds since 1970 UTC; `cover` is a person, or `@` and a rota."""

    since: Moment
    until: Moment
    cover: Annotated[str, Field(max_length=64)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""


class LeaveOut(BaseModel):
    """A leave that lasts or will begin."""

    person: str
    name: str
    since: int
    until: int
    cover: str
    cover_name: str
    by: str
    note: str


class RotaOut(BaseModel):
    """A rota and whose turn it is now."""

    id: str
    name: str
    turns: list[list[str]]
    on_duty: list[str]


@router.get("/leave")
def list_leave(db: Snapshot, who: Operator, serving: Serving, language: Spoken) -> list[LeaveOut]:
    """All leave that lasts or will begin."""
    del who
    names = Names(db, language)
    return [
        LeaveOut(
            person=each.person, name=names.person(each.person), since=each.since, until=each.until, cover=each.cover,
            cover_name=names.person(each.cover) if each.cover else "", by=each.by,
            note=names.text(each.note) if each.note else "",
        )
        for each in rosters.absences(db, serving.now())
    ]  # fmt: skip


@router.get("/rotas")
def list_rotas(db: Snapshot, who: Operator, serving: Serving, language: Spoken) -> list[RotaOut]:
    """All rotas, with who is on duty."""
    del who
    now, known = serving.now(), rosters.roster(db, serving.now())
    return [
        RotaOut(
            id=rota.id, name=rota.name_en if language == "en" and rota.name_en else rota.name, turns=rota.turns,
            on_duty=known.resolve([f"@{rota.id}"], now).persons,
        )
        for rota in rosters.rotas(db)
    ]  # fmt: skip


@router.post("/people/{person}/leave", status_code=204)
def set_leave(person: Annotated[str, Path(max_length=64)], given: Leave, who: Operator, serving: Serving) -> None:
    """This person is not told for a while; the same beginning again changes end and cover."""
    try:
        commands.set_leave(
            serving.database, person=person, since=given.since, until=given.until, cover=given.cover, note=given.note,
            by=who.id, at=serving.now(),
        )  # fmt: skip
    except commands.LeaveRefused as refused:
        raise Problem(422, f"leave_{refused.why}", **refused.more) from None
    note_down(serving.database, at=serving.now(), who=who.id, what="leave set", ref=person)


@router.delete("/people/{person}/leave/{since}", status_code=204)
def cancel_leave(
    person: Annotated[str, Path(max_length=64)], since: Annotated[int, Path(ge=0, le=1 << 62)], who: Operator,
    serving: Serving,
) -> None:  # fmt: skip
    """The leave that begins then is none."""
    try:
        commands.cancel_leave(serving.database, person=person, since=since, by=who.id, at=serving.now())
    except commands.LeaveRefused as refused:
        raise Problem(404, f"leave_{refused.why}", **refused.more) from None
    note_down(serving.database, at=serving.now(), who=who.id, what="leave cancelled", ref=person)
