"""Does a chain hold, at any time of the days ahead? Each thing that can be wrong with it, and when."""

import pytest

from alerts.core.calendar import day_of_month, next_day_at, next_month_day_at
from alerts.core.chain import Chain, holes, same
from alerts.core.roster import Roster
from events.types.fact import DAY, HOUR
from events.types.life import Hole
from events.types.roster import LeaveSet, RotaSet

MONDAY = 1_794_758_400_000_000  # 2026-11-16 00:00 in the town
STEPS = {
    1: [["watcher", "grid_member"], ["village"]],
    2: [["watcher"], ["second_watcher"], ["grid_member"], ["village"]],
}
LEVELS = {"watcher": ["w1"], "second_watcher": ["w2"], "grid_member": ["g1"], "village": ["v1"], "town": []}
PHONES = {person: [f"ph-{person}"] for person in ("w1", "w2", "g1", "v1")}


def wrong(levels=None, by_class=None, roster=None, phones=None):
    chain = Chain({**LEVELS, **(levels or {})}, by_class or {})
    known = PHONES if phones is None else phones
    return holes(chain, STEPS, roster or Roster(), known, since=MONDAY, until=MONDAY + 7 * DAY)


def words(found):
    return sorted({(hole.what, hole.alert_class, hole.step, *hole.persons) for hole in found})


def test_a_chain_in_which_everybody_can_be_told_has_no_hole():
    assert wrong() == []


@pytest.mark.parametrize(
    ("levels", "phones", "said"),
    [
        ({"second_watcher": []}, None, [("nobody", 2, 2)]),
        ({"village": ["v2"]}, None, [("no_phone", 1, 2, "v2"), ("no_phone", 2, 4, "v2")]),
        ({"second_watcher": ["w1"]}, None, [("twice", 2, 2, "w1")]),
        ({"watcher": ["@r9"]}, None, [("nobody", 2, 1)]),
    ],
)
def test_each_fault_is_named_with_its_class_and_step(levels, phones, said):
    assert words(wrong(levels, phones=phones)) == said


def test_one_phone_for_the_first_two_levels_is_too_few_and_none_is_worse():
    one = {"w1": ["a"], "v1": ["b"]}
    assert ("one_phone", 0, 0, "w1") in words(wrong(phones=one))
    assert ("uncovered", 0, 0) in words(wrong(phones={"v1": ["b"]}))
    assert not {"one_phone", "uncovered"} & {hole.what for hole in wrong(phones={**one, "w2": ["c"]})}


def test_a_hole_says_from_when_to_when():
    roster = Roster()
    roster.fold(LeaveSet(person="v1", since=MONDAY + DAY, until=MONDAY + 2 * DAY), MONDAY)
    found = wrong(roster=roster)
    assert words(found) == [("nobody", 1, 2), ("nobody", 2, 4)]
    assert {(hole.since, hole.until) for hole in found} == {(MONDAY + DAY, MONDAY + 2 * DAY)}
    roster.fold(LeaveSet(person="v1", since=MONDAY + DAY, until=MONDAY + 2 * DAY, cover="t9"), MONDAY)
    assert wrong(roster=roster, phones={**PHONES, "t9": ["ph-t9"]}) == [], "whoever stands in is somebody"


def test_a_rota_is_looked_at_turn_by_turn():
    roster = Roster()
    roster.fold(RotaSet(rota="r1", begins=MONDAY + 8 * HOUR, turns=[["v1"], ["g1"], ["x"]], lengths_s=[86_400]), MONDAY)
    found = wrong({"village": ["@r1"]}, roster=roster)
    assert words(found) == [
        ("no_phone", 1, 2, "x"), ("no_phone", 2, 4, "x"), ("twice", 1, 2, "g1"), ("twice", 2, 4, "g1"),
    ]  # fmt: skip


def test_a_class_with_a_chain_of_its_own_is_looked_at_by_itself():
    assert words(wrong(by_class={"1": {"village": []}})) == [("nobody", 1, 2)]


def test_the_same_fault_at_another_time_is_no_news():
    assert same([Hole("nobody", 1, 2, 5, 9)], [Hole("nobody", 1, 2, 6, 10)])
    assert not same([Hole("nobody", 1, 2)], [Hole("nobody", 1, 2), Hole("twice", 1, 2, persons=["a"])])


@pytest.mark.parametrize(("days", "day"), [(0, 16), (14, 30), (15, 1), (45, 31), (104, 28), (105, 1), (837, 2)])
def test_the_day_of_the_month_is_the_towns(days, day):
    assert day_of_month(MONDAY + days * DAY) == day
    assert day_of_month(MONDAY + (days + 1) * DAY - 1) == day


def test_the_next_day_and_the_next_month_lie_ahead():
    assert next_day_at(MONDAY, 0) == MONDAY + DAY
    assert next_day_at(MONDAY + HOUR, 3) == MONDAY + 3 * HOUR
    assert next_month_day_at(MONDAY, 16, 10) == MONDAY + 10 * HOUR
    assert next_month_day_at(MONDAY + 10 * HOUR, 16, 10) == MONDAY + 30 * DAY + 10 * HOUR
