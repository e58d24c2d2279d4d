"""Each danger that is measured says its figure, its limit and since when, in both languages, with no word left over."""

import pytest

from api.console.measured import measured
from api.console.words import say

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
