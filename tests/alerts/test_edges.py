"""From states to signs of life: what counts as an edge, and that the order in which reports arrive makes no difference."""

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
    return note(home, home.sensors[fact.device], fact, at)


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
    assert seen[1] == SignOfLifeSeen(device="m", kind="motion")
    assert moved[2] == SignOfLifeSeen(device="d", kind="contact")


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
    assert sign == SignOfLifeSeen(device="b", kind="button", deliberate=True, backfilled=True)
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


def told(values: list[bool | None], order: list[int], kind: str = "m") -> tuple[Household, list[int]]:
    """The home after the reports 1, 2, ... came in this order, one a minute by their own time; and which were signs."""
    home = home_of()
    return home, [seq for seq in order if says(home, report(seq, values[seq - 1], kind), START + seq * MINUTE)]


@settings(max_examples=300)
@given(VALUES, st.data(), st.sampled_from(["m", "d"]))
def test_reports_in_any_order_lead_to_the_same_knowledge(
    values: list[bool | None], data: st.DataObject, kind: str
) -> None:
    in_order = list(range(1, len(values) + 1))
    straight, _ = told(values, in_order, kind)
    order = data.draw(st.permutations(in_order))
    mixed, mixed_signs = told(values, order, kind)
    assert covered(mixed) == covered(straight) == len(values) - 1
    assert mixed.by_seq.spans == straight.by_seq.spans
    boot, expected = mixed.sensors[kind].boots[-1], straight.sensors[kind].boots[-1]
    assert (boot.value, boot.seq, boot.at) == (expected.value, expected.seq, expected.at), "the newest state"
    assert boot.gaps == []
    assert len(mixed_signs) == len(set(mixed_signs)), "no report is two signs"
    assert set(mixed_signs) <= {n for n in in_order if values[n - 1] is (True if kind == "m" else values[n - 1])}
    following = report(len(values) + 1, data.draw(st.booleans()), kind)
    later = START + (len(values) + 1) * MINUTE
    assert says(mixed, following, later) == says(straight, following, later), "and the next report is judged alike"


@settings(max_examples=300)
@given(VALUES, st.data(), st.sampled_from(["m", "d"]))
def test_a_repeat_of_what_is_known_is_never_a_sign(values: list[bool | None], data: st.DataObject, kind: str) -> None:
    order = data.draw(st.permutations(range(1, len(values) + 1)))
    home, _ = told(values, order, kind)
    for seq in data.draw(st.lists(st.sampled_from(order), max_size=6)):
        assert says(home, report(seq, values[seq - 1], kind), START + seq * MINUTE) is None


@settings(max_examples=300)
@given(VALUES, st.integers(0, 12), st.integers(0, 12), st.sampled_from(["m", "d"]))
def test_a_stretch_sent_later_loses_no_sign_and_adds_at_most_the_one_at_its_end(
    values: list[bool | None], a: int, b: int, kind: str
) -> None:
    """An outage: the reports of a stretch come later, in their order, after newer live ones."""
    in_order = list(range(1, len(values) + 1))
    start, end = min(a, b), max(a, b)
    late = [n for n in in_order if start < n <= end]
    live = [n for n in in_order if n not in late]
    _, straight = told(values, in_order, kind)
    _, signs = told(values, live + late, kind)
    first_behind = next((n for n in live if n > end and values[n - 1] is not None), None)
    if kind == "m":
        assert set(straight) - {first_behind} <= set(signs)
    assert set(signs) - set(straight) <= {first_behind}


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
