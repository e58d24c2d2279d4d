"""Refusals as RFC 9457 problem+json: a stable type, a sentence for people, and what a program needs to go on."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment
from sqlalchemy.exc import DBAPIError, TimeoutError  # noqa: A004  # a pool's, not ours
from starlette.exceptions import HTTPException

from alerts.commands import errors
from alerts.projections.words import Language, outcome_name
from api.console.words import say
from api.language import language_of
from api.names import Names
from events.database import CommitUnclear, StorageFull
from events.passing import passing

log = logging.getLogger("shouwang.api")

MEDIA_TYPE: Final = "application/problem+json"
_KINDS: Final = {
    400: "malformed", 401: "login_needed", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed",
    406: "not_acceptable", 409: "conflict", 413: "too_large", 415: "wrong_media_type", 422: "invalid",
    428: "version_needed", 429: "too_many", 503: "unavailable",
}  # fmt: skip

_STORAGE: Final[dict[type[Exception], str]] = {CommitUnclear: "unclear", StorageFull: "storage_full"}
_AWAY: Final = (DBAPIError, TimeoutError)
"""What a database says that is held by somebody else, or starts again."""

_PAGE: Final = Environment(autoescape=True).from_string(
    """{% if whole %}<!doctype html><html lang="{{ language }}"><meta charset="utf-8"><title>{{ head }}</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/console.css"><main>{% endif %}
<p class="notice" role="alert">{{ title }}{% if detail %} <strong>{{ detail }}</strong>{% endif %}</p>
{% if whole %}<p><a class="button" href="/">{{ back }}</a></p></main></html>{% endif %}"""
)


def promised(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: these refusals are possible, and are problems."""
    schema = {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "instance": {"type": "string"}, "detail": {"type": "string"},
        },
    }  # fmt: skip
    return {
        status: {"description": _KINDS[status].replace("_", " "), "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


class Problem(Exception):
    """A refusal. `kind` is the last part of its type and names its sentence; `more` goes beside it."""

    def __init__(self, status: int, kind: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(kind)
        self.status, self.kind = status, kind or _KINDS.get(status, "error")
        self.headers, self.more = dict(headers or {}), more


def answer(request: Request, problem: Problem) -> Response:
    """The problem in the reader's language; to a page of ours as a sentence it can show."""
    language = language_of(request)
    words = {name: str(value) for name, value in problem.more.items() if isinstance(value, str | int)}
    title = say(language, f"problem.{problem.kind}", **words)
    if request.headers.get("hx-request") or _wants_page(request):
        detail = problem.more.get("detail", "")
        return HTMLResponse(_PAGE.render(
            language=language, title=title, detail=detail, head=say(language, "problem.title"),
            whole=not request.headers.get("hx-request"), back=say(language, "alert.back"),
        ), problem.status, problem.headers)  # fmt: skip
    body = {
        "type": f"urn:shouwang:problem:{problem.kind.replace('_', '-')}",
        "title": title,
        "status": problem.status,
        "instance": request.url.path,
        **problem.more,
    }
    return JSONResponse(body, problem.status, problem.headers, MEDIA_TYPE)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def as_problem(refusal: Exception, lang: Language, name: Callable[[str], str]) -> Problem:
    """What a command refused, as a problem; `name` gives the name of a person."""
    match refusal:
        case errors.AlertUnknown():
            return Problem(404, "alert_unknown", alert=refusal.alert_id)
        case errors.DeviceUnknown():
            return Problem(404, "device_unknown", device=refusal.device)
        case errors.AlertAlreadyClosed():
            named = outcome_name(refusal.outcome, lang)
            by = name(refusal.by)
            return Problem(409, "already_closed", outcome=refusal.outcome, named=named, by=by, at=refusal.at)
        case errors.StaleView():
            joint = "，" if lang == "zh" else "; "
            told = joint.join(say(lang, f"change.{change}") for change in refusal.changes)
            return Problem(409, "stale_view", changes=refusal.changes, detail=told)
        case errors.ConditionStillActive():
            return Problem(409, "still_active", allowed=refusal.allowed, detail=_names(refusal.allowed, lang))
        case errors.OutcomeNotAllowed():
            return Problem(422, "outcome_not_allowed", allowed=refusal.allowed, detail=_names(refusal.allowed, lang))
        case errors.NotInThisState():
            return Problem(409, "not_in_this_state", why=refusal.why)
    raise refusal


REFUSALS: Final = (
    errors.AlertUnknown, errors.AlertAlreadyClosed, errors.StaleView, errors.ConditionStillActive,
    errors.OutcomeNotAllowed, errors.NotInThisState, errors.DeviceUnknown,
)  # fmt: skip


def _names(outcomes: list[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(outcome_name(outcome, language) for outcome in outcomes)


def install(app: FastAPI) -> None:
    """Every error this application can answer with becomes a problem."""

    async def ours(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)
        return answer(request, problem)

    async def refused(request: Request, refusal: Exception) -> Response:
        language, services = language_of(request), request.app.state.services
        with services.database.read() as db:
            return answer(request, as_problem(refusal, language, Names(db, language).person))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(request, Problem(error.status_code, headers=error.headers))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = [{"where": [str(part) for part in fault["loc"]], "what": fault["msg"]} for fault in error.errors()]
        return answer(request, Problem(422, "invalid", faults=faults))

    async def storage(request: Request, error: Exception) -> Response:
        log.error("the database failed %s %s: %s", request.method, request.url.path, type(error).__name__)
        return answer(request, Problem(503, _STORAGE.get(type(error), "unavailable")))

    async def away(request: Request, error: Exception) -> Response:
        return await (storage if passing(error) else unexpected)(request, error)

    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected error in %s %s", request.method, request.url.path, exc_info=error)
        return answer(request, Problem(500, "error"))

    app.add_exception_handler(Problem, ours)
    for refusal in REFUSALS:
        app.add_exception_handler(refusal, refused)
    for kind in _STORAGE:
        app.add_exception_handler(kind, storage)
    for kind in _AWAY:
        app.add_exception_handler(kind, away)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unexpected)
