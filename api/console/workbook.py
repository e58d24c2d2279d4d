"""A report as a workbook for Excel. What comes from data is text there, whatever it begins with: never a formula."""

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from alerts.projections import counting
from api.console.spans import iso
from events.types.fact import SECOND

if TYPE_CHECKING:
    from api.console.reporting import Asked

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LIVELY: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a sheet may take for the beginning of a formula, now or when it is saved as CSV and opened again."""
_LONGEST: Final = 32_767
_WIDEST: Final = 40


def workbook(asked: "Asked", shown: dict[str, Any]) -> bytes:
    """Sheets of figures, alerts, blind time, and what changed since the month was closed."""
    book, say = Workbook(), asked.say
    first = book.active
    first.title = say.t("reports.sheet.figures")
    _rows(first, _figures(asked, shown))
    _rows(book.create_sheet(say.t("reports.sheet.alerts")), _alerts(asked))
    _rows(book.create_sheet(say.t("reports.sheet.blind")), _blind(asked))
    if asked.report.closed is not None:
        _rows(book.create_sheet(say.t("reports.sheet.changes")), _changes(asked))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _rows(sheet: Any, rows: list[list[Any]]) -> None:
    widths: dict[int, int] = {}
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row, 1):
            put(sheet.cell(number, place), value)
            widths[place] = min(_WIDEST, max(widths.get(place, 8), len(str(value)) * 2))
            if number == 1:
                sheet.cell(number, place).font = Font(bold=True)
    for place, width in widths.items():
        sheet.column_dimensions[sheet.cell(1, place).column_letter].width = width
    sheet.freeze_panes = "A2"


def put(cell: Any, value: Any) -> None:
    """Numbers stay numbers; all else is text, and what looks like a formula is marked as text for good."""
    if value is None or isinstance(value, int | float):
        cell.value = value
        return
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))[:_LONGEST]
    cell.value = text
    cell.data_type = "s"  # the library takes a leading = for a formula
    cell.quotePrefix = text.startswith(_LIVELY)


def _figures(asked: "Asked", shown: dict[str, Any]) -> list[list[Any]]:
    say = asked.say
    state = say.t("reports.closed_by", clock=iso(asked.report.closed_at), who=say.names.person(asked.report.closed_by)) if asked.report.closed_at else say.t("reports.not_closed")  # fmt: skip
    head = [f"{asked.month} {asked.name} ({state})", *(say.t(f"reports.{name}") for name in shown["counts"])]
    head += [say.t("reports.share"), say.t("reports.false_share")]
    for name in shown["spans"]:
        head += [f"{say.t(f'reports.{name}')} {part}" for part in (say.t("reports.half_s"), say.t("reports.p90_s"), say.t("reports.of_alerts"))]  # fmt: skip
    rows: list[list[Any]] = [head]
    for line in shown["lines"]:
        counts = {name: shown["old"](line, name) for name in shown["counts"]}
        row: list[Any] = [say.t(f"reports.line.{line}"), *(figure.count for figure in counts.values())]
        row += [counts["closed"].share, counts["false"].share]
        for name in shown["spans"]:
            figure = shown["old"](line, name)
            row += [figure.spread.median_s, figure.spread.p90_s, figure.count]
        rows.append(row)
    return rows


def _alerts(asked: "Asked") -> list[list[Any]]:
    say = asked.say
    rows: list[list[Any]] = [[say.t(f"reports.col.{name}") for name in (
        "alert", "class", "danger", "where", "raised", "told_s", "answered_s", "arrived_s", "closed", "outcome", "drill",
    )]]  # fmt: skip
    for one in asked.report.stands.alerts:
        spans = [counting.took(one, name) for name in counting.SPANS]
        rows.append([
            one.alert, one.alert_class, say.danger(one.danger), say.names.home(one.home) if one.home else say.names.site(one.site),
            iso(one.raised_at), *(None if span is None else round(span / SECOND) for span in spans),
            iso(one.closed_at) if one.closed_at else "", say.outcome(one.outcome), say.t("reports.yes") if one.drill else "",
        ])  # fmt: skip
    return rows


def _blind(asked: "Asked") -> list[list[Any]]:
    say = asked.say
    rows: list[list[Any]] = [[say.t("reports.col.where"), say.t("reports.blind_h")]]
    for home, seconds in sorted(asked.report.stands.blind_s.items()):
        rows.append([say.names.home(home), round(seconds / 3600, 2)])
    return rows


def _changes(asked: "Asked") -> list[list[Any]]:
    say = asked.say
    rows: list[list[Any]] = [[say.t(f"reports.col.{name}") for name in ("alert", "what", "before", "after")]]
    for change in asked.report.changes:
        for name, (before, after) in change.what.items():
            rows.append([change.alert, say.t(f"reports.what.{name}"), said(say, name, before), said(say, name, after)])
    for home, (was, is_) in asked.report.blind_changes.items():
        rows.append([say.names.home(home), say.t("reports.blind_h"), round(was / 3600, 2), round(is_ / 3600, 2)])
    return rows


def said(say: Any, name: str, value: object) -> str:
    """One side of a change as people read it."""
    if value is None or value == "":
        return str(say.t("reports.nothing"))
    if name.endswith("_at") and isinstance(value, int):
        return iso(value)
    if name == "outcome":
        return str(say.outcome(str(value)))
    return str(say.t("reports.yes") if value is True else say.t("reports.no") if value is False else value)
