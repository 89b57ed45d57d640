"""Two stages, their budget, and the second moment of the likelihood ratio."""

import math

import numpy as np
import pytest
from helpers import EPS

from ddpm_gmm import geometry, mixture, objective
from ddpm_gmm.pair import batch, population
from small_separation import (
    budget,
    directions,
    fresh_clock,
    fresh_overlap,
    fresh_points,
    fresh_price,
    fresh_scatter,
    log_moment,
    on_rows,
    two_phases,
)

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


# -- fresh data at every step ---------------------------------------------------------------------


def test_the_price_of_the_noise_is_least_at_half_log_two_and_a_quarter_of_its_growth():
    t = np.linspace(0.05, 3, 400)
    assert fresh_price(math.log(2) / 2) == pytest.approx(1, rel=1e-15)
    assert min(fresh_price(float(x)) for x in t) > 1
    assert fresh_price(9.0) == pytest.approx(math.exp(18) / 4, rel=1e-7)


@pytest.mark.parametrize("t", [0.2, 2.0])
def test_the_scatter_is_that_of_the_literal_gradient_near_zero(t):
    # What a step adds across mu, |eta rest|^2 / |theta|^2, from the law of the gradient itself.
    d, length, gamma, rise = 400, 0.05, 8.0, 0.25
    n, eta = fresh_points(d, length, t, gamma, rise), rise * np.exp(2 * t) / length**2
    theta = np.full((400, 2), 1e-4 * 0.5**0.5)
    step = eta * np.exp(t) * batch.fresh(np.random.default_rng(0), theta, length, t, d, n)
    added = np.mean(step[:, 2] ** 2) / 1e-8
    # |rest|^2 is chi-square with d - 2 degrees of freedom: 400 of them, to 0.4 %; five of these.
    assert added == pytest.approx(fresh_scatter(gamma, rise) * (d - 2) / d, rel=0.02)
    plain = population.gradient(1e-4 * np.exp(-t) * np.ones(2), np.exp(-t) * MU * length / 0.5)
    assert -eta * plain[0] / (1e-4 * np.exp(-t)) == pytest.approx(2 * rise, rel=0.01)


def test_the_overlap_is_a_fixed_point_and_small_steps_reach_one_minus_one_over_gamma():
    for gamma, rise in ((8.0, 0.25), (2.0, 0.1)):
        T = 1 / fresh_overlap(gamma, rise) - 1
        v = fresh_scatter(gamma, rise)
        assert ((1 + v) * T + v) / (1 + 2 * rise) ** 2 == pytest.approx(T, rel=1e-12)
    assert fresh_overlap(4.0, 1e-6) == pytest.approx(0.75, rel=1e-5)
    assert fresh_overlap(0.5, 0.25) == 0


def test_the_clock_turns_a_start_of_one_in_two_hundred():
    # P(|g| < 0.0067) = 0.0054 for the part g of a start along mu, times sqrt(d).
    d, gamma, rise = 256, 8.0, 0.25
    turn = (1 + 2 * rise) ** 2 / (1 + fresh_scatter(gamma, rise))
    h = fresh_clock(d, gamma, rise)
    assert d / 0.0068**2 / turn**h < 1 < d / 0.0067**2 / turn ** (h - 1)


def test_directions_are_uniform():
    v = directions(np.random.default_rng(0), 4000, 10)
    np.testing.assert_allclose(geometry.norm(v), 1, 8 * EPS)
    assert np.mean(v[:, 0] ** 2) == pytest.approx(0.1, abs=5 * 0.13 / 4000**0.5)


def test_rows_in_blocks_are_the_gradient_on_all_of_them():
    block = next(mixture.blocks(10**6, 2)).stop
    n, theta, mu = block + 7, np.array([0.3, 0.1]), np.array([0.6, 0.0])
    blocked = on_rows(np.random.default_rng(1), theta, mu, 0.4, n)
    rng, parts = np.random.default_rng(1), []
    for rows in (block, 7):
        parts.append(mixture.diffuse(rng, mixture.sample(rng, rows, mixture.pair(mu)), 0.4))
    x, z = (np.concatenate(one) for one in zip(*parts, strict=True))
    np.testing.assert_allclose(blocked, objective.literal_gradient(theta, x, z, 0.4), 1e-11)
