"""Who is meant by a place in a chain: turns of a rota, stand-ins on leave, cover on holidays. Pure, by the moment."""

import itertools

import pytest

from alerts.core.roster import Roster
from events.types import roster as facts
from events.types.fact import DAY, HOUR, MINUTE

MONDAY = 1_794_758_400_000_000  # 2026-11-16 00:00 in the town
DAYS, NIGHTS, WEEK = 86_400, 43_200, 604_800


def known(*said):
    roster = Roster()
    for each in said:
        roster.fold(each, MONDAY)
    return roster


def rota(turns, *lengths_s, begins=MONDAY + 8 * HOUR):
    return facts.RotaSet(rota="r1", begins=begins, turns=turns, lengths_s=list(lengths_s))


def leave(person, since, until, cover=""):
    return facts.LeaveSet(person=person, since=since, until=until, cover=cover)


def told(roster, *places, at):
    return roster.resolve(places, at).persons


def test_turns_change_at_the_handover_and_begin_again_at_the_end():
    roster = known(rota([["a"], ["b"], ["c"]], DAYS))
    assert told(roster, "@r1", at=MONDAY + 8 * HOUR) == ["a"]
    assert told(roster, "@r1", at=MONDAY + DAY + 8 * HOUR - 1) == ["a"]
    assert told(roster, "@r1", at=MONDAY + DAY + 8 * HOUR) == ["b"]
    assert told(roster, "@r1", at=MONDAY + 3 * DAY + 9 * HOUR) == ["a"]
    assert told(roster, "@r1", at=MONDAY) == ["c"], "before it begins it is thought to have gone round"


def test_weeks_and_day_and_night():
    weekly = known(rota([["a"], ["b"]], WEEK))
    assert [told(weekly, "@r1", at=MONDAY + 9 * HOUR + n * 7 * DAY) for n in range(3)] == [["a"], ["b"], ["a"]]
    shifts = known(rota([["day"], ["night"]], NIGHTS, NIGHTS))
    assert [told(shifts, "@r1", at=MONDAY + h * HOUR) for h in (9, 19, 20, 31, 32)] == [
        ["day"], ["day"], ["night"], ["night"], ["day"],
    ]  # fmt: skip


def test_several_stand_in_one_turn_and_nobody_is_told_twice():
    roster = known(rota([["a", "b"]], DAYS))
    assert told(roster, "b", "@r1", "c", at=MONDAY) == ["b", "a", "c"]


def test_who_is_on_leave_is_passed_over_or_covered_and_both_are_said():
    alone = known(leave("a", MONDAY, MONDAY + DAY))
    assert alone.resolve(["a", "b"], MONDAY + HOUR) == (["b"], {}, ["a"])
    assert alone.resolve(["a"], MONDAY + DAY).persons == ["a"], "the end itself is no leave any more"
    covered = known(leave("a", MONDAY, MONDAY + DAY, cover="c"), leave("c", MONDAY, MONDAY + HOUR, cover="d"))
    assert covered.resolve(["a"], MONDAY).persons == ["d"]
    assert covered.resolve(["a"], MONDAY + HOUR) == (["c"], {"c": "a"}, [])


def test_who_cover_for_each_other_cover_for_nobody():
    ring = known(leave("a", MONDAY, MONDAY + DAY, cover="b"), leave("b", MONDAY, MONDAY + DAY, cover="a"))
    assert ring.resolve(["a"], MONDAY) == ([], {}, ["b", "a"])


def test_a_rota_may_cover_for_a_person_and_its_turns_may_be_on_leave():
    roster = known(
        rota([["b"], ["c"]], DAYS), leave("a", MONDAY, MONDAY + 9 * DAY, cover="@r1"), leave("b", MONDAY, MONDAY + DAY)
    )
    assert roster.resolve(["a"], MONDAY + DAY + 9 * HOUR) == (["c"], {"c": "a"}, [])
    assert roster.resolve(["a"], MONDAY + 9 * HOUR).persons == []


def test_holidays_have_their_own_cover_and_without_anybody_to_cover_the_usual_one_stays():
    holiday = facts.HolidaysSet(spans=[[MONDAY, MONDAY + 2 * DAY]])
    cover = facts.HolidayCoverSet(entry="a", cover="b")
    roster = known(holiday, cover, leave("b", MONDAY + DAY, MONDAY + 2 * DAY))
    assert roster.resolve(["a"], MONDAY + HOUR) == (["b"], {"b": "a"}, [])
    assert roster.resolve(["a"], MONDAY + DAY + HOUR) == (["a"], {}, [])
    assert roster.resolve(["a"], MONDAY + 2 * DAY).persons == ["a"]
    assert known(holiday, cover, facts.HolidayCoverSet(entry="a")).resolve(["a"], MONDAY).persons == ["a"]


def test_leave_that_is_cancelled_or_moved_counts_no_more():
    roster = known(leave("a", MONDAY, MONDAY + 9 * DAY), leave("a", MONDAY, MONDAY + HOUR))
    assert told(roster, "a", at=MONDAY + 2 * HOUR) == ["a"]
    roster.fold(facts.LeaveCancelled(person="a", since=MONDAY), MONDAY + MINUTE)
    assert told(roster, "a", at=MONDAY + 2 * MINUTE) == ["a"]


def test_what_goes_with_an_alert_is_only_what_may_matter_for_it():
    roster = known(
        rota([["b"], ["c"]], DAYS), leave("a", MONDAY, MONDAY + DAY, cover="@r1"), leave("x", MONDAY, MONDAY + DAY),
        facts.RotaSet(rota="r2", begins=MONDAY, turns=[["y"]], lengths_s=[DAYS]),
        facts.HolidaysSet(spans=[[MONDAY, MONDAY + DAY]]), facts.HolidayCoverSet(entry="x", cover="y"),
    )  # fmt: skip
    about = roster.about([["a"], ["d"]])
    assert (set(about.rotas), set(about.leaves), about.covers, about.holidays) == ({"r1"}, {"a"}, {}, [])
    assert about.resolve(["a", "d"], MONDAY) == roster.resolve(["a", "d"], MONDAY)


@pytest.mark.parametrize("since", [MONDAY, MONDAY + 5 * HOUR])
def test_between_two_changes_the_same_people_are_meant(since):
    roster = known(
        rota([["a"], ["b"], []], NIGHTS, NIGHTS), leave("b", MONDAY + 30 * HOUR, MONDAY + 40 * HOUR, cover="c"),
        facts.HolidaysSet(spans=[[MONDAY + 2 * DAY, MONDAY + 3 * DAY]]), facts.HolidayCoverSet(entry="@r1", cover="h"),
    )  # fmt: skip
    until = MONDAY + 7 * DAY
    edges = [since, *roster.changes(["@r1"], since, until), until]
    spans = list(itertools.pairwise(edges))
    assert len(spans) > 14
    for begins, ends in spans:
        meant = {tuple(told(roster, "@r1", at=at)) for at in range(begins, ends, HOUR)}
        assert len(meant) == 1, (begins, meant)
