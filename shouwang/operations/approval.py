"""What a carrier or provider asks for before it lets templates through: one line a template, as CSV and as Markdown."""

import csv
import io
from collections.abc import Iterable

from alerts.core.catalogue import full, in_form, units, variables
from alerts.core.wording import TEMPLATES, Language, Template

COLUMNS = ("id", "language", "purpose", "aliyun", "twilio", "variables", "units", "example")
_PURPOSES = (
    ("first_", "首次告警，请负责人上门"), ("visit_", "请上门看望"), ("again", "再次告警"), ("refired", "又一次告警"), ("escalated", "逐级告警"),
    ("town_", "告警报镇"), ("someone_else", "告知已有人前往"), ("also_going", "告知同去的人"), ("arrival_", "询问是否到场"), ("need_help", "现场求助"),
    ("stand_down", "告知不必前往"), ("cancel_", "告知本人取消"), ("ask_outcome", "询问结果"), ("outcome_told", "告知结果"), ("taken_", "回复确认"),
    ("away_", "外出登记"), ("audit_", "系统告警"),
)  # fmt: skip


def purpose(template: Template) -> str:
    """What it is for, in the words of a form."""
    return next((words for start, words in _PURPOSES if template.id.startswith(start)), "回复答复")


def rows(languages: Iterable[Language], signature: str = "") -> list[dict[str, str]]:
    """All templates; the example is at full length, as a form wants to see it."""
    return [_row(template, language, signature) for template in TEMPLATES.values() for language in languages]


def _row(template: Template, language: Language, signature: str) -> dict[str, str]:
    asked = variables(template, language)
    return {
        "id": template.id, "language": language, "purpose": purpose(template),
        "aliyun": in_form(template, language, "aliyun"), "twilio": in_form(template, language, "twilio"),
        "variables": "; ".join(f"{one.name} <= {one.longest}" for one in asked), "units": str(units(template, language)),
        "example": full(template, language, signature),
    }  # fmt: skip


def as_csv(found: Iterable[dict[str, str]]) -> str:
    """For a spreadsheet: with the mark that makes it read Chinese, and no cell that it would take for a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(
        {name: f"'{value}" if value[:1] in "=+-@" else value for name, value in row.items()} for row in found
    )
    return f"\ufeff{text.getvalue()}"


def as_markdown(found: Iterable[dict[str, str]]) -> str:
    """For people."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    lines += [f"| {' | '.join(value.replace('|', '/') for value in row.values())} |" for row in found]
    return "\n".join([*lines, ""])
