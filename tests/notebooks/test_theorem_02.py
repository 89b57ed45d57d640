"""The grid of centres, and the jackknife."""

import numpy as np
import pytest
from helpers import EPS
from scipy.spatial.distance import cdist

from ddpm_gmm import centres
from theorem_02 import exponent, grid, pseudo, roots, squared, without_each


@pytest.mark.parametrize("K, d", [(2, 1), (5, 2), (8, 3), (64, 3), (64, 6), (64, 80)])
def test_a_grid_is_centred_and_has_the_separation_asked_for(K, d):
    points = grid(K, d, 1.7)
    assert points.shape == (K, d)
    tol = 64 * EPS * np.abs(points).max()
    np.testing.assert_allclose(points.mean(axis=0), 0, 0, tol)
    assert abs(centres.separation(points) - 1.7) <= tol


def test_neighbours_on_a_grid():
    # 64 points of 6 dimensions are the hypercube: each has 6 neighbours at the separation.
    near = np.isclose(cdist(*[grid(64, 6, 2.0)] * 2), 2.0).sum(axis=1)
    np.testing.assert_array_equal(near, 6)
    assert len(np.unique(grid(9, 2, 1.0).round(9), axis=0)) == 9  # 3 by 3


def test_one_point_is_no_grid():
    with pytest.raises(ValueError, match=r"K: got 1, must be a whole number >= 2"):
        grid(1, 3, 1.0)


def test_the_pseudo_values_of_a_mean_are_the_values():
    x = np.random.default_rng(0).standard_normal(9)
    means = np.array([part.mean() for part in without_each(x)])
    np.testing.assert_allclose(pseudo(means), x, 0, 64 * EPS * np.abs(x).max())


def test_pseudo_values_have_no_bias_of_order_one_over_n():
    x = np.random.default_rng(1).standard_normal((3, 9))  # the variance over n, of three samples
    seen = np.stack([part.var(axis=0) for part in without_each(x.T)], axis=-1)
    np.testing.assert_allclose(pseudo(seen).mean(axis=-1), x.var(axis=1, ddof=1), 1e-13)


def test_a_squared_length_is_the_mean_over_pairs_of_different_estimates():
    e = np.random.default_rng(2).standard_normal((5, 2, 3))
    pairs = [e[a] * e[b] for a in range(5) for b in range(5) if a != b]
    np.testing.assert_allclose(squared(e), np.mean(pairs, axis=0).sum(axis=-1), 1e-13, 1e-13)


@pytest.mark.parametrize("p", [-0.3, 0.0, 0.25, 1.0])
@pytest.mark.parametrize("K", [(4, 8, 16), (4, 6, 8, 12, 16, 24, 32, 48)])
def test_the_exponent_of_a_law_is_found_and_zero_is_the_logarithm(p, K):
    K = np.array(K, dtype=float)
    values = 3 + 7 * (np.log(K) if p == 0 else K**p)
    assert abs(exponent(K, values) - p) <= 1e-5  # flat to 1e-16 of the variance within about 1e-7


def test_the_exponent_tells_a_logarithm_from_a_fourth_root_under_noise():
    # The scatter of the chapter's thresholds, 0.1 in 27: the exponents lie apart by many errors.
    rng, K = np.random.default_rng(3), np.array([4.0, 8.0, 16.0])
    rise = {0.0: np.log(K / 4) / np.log(4), 0.25: (K / 4) ** 0.25 * 2.414213562 - 2.414213562}
    found = {
        p: [exponent(K, 23 + 27 * v + 0.1 * rng.standard_normal(3)) for _ in range(50)]
        for p, v in rise.items()
    }
    assert max(found[0.0]) < 0.125 < min(found[0.25])


def test_roots_are_the_last_falls_through_zero():
    x = np.linspace(0, 4, 9)
    curves = np.stack([np.cos(np.pi * x / 2.6), 1.5 - x], axis=1)[:7]
    np.testing.assert_allclose(roots(x[:7], curves), [1.3, 1.5], rtol=2e-3)
    with pytest.raises(ValueError, match="does not fall through zero"):
        roots(x, np.ones((9, 1)))


def test_two_sizes_have_no_exponent():
    with pytest.raises(ValueError, match="K: got 2 sizes, must be at least 3"):
        exponent([4, 8], np.array([1.0, 2.0]))
