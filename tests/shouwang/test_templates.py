"""`shouwang templates`: the lint finds what carriers refuse, the export is what their forms ask for, the card is one true page."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from typer.testing import CliRunner

from alerts.core import catalogue
from alerts.core.catalogue import Fault, banned_words, lint, variables
from alerts.core.policy import CLASSES
from alerts.core.reply_words import DIGITS
from alerts.core.telling import NEVER_TOLD
from alerts.core.templates.card import CARD_DANGERS, CARD_EN, CARD_ZH
from alerts.core.wording import KINDS, TEMPLATES, Template
from shouwang.cli import app
from shouwang.cli.templates import shipped_banned
from shouwang.operations.approval import COLUMNS, as_csv, rows
from shouwang.operations.card import card
from tests.shouwang.running import ROOT


def faults_of(monkeypatch: pytest.MonkeyPatch, zh: str, en: str = "Fine.", banned: tuple[str, ...] = ()) -> set[str]:
    """What the lint says of one template of these texts."""
    names = {kind: kind for kind in re.findall(r"\{(\w+)\}", zh)}
    monkeypatch.setattr(catalogue, "TEMPLATES", {"t": Template("t", names, zh, en)})
    monkeypatch.setitem(TEMPLATES, "t", Template("t", names, zh, en))
    return {fault.what for fault in lint(banned) if fault.language == "zh"}


def test_nothing_that_is_sent_would_be_refused() -> None:
    assert lint(shipped_banned()) == []


def test_the_examples_are_as_long_as_a_variable_may_be() -> None:
    for template in TEMPLATES.values():
        for language in ("zh", "en"):
            for one in variables(template, language):
                assert len(one.example.encode("utf-16-le")) // 2 == one.longest, one
                assert one.name in KINDS


@pytest.mark.parametrize(
    ("zh", "what"),
    [
        ("长" * 63, "too_long"),
        ("{slots}" + "长" * 30, "too_long"),
        ("请看 https://x.cn/1", "link"),
        ("请看 watch.cn/1", "link"),
        ("打 0551 123 4567", "phone_number"),
        ("打{slot}00000{slot}", "phone_number"),
        ("{house}{clock}报警", "adjacent"),
        ("{danger}了", "banned"),
    ],
)
def test_each_kind_of_fault_is_found_at_full_length(monkeypatch: pytest.MonkeyPatch, zh: str, what: str) -> None:
    assert what in faults_of(monkeypatch, zh, banned=("一氧化碳超标",))


def test_a_text_as_long_as_it_may_be_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_of(monkeypatch, "长" * 62) == set()


def test_an_english_sign_that_costs_more_and_a_variable_that_one_language_lacks_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catalogue, "TEMPLATES", {"t": Template("t", {}, "好", "Fine \u2013 really")})
    monkeypatch.setitem(TEMPLATES, "t", Template("t", {}, "好", "Fine \u2013 really"))
    assert lint([]) == [Fault("t", "en", "not_gsm", "\u2013")]
    uneven = Template("t", {"clock": "clock"}, "好{clock}", "Fine")
    monkeypatch.setattr(catalogue, "TEMPLATES", {"t": uneven})
    monkeypatch.setitem(TEMPLATES, "t", uneven)
    assert [(fault.language, fault.what) for fault in lint([])] == [("en", "variables_differ")]


def test_the_command_takes_a_list_of_banned_words_and_ends_with_1_when_one_is_used(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("# a remark\n烟雾报警  # a danger\n\n", "utf-8")
    assert banned_words(words.read_text("utf-8")) == ["烟雾报警"]
    told = CliRunner().invoke(app, ["templates", "lint", "--banned", str(words)])
    assert told.exit_code == 1
    assert "first_smoke (zh): banned: 烟雾报警" in told.output
    assert CliRunner().invoke(app, ["templates", "lint"]).exit_code == 0


def test_the_export_holds_every_template_in_the_forms_of_both_providers(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["templates", "export", str(tmp_path / "out"), "--signature", "示例守望"])
    assert told.exit_code == 0
    text = (tmp_path / "out" / "templates.csv").read_text("utf-8-sig")
    found = {row["id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert found.keys() == TEMPLATES.keys()
    first = found["first_carbon_monoxide"]
    assert first["aliyun"] == "${house}一氧化碳超标,${clock}。先喊人开窗。去看回${slot}1,去不了回${slot}9"
    assert first["twilio"] == "{{1}}一氧化碳超标,{{2}}。先喊人开窗。去看回{{3}}1,去不了回{{3}}9"
    assert first["variables"] == "house <= 12; clock <= 5; slot <= 1"
    assert first["example"].startswith("【示例守望】东坪村三大组1234号家一氧化碳超标")
    assert all(int(row["units"]) <= 70 for row in found.values())
    table = (tmp_path / "out" / "templates.md").read_text("utf-8")
    assert len(table.splitlines()) == len(TEMPLATES) + 2
    assert all(line.count("|") == len(COLUMNS) + 1 for line in table.splitlines())


def test_no_cell_is_taken_for_a_formula() -> None:
    cells = [cell for row in csv.reader(io.StringIO(as_csv(rows(("zh", "en"))))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@"}]


def test_a_signature_that_carriers_refuse_and_an_unknown_template_are_refused(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["templates", "export", str(tmp_path), "--signature", "【守望】"]).exit_code != 0
    assert CliRunner().invoke(app, ["templates", "show", "nothing"]).exit_code != 0
    told = CliRunner().invoke(app, ["templates", "show", "stand_down", "--language", "zh"])
    assert "${house}的事不用去了" in told.output
    assert "stand_down" in CliRunner().invoke(app, ["templates", "show"]).output


def test_the_card_in_the_documents_is_the_one_that_the_words_make() -> None:
    assert (ROOT / "docs/watcher-card.html").read_text("utf-8") == card(), (
        "shouwang templates card docs/watcher-card.html"
    )


def test_the_card_teaches_every_digit_that_is_understood_and_every_danger_that_is_told() -> None:
    for words in (CARD_ZH, CARD_EN):
        assert words.digits.keys() == DIGITS.keys()
        assert words.at_the_door.keys() == set(CARD_DANGERS)
    shown = {danger for dangers in CARD_DANGERS.values() for danger in dangers}
    urgent = {danger for danger, level in CLASSES.items() if level in {1, 2}} - NEVER_TOLD
    assert urgent <= shown, "what may wait until the day is the last row's"


@pytest.mark.browser
def test_the_card_prints_on_one_page_of_a4_with_nothing_cut_off(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 794, "height": 1123})
    page.goto((ROOT / "docs/watcher-card.html").as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 1
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.close()
