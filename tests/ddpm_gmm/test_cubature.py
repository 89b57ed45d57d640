"""Population quantities of K centres: unbiased, exact at the truth, right for the pair."""

import math

import numpy as np
import pytest
from helpers import EPS, Z, largest_z, rotation

from ddpm_gmm import centres, cubature, em, information, mixture, objective, population

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

    found = cubature.expectation(first_and_second, MEANS, rng(), 6, 64)
    exact = np.stack([MEANS.mean(axis=0), (MEANS**2).mean(axis=0) + 1])
    assert largest_z(found - exact) < Z
    assert largest_z(found - 1.01 * exact) > Z


def test_two_centres_agree_with_the_exact_quadrature():
    mu, theta = np.array([1.2, -0.5, 0.8]), np.array([0.6, 0.7, -0.3])
    args = mixture.pair(theta), mixture.pair(mu), rng(), 8, 64
    # The tied pair's gradient is the difference of its two centres'.
    found = cubature.gradient(*args)
    assert largest_z(found[:, 0] - found[:, 1] - population.gradient(theta, mu)) < Z
    assert largest_z(found[:, 0] - found[:, 1] - population.gradient(theta, 1.01 * mu)) > Z
    mass, first = cubature.moments(*args)
    # E tanh(theta . x) x = E (w_1 - w_2) x, and the two masses add to one.
    assert largest_z(first[:, 0] - first[:, 1] - population.em_step(theta, mu)) < Z
    assert largest_z(first[:, 0] - first[:, 1] - population.em_step(theta, 1.05 * mu)) > Z
    np.testing.assert_allclose(mass.sum(axis=1), 1, 0, 64 * EPS)


def test_estimates_are_those_of_plain_sampling_but_sharper():
    blocks = [mixture.sample(r, 3 << 8, MEANS) for r in [rng(1)] for _ in range(64)]
    plain = np.array([objective.implicit_gradient(THETA, x) for x in blocks])
    found = cubature.gradient(THETA, MEANS, rng(), 8, 64)
    assert largest_z(plain - found.mean(axis=0)) < Z
    # In three dimensions 256 points a component: the error is several times smaller.
    assert found.std(axis=0).max() < plain.std(axis=0).max() / 2
    ascent = np.array([em.likelihood_gradient(THETA, x) for x in blocks])
    mass, first = cubature.moments(THETA, MEANS, rng(), 8, 64)
    assert largest_z(ascent - (first - mass[..., None] * THETA).mean(axis=0)) < Z


def test_the_error_vanishes_at_the_truth():
    # Sums of rounded terms below 4 over 48 points.
    tol = 64 * EPS * 4
    np.testing.assert_allclose(cubature.gradient(MEANS, MEANS, rng(), 4, 2), 0, 0, tol)
    mass, first = cubature.moments(MEANS, MEANS, rng(), 4, 2)
    np.testing.assert_allclose(mass, 1 / 3, 0, tol)
    np.testing.assert_allclose(first, np.broadcast_to(MEANS / 3, first.shape), 0, tol)


def test_the_span_is_enough_whatever_the_dimension():
    Q = rotation(40)[:, :3]
    far, near = (cubature.gradient(THETA @ q.T, MEANS @ q.T, rng(2), 8, 48) for q in (Q, np.eye(3)))
    # In the span the two problems are one, up to the choice of axes: equal in the mean.
    assert largest_z(far @ Q - near.mean(axis=0)) < Z
    np.testing.assert_allclose(far - far @ Q @ Q.T, 0, 0, 256 * EPS)  # nothing leaves the span
    assert largest_z(far @ Q - 1.1 * near.mean(axis=0)) > Z


def test_a_student_of_more_centres_than_the_truth_has_a_gradient():
    theta = np.concatenate([THETA, THETA[:1] + 1])
    assert cubature.gradient(theta, MEANS, rng(), 3, 2).shape == (2, 4, 3)


def test_centres_at_the_origin_are_at_rest():
    zero = np.zeros((3, 2))
    np.testing.assert_array_equal(cubature.gradient(zero, zero, rng(), 2, 2), np.zeros((2, 3, 2)))


def test_the_error_estimate_covers_the_truth():
    # 40 independent estimates from 16 scramblings, against one of 4 million points: |t| with 15
    # degrees of freedom exceeds 5.2 with probability 1e-4.
    theta = centres.displaced(rng(3), MEANS, 0.5)
    exact = cubature.gradient(theta, MEANS, rng(4), 16, 24).mean(axis=0)[0, 0]
    found = np.array(
        [cubature.gradient(theta, MEANS, rng([5, k]), 4, 16)[:, 0, 0] for k in range(40)]
    )
    t = (found.mean(axis=1) - exact) / (found.std(axis=1, ddof=1) / 4)
    assert np.abs(t).max() < 5.2
    assert np.mean(t**2) < 2  # 15/13 expected, its standard error 0.35


@pytest.mark.parametrize("size", [0.8, 1.5])
def test_two_centres_have_the_information_of_the_pair(size):
    # The symmetry of exchange parts (v, -v)/sqrt 2 from (v, v)/sqrt 2: on the first, the tied
    # pair's coordinate theta = (v, -v), the free problem is the pair's.
    mu = np.array([0.0, size, 0.0])
    P = np.concatenate([np.eye(3), -np.eye(3)]) / 2  # theta = P' (theta_1, theta_2)
    fisher = cubature.fisher(mixture.pair(mu), rng(6), 9, 32)
    sandwich = cubature.implicit_covariance(mixture.pair(mu), rng(7), 12, 32)
    along, across = information.fisher(size)
    exact = np.diag([across, along, across])
    assert largest_z(4 * P.T @ fisher @ P - exact) < Z
    assert largest_z(4 * P.T @ fisher @ P - 1.01 * exact) > Z
    along, across = information.implicit_covariance(size)
    exact = np.diag([across, along, across])
    assert largest_z(P.T @ sandwich @ P - exact) < Z
    assert largest_z(P.T @ sandwich @ P - 1.05 * exact) > Z


def test_far_centres_are_means_of_their_own_points():
    # Every weight is 0 or 1 at distance 20: information I/K, covariance K I, up to the net's own
    # second moments.
    means = centres.simplex(3, 2, 20.0)
    share = cubature.fisher(means, rng(8), 10, 24) - np.eye(6) / 3
    cost = cubature.implicit_covariance(means, rng(9), 10, 24) - 3 * np.eye(6)
    assert np.abs(share.mean(axis=0)).max() < 1e-3 > np.abs(cost.mean(axis=0)).max() / 9
    assert largest_z(share) < Z


def test_score_matching_never_beats_the_bound():
    means = centres.simplex(3, 2, 2.5)
    bound = np.linalg.inv(cubature.fisher(means, rng(10), 12, 8).mean(axis=0))
    paid = cubature.implicit_covariance(means, rng(10), 12, 8).mean(axis=0)
    assert np.linalg.eigvalsh(paid - bound).min() > 0
