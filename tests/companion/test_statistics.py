"""Intervals that hold what they promise, slopes of powers, independent streams."""

import numpy as np
import pytest

from companion import farthest, nearest, proportion, slope, streams, t_interval


def test_the_interval_of_a_mean_misses_it_once_in_a_hundred():
    rng = np.random.default_rng(5)
    mean, half = t_interval(rng.standard_normal((6, 20_000)))
    missed = np.mean(np.abs(mean) > half)
    assert abs(missed - 0.01) < 4 * (0.01 * 0.99 / 20_000) ** 0.5
    missed = np.mean(np.abs(mean) > half / 2)  # the control: an interval of half the width
    assert missed > 0.05


def test_an_axis_is_the_seeds():
    values = np.random.default_rng(6).standard_normal((3, 5))
    for ours, theirs in zip(t_interval(values, axis=1), t_interval(values.T), strict=True):
        assert np.array_equal(ours, theirs)
    with pytest.raises(ValueError, match="values: got 1 seed, must be at least 2"):
        t_interval([1.0])


def test_the_interval_of_a_share_is_the_exact_one():
    low, high = proportion(0, 10)
    assert low == 0 and high == pytest.approx(1 - 0.005 ** (1 / 10), rel=1e-9)
    assert proportion(10, 10) == pytest.approx((1 - high, 1.0), rel=1e-9)


def test_a_power_has_its_exponent():
    x = np.geomspace(1, 100, 7)
    assert slope(x, 3 * x**-1.5) == pytest.approx(-1.5, abs=1e-12)
    rows = [[3 * x**-1.5, x], [x**2, 0.1 * x**0.5]]
    assert np.allclose(slope(x, rows), [[-1.5, 1], [2, 0.5]], rtol=0, atol=1e-12)


def test_streams_are_the_same_again_and_differ_by_key():
    rng = streams(7)
    assert np.array_equal(rng(1, 2).random(4), streams(7)(1, 2).random(4))
    assert not np.array_equal(rng(1, 2).random(4), rng(2, 1).random(4))
    assert np.array_equal(rng(3, 0).random(4), rng(3).random(4))  # as its docstring warns


def test_the_worst_and_the_best_of_several():
    values = np.array([1.9, 2.3, 2.05])
    assert farthest(values, 2.0) == 2.3 and nearest(values, 2.0) == 2.05
