"""What somebody did is read in the reader's language, whatever place of the program wrote it down."""

import ast
import re
from pathlib import Path

import pytest

import api
import shouwang
from api.console.audited import done, ended

CHINESE = re.compile(r"[\u4e00-\u9fff]")
BLANKS = {
    "days": "3",
    "told.do": "siren",
    "found.name": "class2.prealarm_s",
    "scope['method']": "POST",
    "scope['path']": "/x",
}
SHOWN = ("home card", "person card", "alert card", "home found by name")


def written_down() -> set[str]:
    """Every `what` that the program notes down, with something in its blanks."""
    found: set[str] = set()
    for package in (api, shouwang):
        for file in Path(str(package.__file__)).parent.rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not isinstance(call, ast.Call) or "note_down" not in ast.unparse(call.func) + str(
                    call.args[:1] and ast.unparse(call.args[0])
                ):
                    continue
                for word in call.keywords:
                    if word.arg == "what" and isinstance(word.value, ast.Constant):
                        found.add(str(word.value.value))
                    elif word.arg == "what" and isinstance(word.value, ast.JoinedStr):
                        found |= filled(word.value)
    return found


def filled(said: ast.JoinedStr) -> set[str]:
    if "{what}" in ast.unparse(said):
        return {f"shown: {each}" for each in SHOWN}
    return {"".join(str(p.value) if isinstance(p, ast.Constant) else BLANKS[ast.unparse(p.value)] for p in said.values)}  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", sorted(written_down()))
def test_what_was_done_has_words_in_both_languages(what: str) -> None:
    assert CHINESE.search(done(what, "zh")), what
    assert not CHINESE.search(done(what, "en"))
    assert done(what, "en") != what


def test_what_nobody_has_words_for_is_shown_as_it_was_written() -> None:
    assert done("an older entry", "zh") == "an older entry"
    assert (ended("ok", "zh"), ended("auditor", "zh"), ended("409", "zh")) == ("成功", "审计员", "409")


def test_the_program_notes_down_more_than_a_few_things() -> None:
    assert len(written_down()) > 25
    assert {"login", "shown: alert card", "POST /x", "setting class2.prealarm_s"} <= written_down()
