"""Effects with a known truth: the interval covers it as often as it says, and never claims more than it may."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.advice.effect import DirectionUnknown, EffectNeedsNumbers, Improved, effect

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30)


@pytest.mark.parametrize(("n_before", "n_after", "spread_after"), [(12, 12, 1.0), (8, 20, 3.0), (5, 5, 1.0)])
def test_the_interval_covers_a_known_effect_in_about_95_of_100_cases(n_before, n_after, spread_after):
    draw = random.Random(20261124)
    covered = 0
    for _ in range(2000):
        before = [draw.gauss(10, 1) for _ in range(n_before)]
        after = [draw.gauss(8.5, spread_after) for _ in range(n_after)]
        found = effect(before, after, "lower")
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= -1.5 <= found.high

    assert 0.935 <= covered / 2000 <= 0.97


def test_without_any_effect_an_improvement_is_rarely_claimed():
    draw = random.Random(7)
    claimed = 0
    for _ in range(2000):
        values = [draw.gauss(5, 2) for _ in range(20)]
        claimed += effect(values[:10], values[10:], "higher").improved is Improved.YES

    # Half of the five in a hundred lie on the good side.
    assert claimed / 2000 <= 0.04


def test_a_worked_example():
    # Two periods worked by hand: variances 2.5 and 2.5, n = 5, t(8) = 2.306, half width 2.306.
    found = effect([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], "higher")

    assert found.difference == 5
    assert found.low == pytest.approx(5 - 2.306, abs=1e-3)
    assert found.high == pytest.approx(5 + 2.306, abs=1e-3)
    assert found.relative == pytest.approx(5 / 3)
    assert found.improved is Improved.YES
    assert found.formula == "8 − 3 = 5; t₀.₉₇₅ · √(s₁²/n₁ + s₂²/n₂) = 2.306"


@pytest.mark.parametrize(("direction", "answer"), [("lower", Improved.NO), ("higher", Improved.YES)])
def test_the_direction_decides_what_a_rise_means(direction, answer):
    assert effect([1, 2, 3], [11, 12, 13], direction).improved is answer


@pytest.mark.parametrize(("before", "after"), [([10.0], [1.0, 1.1, 1.2]), ([10, 10.1], [1, 1.1]), ([1], [2])])
def test_too_few_values_never_settle_it(before, after):
    found = effect(before, after, "lower")

    assert found.improved is Improved.CANNOT_TELL
    assert (found.low is None) == (min(len(before), len(after)) < 2)


def test_a_mean_of_zero_before_has_no_relative_change():
    assert effect([-1, 0, 1], [4, 5, 6], "higher").relative is None


def test_constant_values_have_an_interval_without_width():
    found = effect([5, 5, 5], [3, 3, 3], "lower")

    assert (found.low, found.high, found.improved) == (-2, -2, Improved.YES)
    assert effect([5, 5, 5], [5, 5, 5], "lower").improved is Improved.CANNOT_TELL


@pytest.mark.parametrize(
    "bad", [[], [float("nan"), 1, 2], [float("inf"), 1, 2], ["1", 2, 3], [True, 2, 3], [10**400, 1, 2], [None, 1, 2]]
)
def test_what_is_no_number_is_refused_on_either_side(bad):
    with pytest.raises(EffectNeedsNumbers):
        effect(bad, [1, 2, 3], "lower")
    with pytest.raises(EffectNeedsNumbers):
        effect([1, 2, 3], bad, "lower")


def test_an_unknown_direction_is_refused():
    with pytest.raises(DirectionUnknown):
        effect([1, 2, 3], [1, 2, 3], "sideways")


@given(NUMBERS, NUMBERS)
def test_turning_both_the_numbers_and_the_direction_round_keeps_the_answer(before, after):
    found = effect(before, after, "lower")
    turned = effect([-value for value in before], [-value for value in after], "higher")

    assert turned.improved is found.improved


@given(NUMBERS, NUMBERS)
def test_the_difference_lies_in_its_interval_and_zero_inside_means_cannot_tell(before, after):
    found = effect(before, after, "higher")

    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.difference <= found.high
    assert (found.low <= 0 <= found.high) == (found.improved is Improved.CANNOT_TELL)
