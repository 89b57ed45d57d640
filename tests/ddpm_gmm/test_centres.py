"""Sets of centres: layouts, warm starts, matching."""

import itertools
import math

import numpy as np
import pytest
from helpers import EPS, arrays
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import centres

RNG = np.random.default_rng(0)
LAYOUTS = {
    "simplex": lambda rng, K, d, delta: centres.simplex(K, max(d, K - 1), delta),
    "collinear": lambda rng, K, d, delta: centres.collinear(K, d, delta),
    "random": centres.random,
    "clustered": lambda rng, K, d, delta: centres.clustered(rng, K + 4 - K % 2, d, delta),
}
SIZES = [(2, 1), (2, 5), (3, 2), (5, 2), (8, 3), (16, 16), (64, 3), (64, 6), (64, 80)]


def slow_separation(means):
    return min(math.dist(a, b) for a, b in itertools.combinations(means, 2))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("K, d", SIZES)
def test_a_layout_has_the_separation_it_was_asked_for_and_mean_zero(layout, K, d):
    means = LAYOUTS[layout](RNG, K, d, 2.5)
    size = np.abs(means).max()
    # Distances are differences of numbers of this size, rounded.
    tol = 64 * EPS * max(size, 1) * math.sqrt(means.shape[1])
    assert abs(slow_separation(means) - 2.5) <= tol
    assert abs(centres.separation(means) - slow_separation(means)) <= tol
    np.testing.assert_allclose(means.mean(axis=0), 0, 0, 64 * EPS * size)


def test_each_layout_has_its_shape():
    distances = centres.cdist(*[centres.simplex(7, 9, 3.0)] * 2)
    np.testing.assert_allclose(distances, 3.0 * (1 - np.eye(7)), 0, 64 * EPS)
    line = centres.collinear(5, 3, 2.0)
    np.testing.assert_allclose(np.diff(line, axis=0), [[2, 0, 0]] * 4, 0, 16 * EPS)
    # Clustered: row i and row K/2 + i are partners, all others at least 3 delta away.
    pairs = centres.clustered(RNG, 8, 4, 1.5)
    gaps = centres.cdist(pairs, pairs)
    np.testing.assert_allclose(np.diag(gaps, 4), 1.5, 0, 64 * EPS * np.abs(pairs).max())
    far = gaps[~np.isclose(gaps, 1.5) & (gaps > 0)]
    assert far.min() >= 3 * 1.5 * (1 - 64 * EPS)


@given(arrays(4, 3), st.floats(0, 5))
def test_a_warm_start_moves_each_centre_by_the_radius(means, radius):
    moved = centres.displaced(np.random.default_rng(1), means, radius)
    tol = 16 * EPS * (radius + 2)
    np.testing.assert_allclose(np.linalg.norm(moved - means, axis=1), radius, 0, tol)


def test_warm_starts_have_no_preferred_direction():
    steps = centres.displaced(np.random.default_rng(2), np.zeros((4000, 3)), 1.0)
    # Mean of a unit vector: 0 with standard deviation 1/sqrt(3); second moments 1/3 of the identity
    # with standard deviation below 0.3.
    assert np.abs(steps.mean(axis=0)).max() <= 5 / math.sqrt(3 * 4000)
    assert np.abs(steps.T @ steps / 4000 - np.eye(3) / 3).max() <= 5 * 0.3 / math.sqrt(4000)


@given(arrays(4, 2), arrays(4, 2))
def test_matching_minimises_over_all_permutations(theta, means):
    def cost(rows):
        return np.sum((rows - means) ** 2)

    best = min(cost(theta[list(order)]) for order in itertools.permutations(range(4)))
    found = centres.matched(theta, means)
    assert abs(cost(found) - best) <= 256 * EPS
    assert sorted(map(tuple, found)) == sorted(map(tuple, theta))
    largest = max(math.dist(a, b) for a, b in zip(found, means, strict=True))
    assert abs(centres.error(theta, means) - largest) <= 16 * EPS


@given(st.permutations(range(6)))
def test_labels_do_not_matter(order):
    means = np.random.default_rng(3).standard_normal((6, 3))
    theta = means + 0.01
    np.testing.assert_array_equal(centres.matched(theta[order], means), theta)
    assert centres.error(theta[order], means) == centres.error(theta, means)
    assert np.linalg.norm(theta[order] - means, axis=1).max() >= centres.error(theta, means)


@pytest.mark.parametrize("d, neighbours", [(2, 6), (3, 12), (4, 24), (5, 40), (8, 240)])
def test_the_kissing_number_of_neighbours_touches_the_first_centre(d, neighbours):
    means = centres.touching(d, 2.5)
    assert means.shape == (1 + neighbours, d)
    tol = 64 * EPS * 2.5
    np.testing.assert_allclose(means[0], 0, 0, tol)
    np.testing.assert_allclose(np.linalg.norm(means[1:], axis=1), 2.5, 0, tol)
    assert abs(centres.separation(means) - 2.5) <= tol  # the others do not overlap


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: centres.touching(6, 1.0), "d: got 6, must be 2, 3, 4, 5 or 8"),
        (lambda: centres.separation(np.ones((1, 3))), "means: got 1 centre, must have at least 2"),
        (lambda: centres.simplex(5, 3, 1.0), "d: got 3, must be >= 4 for a simplex of 5 centres"),
        (lambda: centres.collinear(1, 3, 1.0), "K: got 1, must be a whole number >= 2"),
        (lambda: centres.clustered(RNG, 5, 2, 1.0), "K: got 5, must be even and >= 4"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(call, text):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == text


def test_duplicate_centres_have_separation_zero():
    assert centres.separation(np.zeros((3, 2))) == 0.0
