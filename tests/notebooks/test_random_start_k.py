"""Ladders, collapsed starts and restarts: what each promises, and the census of failures."""

import numpy as np
import pytest
from helpers import EPS, FD, Z, finite_difference, largest_z, rotation

import random_start_k
from ddpm_gmm import centres, em, mixture, objective, rules
from ddpm_gmm.many import cubature
from ddpm_gmm.pair import population

MU = centres.simplex(3, 3, 8.0)


def rng(seed=0):
    return np.random.default_rng(seed)


X = mixture.sample(rng(9), 600, MU)


def test_the_first_rung_brings_the_largest_variance_to_the_start():
    t = random_start_k.rungs(X, 5, 0.1, 0.25)
    largest = np.linalg.eigvalsh(np.cov(X.T, bias=True))[-1] - 1
    assert abs(np.exp(-2 * t[0]) * largest - 0.25) < 64 * EPS
    np.testing.assert_allclose(np.diff(t), (0.1 - t[0]) / 4, 0, 16 * EPS)
    assert t[-1] == 0.1


def test_the_rungs_are_those_of_the_shape_alone():
    t = random_start_k.rungs(X, 4, 0.1)
    moved = random_start_k.rungs(X @ rotation(3) + 5.0, 4, 0.1)
    np.testing.assert_allclose(moved, t, 0, 1e4 * EPS)  # a covariance about a far mean


def test_a_sample_without_structure_has_a_short_ladder():
    t = random_start_k.rungs(0.1 * X / 8, 3, 0.2)
    np.testing.assert_allclose(t, [0.4, 0.3, 0.2], 0, 4 * EPS)
    np.testing.assert_array_equal(random_start_k.rungs(X, 1, 0.2), [0.2])


def test_a_collapsed_start_has_the_scatter_asked_for():
    start = random_start_k.collapsed(rng(), X, 4000, 0.3) - X.mean(axis=0)
    # 12000 squares of variance 2: a standard error of 0.3^2 sqrt(2/12000).
    assert abs(np.mean(start**2) - 0.09) < Z * 0.09 * np.sqrt(2 / 12000)
    assert abs(np.mean(start**2) - 0.09 * 1.1) > Z * 0.09 * np.sqrt(2 / 12000)


def test_the_collapsed_point_is_a_power_iteration():
    K, S = 4, np.cov(X.T, bias=True)
    middle = np.broadcast_to(X.mean(axis=0), (K, 3))
    push = rng(1).standard_normal((K, 3))
    off = push - push.mean(axis=0)

    def along(step):
        return finite_difference(lambda h: step(middle + h[0] * push), np.zeros(1), 2.0**-14)[0]

    # Fifth derivatives are of the order of |x|^6 here; h^4/30 of them is 1e-13.
    gd = along(lambda theta: theta - K * objective.implicit_gradient(theta, X))
    np.testing.assert_allclose(gd, off @ (2 * S - np.eye(3)), 0, 1e-7)
    np.testing.assert_allclose(along(lambda theta: em.em_step(theta, X)), off @ S, 0, 1e-7)


def test_equal_centres_stay_equal():
    theta = np.array([[0.5, 1.0, 0.0], [0.5, 1.0, 0.0], [-1.0, 0.0, 2.0]])
    for step in (objective.implicit_gradient(theta, X), em.em_step(theta, X)):
        np.testing.assert_allclose(step[0], step[1], 0, 1e3 * EPS)


def test_em_without_noise_is_the_ladders_limit():
    start = centres.displaced(rng(2), MU, 1.0)
    plain = start
    for _ in range(3):
        plain = em.em_step(plain, X)
    found = random_start_k.anneal_em(rng(), np.array([1e-20]), start, 3, x0=X)
    # The mean of the last two iterates; the noise left is 1.4e-10 a point.
    last = em.em_step(em.em_step(start, X), X)
    np.testing.assert_allclose(found[0], (last + plain) / 2, 0, 1e-8)


def test_the_ladder_finds_the_centres_from_the_mean():
    t = random_start_k.rungs(X, 4, 0.1)
    start = random_start_k.collapsed(rng(3), X, 3, 0.5 * np.exp(t[0]))
    found = random_start_k.anneal_em(rng(4), t, start, 20, x0=X)
    assert found.shape == (4, 3, 3)
    assert centres.error(found[-1], MU) < 1.0
    assert centres.error(start, MU) > 2.0


def test_restarts_spend_the_passes_and_keep_the_likeliest():
    mu = np.array([[-3.0, 0.0], [3.0, 0.0], [30.0, 0.0]])
    bad, x = np.array([[0.0, 0.0], [30.0, 1.0], [30.0, -1.0]]), mixture.sample(rng(5), 300, mu)
    starts = iter([bad, mu + 0.5, bad])

    def start():
        return next(starts)

    once, runs = random_start_k.restarted_em(lambda: bad, x, 1)
    assert runs == 1
    np.testing.assert_array_equal(once, em.em_step(bad, x))
    spent, theta = 0, bad  # the passes of a run from bad, and one for its likelihood
    while True:
        new = em.em_step(theta, x)
        spent, moved, theta = spent + 1, np.abs(new - theta).max(), new
        if moved <= 1e-3:
            break
    found, runs = random_start_k.restarted_em(start, x, spent + 2)
    assert runs == 2
    assert em.log_likelihood(found, x) > em.log_likelihood(theta, x)
    assert centres.error(found, mu) < 1.0 < centres.error(theta, mu)


def test_census_counts_the_three_kinds():
    far = MU + np.array([100.0, 0, 0])
    assert random_start_k.census(MU, MU, 1.0) == (0, 0, 0)
    crowd = np.array([MU[0], MU[0] + [0.1, 0, 0], (MU[1] + MU[2]) / 2])
    assert random_start_k.census(crowd, MU, 2.0) == (1, 1, 0)
    assert random_start_k.census(np.array([MU[0], MU[1], far[2]]), MU, 2.0)[1:] == (0, 1)


def test_refusals():
    with pytest.raises(ValueError, match=r"x: got 1 row, must have at least 2"):
        random_start_k.rungs(X[:1], 3, 0.1)
    with pytest.raises(ValueError, match=r"times: got -0.1, must be > 0"):
        random_start_k.anneal_em(rng(), np.array([0.2, -0.1]), MU, 2, x0=X)


# -- centres on a line -----------------------------------------------------------------------------

TRUTH = np.array([-4.0, -1.0, 5.0])
STUDENT = np.array([-3.0, 0.5, 4.0])


def loss(theta, mu):
    """E |f_theta - f_mu|^2 / 2 over the nodes."""
    x, weight = rules.line(STUDENT[:, None], mu[:, None])
    miss = mixture.posterior_mean(x, theta[:, None]) - mixture.posterior_mean(x, mu[:, None])
    return 0.5 * (miss[:, 0] ** 2) @ weight


def log_likelihood(theta, mu):
    x, weight = rules.line(STUDENT[:, None], mu[:, None])
    return mixture.log_density(x, theta[:, None]) @ weight


def test_the_pair_agrees_with_its_own_quadrature():
    for a, m in ((0.3, 0.8), (1.5, 1.0), (3.0, 4.0)):
        theta, mu = np.array([a, -a]), np.array([m, -m])
        # A difference of two entries, each a sum of a few hundred terms of order |theta|^2.
        tol = 1e3 * EPS * max(1.0, a**3)
        found = random_start_k.gradient(theta, mu)
        np.testing.assert_allclose(
            found[0] - found[1], population.gradient(np.array([a]), np.array([m]))[0], 0, tol
        )
        ascent = random_start_k.likelihood_gradient(theta, mu)
        em = population.em_step(np.array([a]), np.array([m]))[0]
        np.testing.assert_allclose(ascent[0] - ascent[1], em - a, 0, tol)


def test_the_gradients_are_derivatives():
    # The four-point formula: h^4/30 f^(5) + 1.5 EPS |f|/h, well below FD for values of order 10.
    np.testing.assert_allclose(
        random_start_k.gradient(STUDENT, TRUTH),
        finite_difference(lambda v: loss(v, TRUTH), STUDENT),
        0,
        FD,
    )
    np.testing.assert_allclose(
        random_start_k.likelihood_gradient(STUDENT, TRUTH),
        finite_difference(lambda v: log_likelihood(v, TRUTH), STUDENT),
        0,
        FD,
    )


def test_the_truth_is_stationary_and_a_shift_changes_nothing():
    tol = 1e4 * EPS  # some thousand terms of order one
    np.testing.assert_allclose(random_start_k.gradient(TRUTH, TRUTH), 0, 0, tol)
    np.testing.assert_allclose(random_start_k.likelihood_gradient(TRUTH, TRUTH), 0, 0, tol)
    for field in (random_start_k.gradient, random_start_k.likelihood_gradient):
        np.testing.assert_allclose(
            field(STUDENT + 3, TRUTH + 3), field(STUDENT, TRUTH), 0, 10 * tol
        )
        np.testing.assert_allclose(field(-STUDENT, -TRUTH), -field(STUDENT, TRUTH), 0, 10 * tol)


def test_quasi_monte_carlo_agrees():
    found = cubature.gradient(rng(), STUDENT[:, None], TRUTH[:, None], 8, 64)
    assert largest_z(found[..., 0] - random_start_k.gradient(STUDENT, TRUTH)) < Z
    assert largest_z(found[..., 0] - random_start_k.gradient(STUDENT, 1.01 * TRUTH)) > Z


def test_the_jacobian_at_the_truth_is_the_mean_square_of_the_first_derivative():
    x, weight = rules.line(TRUTH[:, None], TRUTH[:, None])
    w = mixture.responsibilities(x, TRUTH[:, None])
    slope = w * (1 + (x.T - TRUTH[:, None]) * (TRUTH[:, None] - TRUTH @ w))
    np.testing.assert_allclose(
        random_start_k.jacobian(random_start_k.gradient, TRUTH, TRUTH),
        (slope * weight) @ slope.T,
        0,
        FD,
    )


def test_the_collapsed_point_pushes_deviations_apart():
    mu = TRUTH - TRUTH.mean()
    K, variance = 3, np.mean(mu**2)
    deviations = np.eye(K) - 1 / K
    np.testing.assert_allclose(
        K * random_start_k.jacobian(random_start_k.gradient, np.zeros(K), mu),
        np.full((K, K), 1 / K) - 2 * variance * deviations,
        0,
        FD * K,
    )
    np.testing.assert_allclose(
        K * random_start_k.jacobian(random_start_k.likelihood_gradient, np.zeros(K), mu),
        variance * deviations - np.full((K, K), 1 / K),
        0,
        FD * K,
    )
