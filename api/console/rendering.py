"""Pages from templates: everything is escaped, an undefined word is an error, each asset carries its own hash."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection

from alerts.projections.words import class_name, danger_name, outcome_name, what_to_do
from api.access.rights import may
from api.access.who import MAY_ACT, Who
from api.console.audited import done, ended
from api.console.pages import menu_for
from api.console.sentences import Sentences
from api.console.spans import date, iso, span, to_the_second
from api.language import language_of
from api.names import Names
from api.services import Services
from events.types.fact import HOUR, SECOND

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"

environment: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


@lru_cache(maxsize=64)
def _asset(name: str) -> str:
    """The address of a static file, changed whenever its content is."""
    return f"/static/{name}?{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


def _left(at: int, kind: str = "left") -> Markup:
    """A place that the page counts down (`left`) or up (`since`); its text is filled in at once by the script."""
    return Markup('<span class="count" data-{}="{}"></span>').format(kind, at)


_WAITS_S: Final = 10.0
"""From then on the service calls itself unwell for it."""


def ailment(health: Mapping[str, Any]) -> str:
    """The word for what is wrong, the gravest first."""
    if health.get("storage_full"):
        return "unwell.storage_full"
    if health.get("database_waits_s", 0) > _WAITS_S:
        return "unwell.waits"
    if health.get("disk_low"):
        return "unwell.disk_low"
    if health.get("connected") is False:
        return "unwell.connected"
    found = [*(health.get("check") or {}).get("found", []), *(health.get("audit") or {}).get("found", [])]
    if any(each["grave"] and each["name"] != "not_hearing" for each in found):
        return "unwell.check"
    return "unwell.deaf" if health.get("connected") else "unwell.other"


_SHOWN_FOR: Final = 24 * HOUR


def clock_words(health: Mapping[str, Any], say: Sentences) -> str:
    """That the machine's clock was set, for a day; and for as long as our time goes on without it."""
    off, stepped_at = health.get("clock_off_s") or 0.0, health.get("clock_stepped_at") or 0
    if off:
        way = "clock.ahead" if off > 0 else "clock.behind"
        return say.t(way, span=span(abs(int(off * SECOND)), say.language))
    if not stepped_at or say.now - stepped_at > _SHOWN_FOR:
        return ""
    by = health.get("clock_stepped_by_s") or 0.0
    way = "clock.set_forward" if by > 0 else "clock.set_back"
    return say.t(way, span=span(abs(int(by * SECOND)), say.language), clock=say.clock(stepped_at))


environment.globals.update(date=date, asset=_asset, left=_left, ailment=ailment, clock_words=clock_words)


def sentences_for(request: Request, db: Connection, services: Services, *, shown: bool = False) -> Sentences:
    """The words of this reader at this moment; `shown`: also names of elders and phones, which is recorded elsewhere."""
    language = language_of(request)
    return Sentences(Names(db, language, shown=shown), language, services.now())


def page(request: Request, template: str, say: Sentences, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page or a fragment of one, with what every page knows."""
    services: Services = request.app.state.services
    who: Who | None = getattr(request.state, "who", None)
    language = language_of(request)
    health = services.health() if who else {"ok": True}
    live = who is not None and not (who.code_due or (who.password_due and not services.demo))
    role = who.role if who else None
    text = environment.get_template(template).render(
        live=live, locked=who is not None and who.locked, menu=menu_for(role) if live else [],
        may=lambda rule: may(role, rule),
        say=say, t=say.t, clock=say.clock, names=say.names, language=language, now=say.now, who=who,
        may_act=who is not None and who.role in MAY_ACT, path=request.url.path, services=services, health=health,
        really_sends=services.sms_really_sent or services.demo, position=services.projector.position,
        iso=iso, seconds=lambda at: to_the_second(at, say.now), span=lambda micros: span(micros, language),
        danger_name=lambda danger: danger_name(danger, language), outcome_name=lambda o: outcome_name(o, language),
        told_done=lambda what: done(what, language), told_ended=lambda result: ended(result, language),
        class_name=lambda number: class_name(number, language), what_to_do=lambda danger: what_to_do(danger, language),
        **context,
    )  # fmt: skip
    return HTMLResponse(text, status)
