"""Population quantities of K centres: unbiased, exact at the truth, right for the pair."""

import math

import numpy as np
import pytest
from helpers import EPS, Z, largest_z, rotation

from ddpm_gmm import centres, em, mixture, objective
from ddpm_gmm.many import cubature
from ddpm_gmm.pair import population

MEANS = np.array([[1.5, 0.0, 0.5], [-1.0, 1.0, 0.0], [0.0, -1.5, 0.5]])
THETA = np.array([[1.0, 0.4, 0.5], [-1.0, 0.6, 0.3], [0.3, -1.0, 0.0]])


def rng(seed=0):
    return np.random.default_rng(seed)


def test_points_are_stratified_and_gaussian_about_each_centre():
    x = cubature.points(rng(), 10, MEANS)
    z = x.reshape(3, 1024, 3) - MEANS[:, None]
    # A coordinate of a net of 1024 points has one in each of 1024 equal shares of the normal law.
    shares = np.sort(np.floor(1024 * np.vectorize(lambda v: 0.5 * math.erfc(-v / 2**0.5))(z)), 1)
    np.testing.assert_array_equal(shares, np.arange(1024)[:, None] * np.ones((3, 1, 3)))


@pytest.mark.parametrize("seed", range(3))
def test_every_point_is_finite_for_any_number_of_components(seed):
    for K in (1, 2, 3, 5):
        assert np.isfinite(cubature.points(rng(seed), 0, np.zeros((K, 2)))).all()


def test_moments_of_the_mixture_are_met():
    def first_and_second(x):
        return np.stack([x.mean(axis=0), (x**2).mean(axis=0)])

    found = cubature.expectation(rng(), first_and_second, MEANS, 6, 64)
    exact = np.stack([MEANS.mean(axis=0), (MEANS**2).mean(axis=0) + 1])
    assert largest_z(found - exact) < Z
    assert largest_z(found - 1.01 * exact) > Z


def test_two_centres_agree_with_the_exact_quadrature():
    mu, theta = np.array([1.2, -0.5, 0.8]), np.array([0.6, 0.7, -0.3])
    args = mixture.pair(theta), mixture.pair(mu), 8, 64
    # The tied pair's gradient is the difference of its two centres'.
    found = cubature.gradient(rng(0), *args)
    assert largest_z(found[:, 0] - found[:, 1] - population.gradient(theta, mu)) < Z
    assert largest_z(found[:, 0] - found[:, 1] - population.gradient(theta, 1.01 * mu)) > Z
    mass, first = cubature.moments(rng(1), *args)
    # E tanh(theta . x) x = E (w_1 - w_2) x, and the two masses add to one.
    assert largest_z(first[:, 0] - first[:, 1] - population.em_step(theta, mu)) < Z
    assert largest_z(first[:, 0] - first[:, 1] - population.em_step(theta, 1.05 * mu)) > Z
    np.testing.assert_allclose(mass.sum(axis=1), 1, 0, 64 * EPS)


def test_estimates_are_those_of_plain_sampling_but_sharper():
    blocks = [mixture.sample(r, 3 << 8, MEANS) for r in [rng(1)] for _ in range(64)]
    plain = np.array([objective.implicit_gradient(THETA, x) for x in blocks])
    found = cubature.gradient(rng(), THETA, MEANS, 8, 64)
    assert largest_z(plain - found.mean(axis=0)) < Z
    # In three dimensions 256 points a component: the error is several times smaller.
    assert found.std(axis=0).max() < plain.std(axis=0).max() / 2
    ascent = np.array([em.likelihood_gradient(THETA, x) for x in blocks])
    mass, first = cubature.moments(rng(), THETA, MEANS, 8, 64)
    assert largest_z(ascent - (first - mass[..., None] * THETA).mean(axis=0)) < Z


def test_the_error_vanishes_at_the_truth():
    # Sums of rounded terms below 4 over 48 points.
    tol = 64 * EPS * 4
    np.testing.assert_allclose(cubature.gradient(rng(), MEANS, MEANS, 4, 2), 0, 0, tol)
    mass, first = cubature.moments(rng(), MEANS, MEANS, 4, 2)
    np.testing.assert_allclose(mass, 1 / 3, 0, tol)
    np.testing.assert_allclose(first, np.broadcast_to(MEANS / 3, first.shape), 0, tol)


def test_the_span_is_enough_whatever_the_dimension():
    Q = rotation(40)[:, :3]
    far, near = (cubature.gradient(rng(2), THETA @ q.T, MEANS @ q.T, 8, 48) for q in (Q, np.eye(3)))
    # In the span the two problems are one, up to the choice of axes: equal in the mean.
    assert largest_z(far @ Q - near.mean(axis=0)) < Z
    np.testing.assert_allclose(far - far @ Q @ Q.T, 0, 0, 256 * EPS)  # nothing leaves the span
    assert largest_z(far @ Q - 1.1 * near.mean(axis=0)) > Z


def test_a_student_of_more_centres_than_the_truth_has_a_gradient():
    theta = np.concatenate([THETA, THETA[:1] + 1])
    assert cubature.gradient(rng(), theta, MEANS, 3, 2).shape == (2, 4, 3)


def test_centres_at_the_origin_are_at_rest():
    zero = np.zeros((3, 2))
    np.testing.assert_array_equal(cubature.gradient(rng(), zero, zero, 2, 2), np.zeros((2, 3, 2)))


def test_the_error_estimate_covers_the_truth():
    # 40 independent estimates from 16 scramblings, against one of 4 million points: |t| with 15
    # degrees of freedom exceeds 5.2 with probability 1e-4.
    theta = centres.displaced(rng(3), MEANS, 0.5)
    exact = cubature.gradient(rng(4), theta, MEANS, 16, 24).mean(axis=0)[0, 0]
    found = np.array(
        [cubature.gradient(rng([5, k]), theta, MEANS, 4, 16)[:, 0, 0] for k in range(40)]
    )
    t = (found.mean(axis=1) - exact) / (found.std(axis=1, ddof=1) / 4)
    assert np.abs(t).max() < 5.2
    assert np.mean(t**2) < 2  # 15/13 expected, its standard error 0.35


# -- G, and points about the borders ---------------------------------------------------------------

MIDPOINTS = np.array([(MEANS[i] + MEANS[j]) / 2 for i in range(3) for j in range(i)])
ANCHORS = np.concatenate([MEANS, MIDPOINTS])


@pytest.mark.parametrize("anchors", [None, np.array([[1.2, -0.5, 0.8], [0, 0, 0], [-1, 0.5, -1]])])
def test_G_of_the_tied_pair_agrees_with_the_exact_quadrature(anchors):
    mu, theta = np.array([1.2, -0.5, 0.8]), np.array([0.6, 0.7, -0.3])
    found = cubature.G(rng(), mixture.pair(theta), mixture.pair(mu), 8, 64, anchors)
    found = found[:, 0] - found[:, 1]
    assert largest_z(found - population.G(theta, mu)) < Z
    assert largest_z(found - population.G(theta, 1.05 * mu)) > Z


def test_the_gradient_is_gradient_em_plus_G_in_the_population_too():
    mass, first = cubature.moments(rng(), THETA, MEANS, 8, 64)
    ours = first - mass[..., None] * THETA + cubature.G(rng(), THETA, MEANS, 8, 64)
    gradient = cubature.gradient(rng(1), THETA, MEANS, 8, 64)
    assert largest_z(ours + gradient) < Z
    assert largest_z(ours + 1.05 * gradient) > Z


def test_points_about_anchors_change_the_error_and_not_the_mean():
    for f in (cubature.moments, cubature.G):
        near, far = (f(rng(k), THETA, MEANS, 8, 64, a) for k, a in ((2, None), (3, ANCHORS)))
        pairs = zip(near, far, strict=True) if f is cubature.moments else [(near, far)]
        for a, b in pairs:
            assert largest_z(a - b) < Z
            assert largest_z(a - 1.05 * b) > Z


def test_anchors_see_a_border_that_the_mixture_does_not():
    # Centres at distance 14: next to no mass on the border, e^{-14^2/8} = 2e-11. The exact value:
    # a function of theta's direction alone times something linear, so one line about each centre.
    mu, theta = np.array([[7.0, 0.0], [-7.0, 0.0]]), np.array([[7.2, 0.1], [-6.9, 0.0]])
    e = (theta[0] - theta[1]) / np.linalg.norm(theta[0] - theta[1])
    g = np.linspace(-14, 14, 4001)
    w = np.exp(-(g**2) / 2) / np.exp(-(g**2) / 2).sum()
    x = (mu[:, None] + g[:, None] * e).reshape(-1, 2)
    exact = objective.G(theta, x, np.tile(w, 2) / 2)
    anchors = np.concatenate([mu, np.zeros((1, 2))])
    seen = cubature.G(rng(4), theta, mu, 8, 64, anchors)
    assert largest_z(seen - exact) < Z
    assert np.linalg.norm(seen.mean(axis=0) - exact) < 0.05 * np.linalg.norm(exact)
    bare = cubature.G(rng(4), theta, mu, 8, 64).mean(axis=0)
    assert np.linalg.norm(bare - exact) > 0.5 * np.linalg.norm(exact)


def test_G_vanishes_at_the_truth_with_and_without_anchors():
    for anchors in (None, ANCHORS):
        np.testing.assert_array_equal(cubature.G(rng(), MEANS, MEANS, 4, 2, anchors), 0)
        mass, first = cubature.moments(rng(), MEANS, MEANS, 4, 2, anchors)
        np.testing.assert_allclose(mass, 1 / 3, 0, 256 * EPS)
        np.testing.assert_allclose(first, np.broadcast_to(MEANS / 3, first.shape), 0, 256 * EPS)


def test_weighted_points_about_anchors_stand_for_the_mixture():
    x = cubature.points(rng(5), 12, ANCHORS)
    weights = cubature.importance(x, MEANS, ANCHORS)
    # 2^12 points for each anchor: plain ones would err by some 1/sqrt(6 2^12) = 0.006 each.
    assert abs(weights.sum() - 1) < 2e-3
    np.testing.assert_allclose(weights @ x, MEANS.mean(axis=0), 0, 1e-2)
    square, wanted = np.sum(x**2, axis=1), 3 + np.sum(MEANS**2) / 3
    assert abs(weights @ square - wanted) < 2e-2
    assert abs(square.mean() - wanted) > 0.5  # the anchors' own
