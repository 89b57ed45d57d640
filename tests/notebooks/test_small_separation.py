"""Two stages, their budget, and the second moment of the likelihood ratio."""

import math

import numpy as np
import pytest
from helpers import EPS

from ddpm_gmm import geometry
from ddpm_gmm.pair import population
from small_separation import budget, log_moment, two_phases

MU = np.array([0.5, 0.0])


def test_two_phases_hold_the_length_and_then_let_it_go():
    path = two_phases(lambda v: population.gradient(v, MU), np.array([1.0, 5.0]), 0.1, 1.0, 40)
    assert path.shape == (81, 2)
    lengths = geometry.norm(path)
    np.testing.assert_allclose(lengths[:41], 0.1, 8 * EPS)
    assert (np.diff(lengths[40:60]) > 0).all()
    # From tan = 5 / 1.5^80 = 4e-14 the end is the truth; the norm's own clock is the faster one.
    np.testing.assert_allclose(path[-1], MU, 0, 1e-9)


def test_the_budget_is_what_the_gap_needs():
    for d, length, gamma in ((8, 0.5, 4.0), (32, 0.3, 64.0), (100, 1.0, 16.0)):
        fall = math.log1p(2 * length**2 * (1 - gamma**-0.5) ** 2)
        h = budget(d, length, gamma)
        assert (h - 1) * fall < math.log(40 * math.sqrt(d)) <= h * fall
    assert budget(8, 0.5, 0.25) == budget(8, 0.5, 2.0)


# In three dimensions the cosine is uniform on [-1, 1], and E exp(k c) = sinh(k)/k.
@pytest.mark.parametrize(("n", "s"), [(1, 0.5), (2, 0.25), (3, 0.9)])
def test_the_second_moment_in_three_dimensions_by_hand(n, s):
    def mean(k):
        return math.sinh(k) / k if k else 1.0

    # cosh(y)^n = 2^-n sum_j C(n, j) exp((n - 2 j) y); a rule of 2e4 intervals, error h^2 = 2e-8.
    pair = sum(math.comb(n, j) * mean(abs(n - 2 * j) * s) for j in range(n + 1)) / 2**n
    for of_one, moment in ((lambda y: np.log(np.cosh(y)), pair), (lambda y: y, mean(n * s))):
        found = log_moment(3, s, (n + 0.5) * s**2 / 3, of_one)
        by_hand = math.log(moment) + math.log1p(-n * s**2 / 3) / 2
        np.testing.assert_allclose(found, by_hand, 0, 1e-6)
