"""How much carbon monoxide the blood holds: the figures of the literature, and an integration done the slow way."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.core.carboxyhaemoglobin import USUAL_PCT, Work, linear, nonlinear

PPM = st.floats(0, 2000)
MINUTES = st.floats(0.1, 1000)


def minutes_to_ten(ppm: float, work: Work) -> float:
    short, long = 0.0, 600.0
    for _ in range(60):
        middle = (short + long) / 2
        short, long = (middle, long) if linear(ppm, 0.0, middle, work) < 10 else (short, middle)
    return short


@pytest.mark.parametrize(("ppm", "minutes"), [(70, 189.0), (150, 49.7), (400, 15.8)])
def test_heavy_work_reaches_ten_percent_when_ul_2034_says(ppm: float, minutes: float) -> None:
    assert minutes_to_ten(ppm, "heavy") == pytest.approx(minutes, abs=0.2)


@pytest.mark.parametrize(("ppm", "minutes", "percent"), [(100, 240, 8.484), (50, 480, 6.431), (500, 60, 13.230)])
def test_at_rest_from_the_usual(ppm: float, minutes: float, percent: float) -> None:
    assert linear(ppm, USUAL_PCT, minutes, "rest") == pytest.approx(percent, abs=0.001)


@pytest.mark.parametrize("work", ["rest", "light", "heavy"])
@pytest.mark.parametrize("ppm", [0, 30, 100, 800])
def test_the_nonlinear_one_is_what_small_steps_give(ppm: float, work: Work) -> None:
    breathes: dict[Work, tuple[float, float]] = {"rest": (30, 6000), "light": (40, 18_000), "heavy": (60, 30_000)}
    lung, air = breathes[work]
    b, held = 1 / lung + 713 / air, 0.2 * 0.0075
    for _ in range(120 * 200):
        held += (0.007 / 5500 - held * 100 / (218 * b * 5500 * (0.2 - held)) + ppm / 1316 / (b * 5500)) / 200
    assert nonlinear(ppm, 0.75, 120, work) == pytest.approx(100 * held / 0.2, rel=2e-3)


@given(PPM, st.floats(0, 40), MINUTES, MINUTES)
def test_two_steps_are_one(ppm: float, start: float, first: float, second: float) -> None:
    for step in (linear, nonlinear):
        twice = step(ppm, step(ppm, start, first), second)
        assert math.isclose(twice, step(ppm, start, first + second), rel_tol=1e-4, abs_tol=1e-3)


@given(PPM, MINUTES)
def test_the_linear_one_errs_to_the_safe_side(ppm: float, minutes: float) -> None:
    assert linear(ppm, USUAL_PCT, minutes) >= nonlinear(ppm, USUAL_PCT, minutes) - 1e-6


@given(PPM, PPM, MINUTES)
def test_worse_air_is_never_better_for_the_blood(one: float, other: float, minutes: float) -> None:
    better, worse = sorted((one, other))
    for step in (linear, nonlinear):
        assert step(worse, USUAL_PCT, minutes) >= step(better, USUAL_PCT, minutes) - 1e-9
