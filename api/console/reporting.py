"""Reports: a month of the town, a village, a grid or a watcher; what is behind each figure; as a workbook; closing a month."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.commands import months as commands
from alerts.projections import counting, reports
from alerts.projections.blindness import month_of
from alerts.projections.reports import Area, Report
from alerts.registry import people, places
from api.access.audit import note_down
from api.asking import Operator, Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.console.sentences import Sentences
from api.console.workbook import CONTENT_TYPE, said, workbook
from api.problems import Problem
from events.types.report import Counted

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Month = Annotated[str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")]
AreaName = Annotated[str, Query(max_length=80)]
_KINDS: Final = ("town", "village", "grid", "watcher")
_MONTHS_SHOWN: Final = 18


class Asked:
    """Which month of which area, as an address says it, and the report of it."""

    def __init__(self, db: Connection, say: Sentences, month: str, area: str) -> None:
        """Raises Problem."""
        self.say, self.month = say, month or reports.month_at(say.now)
        kind, _, id = (area or "town").partition(":")
        if kind not in _KINDS or (kind == "town") == bool(id):
            raise Problem(404, "area_unknown")
        self.area = Area(kind, id)  # type: ignore[arg-type]  # looked at above
        self.since, self.until = month_of(self.month)
        self.areas = _areas(db, say)
        if self.address not in self.areas:
            raise Problem(404, "area_unknown")
        self.report: Report = reports.report(db, self.month, self.since, self.until, self.area, say.now)

    @property
    def address(self) -> str:
        """`village:dp`."""
        return f"{self.area.kind}:{self.area.id}" if self.area.id else self.area.kind

    @property
    def name(self) -> str:
        """As people say it."""
        return self.areas[self.address]

    def link(self, line: str, figure: str, as_: str = "", share: str = "") -> str:
        """Where exactly the alerts behind a figure are."""
        said = {"month": self.month, "area": self.address, "line": line, "figure": figure, "of": as_, "mark": share}
        return "/reports/behind?" + urlencode({name: value for name, value in said.items() if value})

    def alerts(self, as_: str) -> list[Counted]:
        """Those of now, or as the month was closed."""
        return (self.report.now if as_ == "now" else self.report.stands).alerts


def _areas(db: Connection, say: Sentences) -> dict[str, str]:
    """Everything a report may be about, by the name people say."""
    english = say.language == "en"
    found = {"town": say.names.town() or say.t("reports.town")}
    villages = {each.id: each.name_en if english and each.name_en else each.name for each in places.villages(db)}
    found |= {f"village:{id}": f"{say.t('people.village')} · {name}" for id, name in villages.items()}
    for grid in places.grids(db):
        found[f"grid:{grid.id}"] = (
            f"{say.t('reports.grid')} · {grid.name_en if english and grid.name_en else grid.name}"
        )
    for person in people.people(db):
        if person.role == "watcher":
            found[f"watcher:{person.id}"] = f"{say.t('role.watcher')} · {say.names.person(person.id)}"
    return found


@router.get("/reports")
def of_month(
    request: Request, db: Snapshot, who: Reader, serving: Serving, month: Month = "", area: AreaName = ""
) -> HTMLResponse:
    """The figures of a month, each a link to exactly what it counts."""
    del who
    asked = Asked(db, sentences_for(request, db, serving), month, area)
    return page(request, "reports.html", asked.say, months=_months(asked.say.now), **shown(asked))


def shown(asked: Asked) -> dict[str, Any]:
    """What the page and the workbook show."""
    closed, now = asked.report.stands, asked.report.now
    there = [line for line in counting.LINES if counting.of_line([*closed.alerts, *now.alerts], line)] or [counting.ALL]
    return {
        "asked": asked, "report": asked.report, "lines": there, "counts": tuple(counting.COUNTS), "spans": tuple(counting.SPANS),
        "outcomes": counting.outcomes_in([*closed.alerts, *now.alerts]),
        "old": lambda line, figure: counting.figure_of(closed.alerts, line, figure),
        "new": lambda line, figure: counting.figure_of(now.alerts, line, figure),
        "over": asked.until <= asked.say.now, "said": said,
    }  # fmt: skip


def _months(now: int) -> list[str]:
    year, month = (int(part) for part in reports.month_at(now).split("-"))
    back = [year * 12 + month - 1 - n for n in range(_MONTHS_SHOWN)]
    return [f"{each // 12}-{each % 12 + 1:02}" for each in back]


@router.get("/reports/behind")
def behind(
    request: Request, db: Snapshot, who: Reader, serving: Serving, month: Month = "", area: AreaName = "",
    line: Annotated[str, Query(max_length=8)] = "all", figure: Annotated[str, Query(max_length=40)] = "raised",
    of: Annotated[str, Query(pattern="^(now)?$")] = "", mark: Annotated[str, Query(pattern=r"^(0\.5|0\.9)?$")] = "",
) -> HTMLResponse:  # fmt: skip
    """Exactly the alerts, or for blind time the homes, that a figure counts."""
    del who
    asked = Asked(db, sentences_for(request, db, serving), month, area)
    if figure == "blind":
        counted = (asked.report.now if of == "now" else asked.report.stands).blind_s
        homes = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        return page(request, "behind.html", asked.say, asked=asked, figure=figure, line=line, of=of, alerts=[], homes=homes, marked="", mark="", took=counting.took)  # fmt: skip
    if not counting.known(line, figure):
        raise Problem(404, "figure_unknown")
    found = counting.behind(asked.alerts(of), line, figure)
    marked = counting.marked(found, float(mark)) if mark and figure in counting.SPANS else ""
    return page(
        request, "behind.html", asked.say, asked=asked, figure=figure, line=line, of=of, alerts=found, homes=[],
        marked=marked, mark=mark, took=counting.took,
    )  # fmt: skip


@router.get("/reports/workbook")
def as_workbook(
    request: Request, db: Snapshot, who: Reader, serving: Serving, month: Month = "", area: AreaName = ""
) -> Response:
    """The same for Excel; that it was taken along is recorded."""
    asked = Asked(db, sentences_for(request, db, serving), month, area)
    note_down(
        serving.database, at=serving.now(), who=who.id, what="report workbook", ref=f"{asked.month} {asked.address}"
    )
    name = f"shouwang-{asked.month}-{asked.address.replace(':', '-')}.xlsx"
    return Response(workbook(asked, shown(asked)), media_type=CONTENT_TYPE, headers={"content-disposition": f'attachment; filename="{name}"'})  # fmt: skip


@router.post("/reports/close")
def close(
    who: Operator, serving: Serving, month: Annotated[str, Form(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
) -> Response:
    """From here on the month stands: what comes later is shown as a revision."""
    serving.folded()
    try:
        commands.close_month(serving.database, month, by=who.id, at=serving.now())
    except commands.MonthRefused as refused:
        raise Problem(409, f"month_{refused.why}") from None
    return RedirectResponse(f"/reports?month={month}", 303)
