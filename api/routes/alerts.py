"""Alerts: look at them, and say what people do about them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from alerts.commands import alerts as commands
from alerts.projections import alerts, messages, timeline
from alerts.projections.explaining import explained, plain
from api.asking import Operator, Reader, SeenVersion, Serving, Snapshot, Spoken
from api.console.spans import moment
from api.names import Names
from api.problems import Problem
from api.routes.shapes import (
    AlertList,
    AlertOut,
    AlertWithTimeline,
    Closing,
    Correction,
    ExplainedOut,
    Note,
    Shelving,
    Somebody,
    TimelineOut,
)
from api.services import Services

router = APIRouter(prefix="/alerts", tags=["alerts"])

AlertId = Annotated[str, Path(min_length=1, max_length=128)]


@router.get("")
def list_alerts(
    db: Snapshot, who: Reader, language: Spoken, serving: Serving,
    state: Literal["open", "closed", "all"] = "all",
    home: Annotated[str | None, Query(max_length=64)] = None,
    before: Annotated[int | None, Query(ge=1, le=1 << 62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AlertList:  # fmt: skip
    """Alerts, the newest change first."""
    del who, serving
    found = alerts.listed(db, state=state, home=home, before=before, limit=limit)
    names = Names(db, language)
    return AlertList(
        alerts=[AlertOut.of(alert, names) for alert in found],
        next_before=found[-1].position if len(found) == limit else None,
    )


@router.get("/{alert_id}")
def read_alert(alert_id: AlertId, db: Snapshot, who: Reader, language: Spoken, response: Response) -> AlertWithTimeline:
    """One alert with its timeline; its version is also the ETag."""
    del who
    alert = known(alerts.one(db, alert_id), alert_id)
    names = Names(db, language)
    response.headers["etag"] = f'"{alert.version}"'
    return AlertWithTimeline(
        alert=AlertOut.of(alert, names),
        timeline=[TimelineOut(**row, name=names.person(row["person"])) for row in timeline.of_alert(db, alert_id)],
        messages=messages.of_alert(db, alert_id),
    )


@router.get("/{alert_id}/explain")
def explain_alert(alert_id: AlertId, db: Snapshot, who: Reader, language: Spoken, serving: Serving) -> ExplainedOut:
    """For every message why this person, this way, now; and what happens next, and when."""
    del who
    names, now = Names(db, language), serving.now()
    found = explained(db, alert_id, person=names.person, clock=lambda at: moment(at, now), language=language)
    if found is None:
        raise Problem(404, "alert_unknown", alert=alert_id)
    return ExplainedOut.model_validate(plain(found))


@router.post("/{alert_id}/acknowledge")
def acknowledge(alert_id: AlertId, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """Seen. It stops the sound and nothing else; the steps go on."""
    commands.acknowledge(serving.database, alert_id, by=who.id, via="api", at=serving.now())
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/en-route")
def en_route(alert_id: AlertId, somebody: Somebody, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """Somebody is going."""
    going = somebody.who or who.id
    commands.en_route(serving.database, alert_id, who=going, by=who.id, via="api", at=serving.now())
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/arrived")
def arrived(alert_id: AlertId, somebody: Somebody, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """Somebody is at the door."""
    there = somebody.who or who.id
    commands.arrived(serving.database, alert_id, who=there, by=who.id, via="api", at=serving.now())
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/declined")
def declined(alert_id: AlertId, somebody: Somebody, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """Somebody cannot go."""
    unable = somebody.who or who.id
    commands.declined(serving.database, alert_id, who=unable, by=who.id, via="api", at=serving.now())
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/stand-down")
def stand_down(alert_id: AlertId, somebody: Somebody, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """Somebody need not go any more."""
    released = somebody.who or who.id
    commands.stand_down(serving.database, alert_id, who=released, by=who.id, at=serving.now())
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/escalate")
def escalate(alert_id: AlertId, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """The next step now."""
    commands.escalate_now(serving.database, alert_id, by=who.id, at=serving.now())
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/close")
def close(
    alert_id: AlertId, closing: Closing, seen: SeenVersion, who: Operator, serving: Serving, language: Spoken
) -> AlertOut:
    """Close with an outcome. `If-Match` carries the version seen: what happened since refuses it."""
    commands.close(
        serving.database, alert_id, outcome=closing.outcome, by=who.id, via="api", seen_version=seen,
        note=closing.note, at=serving.now(),
    )  # fmt: skip
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/shelve")
def shelve(alert_id: AlertId, shelving: Shelving, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """Put aside with a reason for a limited time: no sound, below the others; it comes back by itself. Never class 1."""
    commands.shelve(
        serving.database, alert_id, reason=shelving.reason, for_s=shelving.for_s, by=who.id, at=serving.now()
    )
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/unshelve")
def unshelve(alert_id: AlertId, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """Among the others again."""
    commands.unshelve(serving.database, alert_id, by=who.id, at=serving.now())
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/outcome")
def correct(alert_id: AlertId, correction: Correction, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """The outcome on record was wrong."""
    commands.correct_outcome(
        serving.database, alert_id, outcome=correction.outcome, reason=correction.reason, by=who.id, at=serving.now()
    )
    return seen_now(serving, alert_id, language)


@router.post("/{alert_id}/notes", status_code=201)
def note(alert_id: AlertId, given: Note, who: Operator, serving: Serving, language: Spoken) -> AlertOut:
    """Add a note."""
    commands.note(serving.database, alert_id, text=given.text, by=who.id, at=serving.now())
    return seen_now(serving, alert_id, language)


def seen_now(serving: Services, alert_id: str, language: Spoken) -> AlertOut:
    """The alert after the command, once the projections have it."""
    serving.folded()  # should it take longer than we wait, the version says so: what was asked is recorded
    with serving.database.read() as db:
        return AlertOut.of(known(alerts.one(db, alert_id), alert_id), Names(db, language))


def known(alert: alerts.AlertSeen | None, alert_id: str) -> alerts.AlertSeen:
    """The alert, or 404."""
    if alert is None:
        raise Problem(404, "alert_unknown", alert=alert_id)
    return alert
