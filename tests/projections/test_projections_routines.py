"""How long a person may be silent at each time of day, as it is drawn: just what the rule judges by."""

import json

import pytest

from alerts.core.household import Routine
from alerts.core.routine.clock import SLOT, SLOTS, midnight
from alerts.core.routine.limits import Learned, packed
from alerts.projections.routines import routine_of
from events.types import home as facts
from events.types.fact import MINUTE
from events.types.routine import RoutineLearned
from events.types.setting import SettingChanged

pytestmark = pytest.mark.both

LIMITS = [600 if slot < 28 else 180 for slot in range(SLOTS)]
USUAL = [400 if slot < 28 else 60 for slot in range(SLOTS)]


def learned(until: int, limits: list[int]) -> RoutineLearned:
    return RoutineLearned(
        home="h1", site="dp03", since=until - 40, until=until, days=40, limits=limits, usual=USUAL, buffer_min=90,
        margin=0.0, budget=1.0,
    )  # fmt: skip


def enrolled(log) -> None:
    log.happens("home-h1", facts.HomeEnrolled(home="h1", site="dp03", no_activity_s=12 * 3600))


def sets(log, name: str, value: object, scope: str = "h1") -> None:
    log.happens("settings", SettingChanged(name=name, value=json.dumps(value), scope=scope, by="test"), site="all")


def test_before_anything_is_learned_the_fixed_limit_holds_all_day(log) -> None:
    assert log.ask(routine_of, "h1") is None
    enrolled(log)
    view = log.ask(routine_of, "h1")
    assert {(q.limit_min, q.usual_min, q.why) for q in view.quarters} == {(720, None, "fixed")}
    assert [q.begins_min for q in view.quarters[:3]] == [0, 15, 30]
    assert view.days == 0


def test_the_newest_line_is_shown_and_is_what_the_rule_judges_by(log) -> None:
    enrolled(log)
    log.told("home-h1", learned(1_000, [720] * SLOTS), learned(2_000, LIMITS))
    view = log.ask(routine_of, "h1")
    assert (view.days, view.until, view.buffer_min) == (40, 2_000, 90)
    rule = Learned(Routine(packed(LIMITS), packed(USUAL), 40, 2_000).limits, 720 * MINUTE)
    assert [q.limit_min * MINUTE for q in view.quarters] == [rule.at(midnight(20_000) + n * SLOT) for n in range(SLOTS)]
    assert (view.quarters[4].usual_min, view.quarters[4].why) == (400, "learned")


def test_the_homes_own_shorter_limit_holds_over_what_is_learned(log) -> None:
    enrolled(log)
    log.told("home-h1", learned(2_000, LIMITS))
    sets(log, "no_activity_s", 8 * 3600)
    view = log.ask(routine_of, "h1")
    assert (view.quarters[0].limit_min, view.quarters[0].why) == (480, "longest")
    assert (view.quarters[50].limit_min, view.quarters[50].why) == (180, "learned")


def test_where_learning_is_switched_off_the_fixed_limit_is_shown_and_the_usual_beside_it(log) -> None:
    enrolled(log)
    log.told("home-h1", learned(2_000, LIMITS))
    sets(log, "routine.on", 0, scope="all")
    view = log.ask(routine_of, "h1")
    assert {(q.limit_min, q.why) for q in view.quarters} == {(720, "fixed")}
    assert view.quarters[0].usual_min == 400
