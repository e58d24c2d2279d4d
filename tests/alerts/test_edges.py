"""From states to signs of life: what counts as an edge, and that the order in which reports arrive makes no difference."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.core.edges import SignOfLifeSeen, note
from alerts.core.household import Household, Sensor
from events.types import device as facts
from events.types.device import DeviceFact
from events.types.fact import MINUTE

START = 1_800_000_000_000_000
KINDS = {"m": "motion", "d": "contact", "u": "power", "b": "button", "co": "co"}


def home_of(**over: Any) -> Household:
    home = Household("h", "s", 1, 3600)
    for name, kind in KINDS.items():
        home.sensors[name] = Sensor(name, kind, since=0, **over)
    return home


def says(home: Household, fact: DeviceFact, at: int = START) -> SignOfLifeSeen | None:
    """The one sign it makes, if any."""
    signs = note(home, home.sensors[fact.device], fact, at)
    assert len(signs) <= 1
    return signs[0] if signs else None


def motion(seq: int, occupied: bool, *, boot: str = "b1", **over: Any) -> facts.OccupancyReported:
    return facts.OccupancyReported(device="m", bootid=boot, seq=seq, occupied=occupied, **over)


def beat(seq: int, boot: str = "b1") -> facts.HeartbeatReceived:
    return facts.HeartbeatReceived(device="m", bootid=boot, seq=seq)


def contact(seq: int, opened: bool) -> facts.ContactReported:
    return facts.ContactReported(device="d", bootid="b1", seq=seq, open=opened)


def test_motion_counts_when_it_begins_and_a_door_when_it_changes() -> None:
    home = home_of()
    seen = [says(home, motion(n, value)) for n, value in enumerate([False, True, True, False, True], 1)]
    assert [bool(sign) for sign in seen] == [False, True, False, False, True]
    moved = [says(home, contact(n, value)) for n, value in enumerate([True, True, False, False, True], 1)]
    assert [bool(sign) for sign in moved] == [False, False, True, False, True]
    assert seen[1] == SignOfLifeSeen(device="m", kind="motion", at=START)
    assert moved[2] == SignOfLifeSeen(device="d", kind="contact", at=START)


def test_the_first_report_of_a_boot_is_a_baseline() -> None:
    home = home_of()
    assert says(home, motion(1, False)) is None
    assert says(home, motion(1, True, boot="b2")) is None
    assert says(home, motion(2, True, boot="b2")) is None
    assert says(home, motion(2, True)) is not None, "what comes late from the old boot is compared with the old boot"


def test_a_sensor_that_only_says_on_counts_with_each_report() -> None:
    home = home_of(pulse=True)
    assert [bool(says(home, motion(n, True))) for n in (1, 2, 3)] == [True, True, True]


@pytest.mark.parametrize("mark", ["retained", "history"])
def test_what_was_remembered_or_is_too_old_is_never_a_sign_of_life(mark: str) -> None:
    home = home_of(use_floor=5.0)
    says(home, motion(1, False))
    assert says(home, motion(2, True, **{mark: True})) is None
    assert says(home, facts.ButtonPressed(device="b", bootid="b1", seq=1, action="home", **{mark: True})) is None
    use = facts.UseReported(device="u", bootid="b1", seq=1, kind="power", amount=9, **{mark: True})
    assert says(home, use) is None


def test_a_retained_state_is_not_what_the_next_report_is_compared_with() -> None:
    home = home_of()
    says(home, motion(1, False))
    says(home, motion(2, True, retained=True))
    assert says(home, motion(2, True)) is not None


def test_use_counts_above_its_floor_and_never_without_one() -> None:
    def used(amount: float) -> facts.UseReported:
        return facts.UseReported(device="u", kind="power", amount=amount)

    assert [bool(says(home_of(use_floor=5.0), used(x))) for x in (4.9, 5.0, 5.1)] == [False, False, True]
    assert says(home_of(), used(500)) is None


def test_a_button_is_a_deliberate_act_and_nothing_else_is() -> None:
    home = home_of()
    sign = says(home, facts.ButtonPressed(device="b", bootid="b1", seq=1, action="help", backfilled=True))
    assert sign == SignOfLifeSeen(device="b", kind="button", at=START, deliberate=True, backfilled=True)
    for fact in (
        beat(1),
        facts.CarbonMonoxideReported(device="co", bootid="b1", seq=1, alarm=True),
        facts.DeviceConditionReported(device="m", bootid="b1", seq=2, battery_low=True),
        facts.ClimateReported(device="co", bootid="b1", seq=2, celsius=20.0),
    ):
        assert says(home, fact) is None


def test_devices_without_numbers_are_compared_in_the_order_of_arrival() -> None:
    home = home_of()
    plain = [facts.OccupancyReported(device="m", occupied=value) for value in (True, True, False, True)]
    assert [bool(says(home, fact)) for fact in plain] == [False, False, False, True]


def test_consecutive_numbers_cover_the_time_between_and_a_hole_stays_blind_until_filled() -> None:
    home = home_of()
    for seq, minute in ((1, 0), (2, 10), (5, 40), (6, 50)):
        says(home, beat(seq), START + minute * MINUTE)
    assert covered(home) == 20
    says(home, beat(3), START + 20 * MINUTE)
    assert covered(home) == 30
    says(home, beat(4), START + 30 * MINUTE)
    assert covered(home) == 50


def test_numbers_of_two_boots_cover_nothing_between_them() -> None:
    home = home_of()
    says(home, beat(1), START)
    says(home, beat(2, "b2"), START + 10 * MINUTE)
    says(home, beat(2), START + 20 * MINUTE)
    assert covered(home) == 20


def test_a_sensor_that_tells_no_life_covers_nothing() -> None:
    home = home_of()
    for seq in (1, 2):
        says(home, facts.CarbonMonoxideReported(device="co", bootid="b1", seq=seq, alarm=False), START + seq * MINUTE)
    assert covered(home) == 0


def covered(home: Household) -> int:
    return home.by_seq.within(0, START * 2) // MINUTE


VALUES = st.lists(st.sampled_from([None, True, False]), min_size=1, max_size=12)


def report(seq: int, value: bool | None, kind: str) -> DeviceFact:
    if value is None:
        return facts.HeartbeatReceived(device=kind, bootid="b1", seq=seq)
    return motion(seq, value) if kind == "m" else contact(seq, value)


class Told:
    """The home after the reports 1, 2, ... came in this order, one a minute by their own time; numbers of the signs."""

    def __init__(self, values: list[bool | None], order: list[int], kind: str = "m") -> None:
        self.home, self.values, self.kind = home_of(), values, kind
        self.sure: list[int] = []
        self.since: list[int] = []
        """Numbers behind which something certainly changed."""
        for seq in order:
            self.hears(seq)

    def hears(self, seq: int) -> None:
        fact = report(seq, self.values[seq - 1], self.kind)
        for sign in note(self.home, self.home.sensors[self.kind], fact, START + seq * MINUTE):
            assert sign.kind == KINDS[self.kind]
            (self.sure if sign.sure else self.since).append((sign.at - START) // MINUTE)


def changes(values: list[bool | None], kind: str) -> list[int]:
    """Numbers of the reports that are signs of life, by the plainest count."""
    states = [(n, value) for n, value in enumerate(values, 1) if value is not None]
    return [n for (_, before), (n, value) in itertools.pairwise(states) if before != value and (value or kind == "d")]


@settings(max_examples=300)
@given(VALUES, st.data(), st.sampled_from(["m", "d"]))
def test_reports_in_any_order_lead_to_the_same_knowledge_and_the_same_signs(
    values: list[bool | None], data: st.DataObject, kind: str
) -> None:
    in_order = list(range(1, len(values) + 1))
    straight, mixed = Told(values, in_order, kind), Told(values, data.draw(st.permutations(in_order)), kind)
    assert straight.sure == changes(values, kind)
    assert straight.since == []
    assert sorted(mixed.sure) == straight.sure, "none lost, none added, each at its own time"
    assert covered(mixed.home) == covered(straight.home) == len(values) - 1
    assert mixed.home.by_seq.spans == straight.home.by_seq.spans
    boot, expected = mixed.home.sensors[kind].boots[-1], straight.home.sensors[kind].boots[-1]
    assert (boot.value, boot.seq, boot.at) == (expected.value, expected.seq, expected.at), "the newest state"
    assert boot.gaps == []
    assert boot.doubts == []


@settings(max_examples=300)
@given(VALUES, st.data(), st.sampled_from(["m", "d"]))
def test_with_reports_missing_no_sign_is_newer_than_the_newest_that_there_was(
    values: list[bool | None], data: st.DataObject, kind: str
) -> None:
    """An edge too many would keep a dead person alive; one across a hole counts as of the hole's beginning."""
    order = data.draw(st.permutations(range(1, len(values) + 1)))
    here = order[: data.draw(st.integers(0, len(order)))]
    told, true = Told(values, here, kind), changes(values, kind)
    assert set(told.sure) <= set(true)
    assert all(any(since < n for n in true) for since in told.since)
    newest = max(changes([v if n in here else None for n, v in enumerate(values, 1)], kind), default=0)
    if newest:
        whole = [n for n in range(newest, 0, -1) if n not in here]
        known = max([*told.sure, *told.since], default=0)
        assert known == newest or any(known >= n - 1 for n in whole), "and what can be known of it counts at once"


@settings(max_examples=300)
@given(VALUES, st.data(), st.sampled_from(["m", "d"]))
def test_a_repeat_of_what_is_known_is_never_a_sign(values: list[bool | None], data: st.DataObject, kind: str) -> None:
    order = data.draw(st.permutations(range(1, len(values) + 1)))
    told = Told(values, order, kind)
    before = list(told.sure), list(told.since)
    for seq in data.draw(st.lists(st.sampled_from(order), max_size=6)):
        told.hears(seq)
    assert (told.sure, told.since) == before


def test_a_change_across_a_hole_counts_as_of_its_beginning_and_when_filled_at_its_true_time() -> None:
    home = home_of()
    says(home, motion(1, False), START)
    says(home, beat(2), START + 10 * MINUTE)
    behind = motion(5, True)
    assert says(home, behind, START + 90 * MINUTE) == SignOfLifeSeen(
        device="m", kind="motion", at=START + 10 * MINUTE, sure=False
    )
    assert says(home, motion(4, True), START + 60 * MINUTE) == SignOfLifeSeen(
        device="m", kind="motion", at=START + 10 * MINUTE, sure=False
    )
    assert says(home, beat(3), START + 30 * MINUTE) == SignOfLifeSeen(device="m", kind="motion", at=START + 60 * MINUTE)


def test_what_was_buffered_under_a_wild_clock_proves_no_minutes_and_gives_no_sign() -> None:
    home = home_of()
    says(home, motion(1, False), START)
    assert says(home, motion(2, True, backfilled=True, history=True), 0) is None
    assert says(home, motion(3, False), START + 50 * MINUTE) is None
    assert covered(home) == 0
    assert says(home, motion(4, True), START + 60 * MINUTE) is not None, "its order is known all the same"
    assert covered(home) == 10


def test_where_the_clock_went_back_between_two_reports_no_time_of_day_lies_between() -> None:
    home = home_of()
    says(home, beat(1), START + 300 * MINUTE)
    says(home, beat(2), START)
    assert covered(home) == 0
    says(home, beat(3), START + 5 * MINUTE)
    assert covered(home) == 5


@given(st.lists(st.integers(1, 4000), max_size=400, unique=True))
def test_however_many_holes_what_is_remembered_stays_small(order: list[int]) -> None:
    home = home_of()
    for seq in order:
        note(home, home.sensors["m"], motion(seq, bool(seq % 3)), START + seq * MINUTE)
        for boot in home.sensors["m"].boots:
            assert len(boot.gaps) <= 64
            assert len(boot.doubts) <= 65


def test_the_state_that_came_late_is_what_the_next_report_is_compared_with() -> None:
    home = home_of()
    says(home, contact(1, opened=False))
    says(home, facts.HeartbeatReceived(device="d", bootid="b1", seq=3))
    assert says(home, contact(2, opened=True)) is not None
    assert says(home, contact(4, opened=True)) is None, "it is open already: nobody did anything"
    assert says(home, contact(5, opened=False)) is not None


def test_a_state_that_came_late_reaches_the_holes_behind_it_too() -> None:
    home = home_of()
    says(home, contact(1, opened=False))
    for seq in (3, 5):
        says(home, facts.HeartbeatReceived(device="d", bootid="b1", seq=seq))
    assert says(home, contact(2, opened=True)) is not None
    assert says(home, contact(4, opened=True)) is None, "it was open already"
    assert says(home, contact(6, opened=False)) is not None
