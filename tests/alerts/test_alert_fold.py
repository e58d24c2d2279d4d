"""Whatever happens to an alert, in whatever order: its fold is exact, and escalation never ends in silence."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.core.alert import fold
from events.types import alert as facts
from events.types.fact import MINUTE
from tests.alerts.life_of_an_alert import CHAIN, DANGERS, MOVES, SPARSE, Life, lives, pack, random_moves, refolded


@pytest.mark.parametrize("danger", DANGERS)
@pytest.mark.parametrize("chain", [CHAIN, SPARSE], ids=["whole chain", "one watcher"])
def test_no_life_of_an_alert_ends_in_silence(danger: str, chain: dict[str, list[str]]) -> None:
    for seed in range(120):
        life = lives(danger, chain, random_moves(seed, 60))
        assert pack(refolded(life.log)) == pack(life.alert), "the log alone tells the same alert"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(DANGERS), st.sampled_from([CHAIN, SPARSE]),
    st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 9_999)), max_size=40),
)  # fmt: skip
def test_the_shortest_way_into_silence_would_be_found(
    danger: str, chain: dict[str, list[str]], moves: list[tuple[str, int]]
) -> None:
    life = lives(danger, chain, moves)
    assert pack(refolded(life.log)) == pack(life.alert)


@pytest.mark.parametrize("danger", DANGERS)
def test_folding_the_same_versions_again_changes_nothing(danger: str) -> None:
    for seed in range(20):
        log = lives(danger, CHAIN, random_moves(seed, 40)).log
        state = refolded(log)
        once = pack(state)
        for event, at, version in log:
            if version is not None:
                assert fold(state, event, at, version) is state
        assert pack(state) == once


def test_left_alone_an_alert_goes_on_for_ever() -> None:
    for danger in ("carbon_monoxide", "no_activity", "help"):
        life = Life(danger, CHAIN)
        for _ in range(200):
            life.moves("due", 0)
        assert life.alert.round >= 2
        assert life.alert.open


def test_every_reply_that_says_somebody_goes_is_followed_up_when_nobody_comes() -> None:
    life = Life("carbon_monoxide", CHAIN)
    life.moves("en_route", 0)
    told = set(life.alert.told)
    for _ in range(4):
        life.moves("due", 0)
    assert set(life.alert.told) > told


def test_in_alarm_again_when_those_who_came_have_left_is_a_new_round_also_soon_after_the_last_alarm() -> None:
    """Fired again while somebody was there, cleared, and four minutes later once more when they had gone."""
    life = Life("carbon_monoxide", CHAIN)
    life.at += 12 * MINUTE
    life.moves("arrived", 0)
    for minutes in (8, 4):
        life.moves("clear", 0)
        life.at += minutes * MINUTE
        life.moves("fire_again", 1)
    assert isinstance(life.log[-1][0], facts.StepTaken)
    assert life.alert.running


def test_steps_are_taken_in_order_and_each_once_a_round() -> None:
    for danger, seed in itertools.product(DANGERS[:3], range(40)):
        taken: dict[int, list[int]] = {}
        for event, _, _ in lives(danger, CHAIN, random_moves(seed, 50)).log:
            if isinstance(event, facts.StepTaken):
                taken.setdefault(event.round, []).append(event.step)
        for steps in taken.values():
            assert steps == sorted(set(steps))
