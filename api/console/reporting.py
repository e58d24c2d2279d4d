"""Reports: a month of the town, a village, a grid or a watcher; what is behind each figure; as a workbook; closing a month."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.commands import months as commands
from alerts.projections import counting, manning, reports
from alerts.projections.blindness import month_of
from alerts.projections.reports import Area, Report
from alerts.registry import chains, people, places
from api.access.audit import note_down
from api.asking import Operator, Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.console.sentences import Sentences
from api.console.workbook import CONTENT_TYPE, said, workbook
from api.problems import Problem
from api.routes.reports import area_of
from events.types.report import Counted

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Month = Annotated[str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")]
AreaName = Annotated[str, Query(max_length=80)]
_MONTHS_SHOWN: Final = 18
_CHOICE: Final = 300
"""Among more grids and watchers than so many those of one village are offered, once it is chosen."""
_PAGE: Final = 200


class Asked:
    """Which month of which area, as an address says it, and the report of it."""

    def __init__(self, db: Connection, say: Sentences, month: str, area: str) -> None:
        """Raises Problem."""
        self.say, self.month = say, month or reports.month_at(say.now)
        self.area = area_of(area)
        self.since, self.until = month_of(self.month)
        self.areas = _areas(db, say, self.area)
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


def _areas(db: Connection, say: Sentences, chosen: Area) -> dict[str, str]:
    """What a report may be about, by the name people say: town and villages; of a large town the rest of one village only."""
    of = say.names.of
    found = {"town": say.names.town() or say.t("reports.town")}
    found |= {
        f"village:{each.id}": f"{say.t('people.village')} · {of(each.name, each.name_en)}"
        for each in places.villages(db)
    }
    grids = places.grids(db)
    watchers = people.of_role(db, "watcher", most=max(0, _CHOICE - len(grids)))
    if watchers is None:
        village = _village_of(db, chosen, grids)
        near = chains.people_of_village(db, village, say.now) if village else set()
        grids = [each for each in grids if each.village == village]
        some = people.named(db, sorted(near | {chosen.id}))
        watchers = [each for _, each in sorted(some.items()) if each.role == "watcher"]
    found |= {f"grid:{each.id}": f"{say.t('reports.grid')} · {of(each.name, each.name_en)}" for each in grids}
    found |= {f"watcher:{each.id}": f"{say.t('role.watcher')} · {of(each.name, each.name_en)}" for each in watchers}
    return found


def _village_of(db: Connection, area: Area, grids: Sequence[places.Grid]) -> str:
    if area.kind == "village":
        return area.id
    if area.kind == "grid":
        return next((each.village for each in grids if each.id == area.id), "")
    if area.kind == "watcher":
        mine = manning.homes_answered_for(db, area.id, 0)
        return next((where.village[0] for home in mine if (where := places.above(db, home))), "")
    return ""


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
    old = counting.Figures(closed.alerts)
    new = old if closed is now else counting.Figures(now.alerts)
    there = [line for line in counting.LINES if old.lines[line] or new.lines[line]] or [counting.ALL]
    return {
        "asked": asked, "report": asked.report, "lines": there, "counts": tuple(counting.COUNTS), "spans": tuple(counting.SPANS),
        "outcomes": counting.outcomes_in([*closed.alerts, *now.alerts]),
        "old": old, "new": new, "over": asked.until <= asked.say.now, "said": said,
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
    start: Annotated[int | None, Query(alias="behind", ge=0, le=10_000_000)] = None,
) -> HTMLResponse:  # fmt: skip
    """Exactly the alerts, or for blind time the homes, that a figure counts."""
    del who
    asked = Asked(db, sentences_for(request, db, serving), month, area)
    found: list[Any]
    marked = ""
    if figure == "blind":
        counted = (asked.report.now if of == "now" else asked.report.stands).blind_s
        found = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    elif counting.known(line, figure):
        found = counting.behind(asked.alerts(of), line, figure)
        marked = counting.marked(found, float(mark)) if mark and figure in counting.SPANS else ""
    else:
        raise Problem(404, "figure_unknown")
    if start is None:  # the page on which the one stands that was asked for
        start = next((n for n, one in enumerate(found) if marked and one.alert == marked), 0) // _PAGE * _PAGE
    here = found[start : start + _PAGE]
    asked.say.names.expect(home_ids=[one.home if isinstance(one, Counted) else one[0] for one in here])
    return page(
        request, "behind.html", asked.say, asked=asked, figure=figure, line=line, of=of, found=here, count=len(found),
        marked=marked, mark=mark, took=counting.took, behind=start, step=_PAGE, link=asked.link(line, figure, of, mark),
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
