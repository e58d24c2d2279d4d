"""The alarm load: what the screen asked of its operator in a shift, a day or a month, by the measures of the trade."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from alerts.projections import alarm_load, shifts
from alerts.projections.alarm_load import Load
from alerts.projections.sounded import LONGEST, sounded
from api.asking import Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.console.sentences import Sentences
from api.console.spans import span as span_of
from api.problems import Problem
from events.types.fact import DAY, HOUR, MINUTE, SECOND

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Span = Literal["shift", "day", "month"]
SPANS: Final = ("shift", "day", "month")
_STEPS: Final = {"shift": (10 * MINUTE, HOUR), "day": (10 * MINUTE, HOUR), "month": (6 * HOUR, DAY)}
"""A bar of the picture, and a line of the table beside it."""
_LISTED: Final = 12
_PAGE: Final = 200
Moment = Annotated[int | None, Query(ge=0, le=1 << 62)]


@dataclass(frozen=True)
class Links:
    """Where exactly the alerts behind a figure of this span are."""

    since: int
    until: int

    def __call__(self, figure: str, of: str = "", since: int | None = None, until: int | None = None) -> str:
        """Of a part of the span, where its ends are given."""
        said = {"since": since or self.since, "until": until or self.until, "figure": figure, "of": of}
        return "/reports/load/behind?" + urlencode({name: value for name, value in said.items() if value})


@router.get("/reports/load")
def load(request: Request, db: Snapshot, who: Reader, serving: Serving, span: Span = "day") -> HTMLResponse:
    """Each figure is a link to exactly what it counts."""
    del who
    say = sentences_for(request, db, serving)
    since, until = _since(db, span, say.now), say.now + 1
    found = sounded(db, since, until)
    tops = {what: found.top(what) for what in alarm_load.TOPS}
    chattering, bar, line = found.chattering(), *_STEPS[span]
    named = [*(each.which for each in chattering[:_LISTED]), *found.standing[:_LISTED]]
    say.names.expect(home_ids=[*(each.name for each in tops["place"]), *(one.home for one in named)])
    return page(
        request, "load.html", say, chosen=span, spans=SPANS, load=found, link=Links(since, until), tops=tops,
        chattering=chattering, bars=found.bars(bar), lines=found.bars(line), by_day=line == DAY, limits=alarm_load,
        place=lambda name: _place(say, name), listed=_LISTED,
    )  # fmt: skip


def _since(db: Connection, span: Span, now: int) -> int:
    return shifts.shift_since(db, now) if span == "shift" else now - (DAY if span == "day" else 30 * DAY)


def _place(say: Sentences, name: str) -> str:
    """A home, or behind `@` a site."""
    return say.names.site(name[1:]) if name.startswith("@") else say.names.home(name)


@router.get("/reports/load/behind")
def load_behind(
    request: Request, db: Snapshot, who: Reader, serving: Serving, since: Moment = None, until: Moment = None,
    figure: Annotated[str, Query(max_length=16)] = "raised", of: Annotated[str, Query(max_length=200)] = "",
    start: Annotated[int, Query(alias="behind", ge=0, le=10_000_000)] = 0,
) -> HTMLResponse:  # fmt: skip
    """Exactly the alerts that a figure counts."""
    del who
    say = sentences_for(request, db, serving)
    until = say.now + 1 if until is None else until
    since = until - DAY if since is None else since
    if figure not in alarm_load.FIGURES:
        raise Problem(404, "figure_unknown")
    if not 0 < until - since <= LONGEST:
        raise Problem(422)
    found = alarm_load.behind(sounded(db, since, until), figure, of)
    here = found[start : start + _PAGE]
    say.names.expect(home_ids=[one.home for one in here])
    return page(
        request, "load_behind.html", say, since=since, until=until, figure=figure, of=_of(say, figure, of), found=here,
        count=len(found), behind=start, step=_PAGE, link=Links(since, until)(figure, of), waited=alarm_load.waited,
        place=lambda name: _place(say, name),
    )  # fmt: skip


def _of(say: Sentences, figure: str, of: str) -> str:
    """What of it is asked for, as people say it."""
    match figure:
        case "class":
            return say.t(f"reports.line.{of}") if say.knows(f"reports.line.{of}") else of
        case "place":
            return _place(say, of)
        case "device":
            return say.names.device(of)
        case "danger":
            return say.danger(of)
        case "chattering" if of:
            name, _, danger = of.rpartition("|")
            return f"{_place(say, name)} {say.danger(danger)}"
    return of


def in_a_line(say: Sentences, found: Load) -> str:
    """For the page of the handover."""
    busiest, _ = found.busiest()
    words = {
        "since": say.clock(found.since), "until": say.clock(found.until), "raised": len(found.raised),
        "an_hour": f"{found.an_hour:.1f}", "busiest": busiest, "flood": f"{found.flood_share * 100:.1f}",
    }  # fmt: skip
    seen = found.acknowledged().mean_s
    waited = "" if seen is None else say.t("load.line_seen", span=span_of(int(seen * SECOND), say.language))
    return say.t("load.line", **words) + waited
