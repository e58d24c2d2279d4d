"""The numbers in force: what the design's table says, what people recorded instead, and when the day opens."""

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.core.calendar import next_open_hour
from alerts.core.policy import CLASSES, DEFAULTS, OPERATOR_ONLY, Policy
from alerts.core.rules import BY_NAME
from alerts.core.setting_forms import SettingRefused, check
from alerts.core.telling import NEVER_TOLD
from events.types.fact import HOUR, MINUTE, SECOND
from events.types.setting import SettingChanged

CHAIN = {"watcher": ["w1"], "grid_member": ["g1"]}
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def policy(*changes: tuple[str, str, str]) -> Policy:
    made = Policy()
    for scope, name, value in changes:
        made.fold(SettingChanged(name=name, value=value, scope=scope))
    return made


def steps(danger: str) -> list[tuple[float, list[str]]]:
    return [(s.after_s, s.levels) for s in Policy().terms(danger, CHAIN, "h").steps]


@pytest.mark.parametrize("danger", ["carbon_monoxide", "smoke", "gas", "sos"])
def test_life_safety_waits_for_nothing_and_follows_the_table(danger: str) -> None:
    terms = Policy().terms(danger, CHAIN, "h")
    assert (terms.alert_class, terms.prealarm_s) == (1, 0)
    assert steps(danger) == [(0, ["watcher", "grid_member"]), (120, ["village"]), (240, ["town"])]
    assert (terms.round_gap_s, terms.answer_within_s, terms.arrive_within_s) == (300, 180, 480)
    assert terms.quiet_from_h == terms.quiet_to_h, "no hour of the day is quiet"


def test_a_person_who_may_lie_there_has_ten_minutes_to_cancel_and_five_steps() -> None:
    terms = Policy().terms("no_activity", CHAIN, "h")
    assert (terms.alert_class, terms.prealarm_s) == (2, 600)
    assert [(after / 60, *levels) for after, levels in steps("no_activity")] == [
        (0, "watcher"), (5, "second_watcher"), (10, "grid_member"), (20, "village"), (30, "town"),
    ]  # fmt: skip
    assert (terms.round_gap_s, terms.answer_within_s, terms.arrive_within_s) == (1800, 900, 1200)
    assert terms.quiet_from_h == terms.quiet_to_h


def test_requests_go_out_by_day() -> None:
    terms = Policy().terms("help", CHAIN, "h")
    assert (terms.alert_class, terms.quiet_from_h, terms.quiet_to_h) == (3, 20, 8)
    assert steps("help") == [(0, ["watcher"]), (4 * 3600, ["village"])]


def test_equipment_wakes_nobody() -> None:
    assert steps("device_silent") == []
    for danger, alert_class in CLASSES.items():
        assert bool(steps(danger)) == (alert_class != 4 and danger not in OPERATOR_ONLY)
        assert (danger in NEVER_TOLD) == (not steps(danger)), "no steps and no words, or both"


def test_every_rule_raises_a_danger_that_has_a_class() -> None:
    assert {rule.danger for rule in BY_NAME.values()} <= CLASSES.keys()


def test_a_home_of_its_own_comes_first_then_the_town_then_the_design() -> None:
    made = policy(("all", "reopen_s", "60"), ("h1", "reopen_s", "30"))
    assert [made.value("reopen_s", home) for home in ("h1", "h2", "")] == [30, 60, 60]
    assert made.span("reopen_s", "h1") == 30 * SECOND
    assert Policy().value("reopen_s", "h1") == 1800
    assert made.terms("sos", CHAIN, "h1").reopen_s == 30


def test_zero_is_a_value_and_the_last_word_counts() -> None:
    made = policy(("all", "class2.prealarm_s", "15"), ("all", "class2.prealarm_s", "0"))
    assert made.terms("no_activity", CHAIN, "h").prealarm_s == 0


def test_an_alert_keeps_the_numbers_it_began_with() -> None:
    made = policy()
    terms = made.terms("sos", CHAIN, "h")
    before = msgspec.json.encode(terms)
    made.fold(SettingChanged(name="class1.round_gap_s", value="9"))
    assert msgspec.json.encode(terms) == before
    assert made.terms("sos", CHAIN, "h").round_gap_s == 9


def test_every_default_would_be_taken_as_a_setting() -> None:
    for name, value in DEFAULTS.items():
        check(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no_activity_s", 3600), ("no_activity_s", 259200.0), ("class2.prealarm_s", 0), ("class3.hours", [0, 24]),
        ("class4.steps", []), ("class2.round_gap_s", 1), ("class1.steps", [[0, ["watcher", "town"]], [0.5, ["town"]]]),
    ],
)  # fmt: skip
def test_a_setting_at_the_edge_of_what_makes_sense_is_taken(name: str, value: object) -> None:
    check(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("class1.round_gap", 3), ("", 1), ("reopen_s", -1), ("reopen_s", "60"), ("reopen_s", True), ("reopen_s", None),
        ("reopen_s", float("nan")), ("reopen_s", float("inf")), ("class3.hours", ["8", "20"]), ("class3.hours", 8),
        ("class3.hours", [8]), ("class3.hours", [8, 25]), ("class3.hours", [-1, 20]), ("class1.steps", "watcher"),
        ("class1.steps", [[0, "watcher"]]), ("class1.steps", [[60, ["watcher"]], [0, ["town"]]]),
        ("class1.steps", [[-5, ["watcher"]]]), ("class1.steps", [[0, ["neighbour"]]]), ("class1.steps", []),
        ("class2.steps", []), ("class1.prealarm_s", 60),
        ("class1.steps", [[10, ["watcher"]]]), ("class1.steps", [[0, []]]), ("class2.round_gap_s", 0),
        ("class1.arrive_within_s", 0), ("ask_outcome_s", 0), ("device_silent.misses", 0), ("reopen_s", 1e300),
        ("class2.steps", [[float("nan"), ["watcher"]]]), ("class2.steps", [[1e300, ["watcher"]]]),
        ("class3.hours", [20, 8]), ("no_activity_s", 3599), ("no_activity_s", 259201),
        ("no_activity_s", "12"), ("no_activity_s", float("nan")),
    ],
)  # fmt: skip
def test_a_setting_of_the_wrong_form_is_refused(name: str, value: object) -> None:
    with pytest.raises(SettingRefused):
        check(name, value)


@given(st.integers(0, 40_000_000), st.integers(0, 23), st.integers(0, 23))
def test_the_next_open_moment_is_the_first_outside_the_quiet_hours(minute: int, quiet_from: int, quiet_to: int) -> None:
    """Against walking on minute by minute, where the quiet hours are those of the night."""
    at = minute * MINUTE
    if quiet_from <= quiet_to:  # only nights are asked for: from the evening to the morning
        quiet_from, quiet_to = max(quiet_from, quiet_to), min(quiet_from, quiet_to)
    found = next_open_hour(at, quiet_from, quiet_to)

    def is_quiet(moment: int) -> bool:
        hour = dt.datetime.fromtimestamp(moment / SECOND, tz=SHANGHAI).hour
        return quiet_from != quiet_to and (hour >= quiet_from or hour < quiet_to)

    assert not is_quiet(found)
    if found != at:
        assert is_quiet(at)
        assert found % HOUR == 0
        assert all(is_quiet(moment) for moment in range(at, found, 7 * MINUTE))
