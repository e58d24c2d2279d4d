"""Each danger that is measured says its figure, its limit and since when, in both languages, with no word left over."""

from types import SimpleNamespace
from typing import Any

import pytest

from api.console.measured import measured
from api.console.sentences import Sentences
from api.console.words import say
from events.types.fact import HOUR

AT = 1_800_000_000_000_000
REASONS = {
    "carbon_monoxide": {"by": "dose", "ppm": 160.0, "at": AT, "high_since": AT, "cohb_pct": 5.2},
    "check_flue": {"by": "mean_8h", "mean_ppm": 9.1, "at": AT},
    "low_temperature": {"celsius": 4.5, "limit_c": 8.0, "at": AT},
    "sensor_fault": {"what": "frozen", "at": AT},
    "tamper": {"at": AT},
    "battery": {"at": AT, "battery_pct": 9.0},
    "flapping": {"at": AT, "since": AT, "changes": 6},
    "tuning": {"at": AT, "danger": "smoke"},
}


class Speaker:
    def __init__(self, language: str) -> None:
        self.language = language

    def t(self, key: str, **words: object) -> str:
        return say(self.language, key, **words)

    def clock(self, at: int | None) -> str:
        return f"<{at}>"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("danger", REASONS)
def test_it_is_a_sentence(danger: str, language: str) -> None:
    parts = measured(Speaker(language), danger, REASONS[danger], "CO-1")
    assert "CO-1" in parts[0]
    assert "{" not in "".join(parts)
    for figure in ("160", "5.2", "9.1", "4.5"):
        if any(str(value) in {figure, f"{figure}.0"} for value in REASONS[danger].values()):
            assert figure in "".join(parts)


def test_a_word_of_the_devices_own_is_said_as_its_own_and_a_mere_flag_is_left_to_others() -> None:
    assert "end_of_life" in measured(Speaker("en"), "sensor_fault", {"what": "end_of_life", "at": AT}, "CO-1")[0]
    assert measured(Speaker("zh"), "carbon_monoxide", {"at": AT, "flag": True, "ppm": 210.0}, "CO-1") == []


WHYS = {
    "learned": (
        {"why": "learned", "usual_s": 9000, "days": 45},
        "平时最多安静",
        "in the last 45 days quiet at this hour",
    ),
    "longest": ({"why": "longest", "usual_s": 30_000, "days": 45}, "到最长的", "the longest wait"),
    "went_out": ({"why": "went_out"}, "从大门出去后", "leaving by the front door"),
    "fixed": ({"why": "fixed"}, "固定的上限", "the home's fixed limit"),
    "of an older log": ({}, "固定的上限", "the home's fixed limit"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("which", WHYS)
def test_a_silence_says_since_when_where_which_limit_and_why_that_one_in_one_sentence(
    which: str, language: str
) -> None:
    own, zh, en = WHYS[which]
    reason = {"last_seen": AT, "where": "dp03/bed-1", "limit_s": 18_000, "silent_s": 18_000, "blind_s": 0, **own}
    names = SimpleNamespace(device=lambda name: "卧室" if name == "dp03/bed-1" else "")
    alert = SimpleNamespace(danger="no_activity", reason=reason, area_homes={}, area_quiet={})
    sentence = Sentences(names, language, AT + 5 * HOUR).why(alert)
    assert (zh if language == "zh" else en) in sentence
    assert "卧室" in sentence
    assert ("5 小时" if language == "zh" else "5 h") in sentence
    assert not set(sentence) & set("{}。\n")


@pytest.mark.parametrize(
    ("language", "why"), [("zh", "王一一 (今天短信已满)"), ("en", "王一一 (no more messages today)")]
)
def test_of_whom_nobody_can_be_told_the_desk_reads_name_and_reason(language: str, why: str) -> None:
    names: Any = SimpleNamespace(person=lambda _: "王一一", device=lambda _: "")
    reason = {"alert": "no_activity-1", "danger": "no_activity", "round": 2, "lost": {"w1": "budget"}, "at": AT}
    alert: Any = SimpleNamespace(danger="nobody_left", reason=reason, area_homes={}, area_quiet={})
    said = Sentences(names, language, AT).why(alert)
    assert why in said
    assert "2" in said
