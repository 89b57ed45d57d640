"""K centres on a line: the rule against the pair, finite differences and a finer rule."""

import numpy as np
import pytest
from helpers import EPS, FD, Z, finite_difference, largest_z

from ddpm_gmm import mixture, objective
from ddpm_gmm.many import cubature, line
from ddpm_gmm.pair import population

MU = np.array([-4.0, -1.0, 5.0])
THETA = np.array([-3.0, 0.5, 4.0])


def loss(theta, mu):
    """E |f_theta - f_mu|^2 / 2 over the nodes."""
    x, weight = line.nodes(THETA, mu)
    miss = mixture.posterior_mean(x[:, None], theta[:, None]) - mixture.posterior_mean(
        x[:, None], mu[:, None]
    )
    return 0.5 * (miss[:, 0] ** 2) @ weight


def log_likelihood(theta, mu):
    x, weight = line.nodes(THETA, mu)
    return mixture.log_density(x[:, None], theta[:, None]) @ weight


def test_the_pair_agrees_with_its_own_quadrature():
    for a, m in ((0.3, 0.8), (1.5, 1.0), (3.0, 4.0)):
        theta, mu = np.array([a, -a]), np.array([m, -m])
        # A difference of two entries, each a sum of a few hundred terms of order |theta|^2.
        tol = 1e3 * EPS * max(1.0, a**3)
        found = line.gradient(theta, mu)
        np.testing.assert_allclose(
            found[0] - found[1], population.gradient(np.array([a]), np.array([m]))[0], 0, tol
        )
        ascent = line.likelihood_gradient(theta, mu)
        em = population.em_step(np.array([a]), np.array([m]))[0]
        np.testing.assert_allclose(ascent[0] - ascent[1], em - a, 0, tol)


def test_the_gradients_are_derivatives():
    # The four-point formula: h^4/30 f^(5) + 1.5 EPS |f|/h, well below FD for values of order 10.
    np.testing.assert_allclose(
        line.gradient(THETA, MU), finite_difference(lambda v: loss(v, MU), THETA), 0, FD
    )
    np.testing.assert_allclose(
        line.likelihood_gradient(THETA, MU),
        finite_difference(lambda v: log_likelihood(v, MU), THETA),
        0,
        FD,
    )


def test_the_truth_is_stationary_and_a_shift_changes_nothing():
    tol = 1e4 * EPS  # some thousand terms of order one
    np.testing.assert_allclose(line.gradient(MU, MU), 0, 0, tol)
    np.testing.assert_allclose(line.likelihood_gradient(MU, MU), 0, 0, tol)
    for field in (line.gradient, line.likelihood_gradient):
        np.testing.assert_allclose(field(THETA + 3, MU + 3), field(THETA, MU), 0, 10 * tol)
        np.testing.assert_allclose(field(-THETA, -MU), -field(THETA, MU), 0, 10 * tol)


def test_quasi_monte_carlo_agrees():
    found = cubature.gradient(THETA[:, None], MU[:, None], np.random.default_rng(0), 8, 64)
    assert largest_z(found[..., 0] - line.gradient(THETA, MU)) < Z
    assert largest_z(found[..., 0] - line.gradient(THETA, 1.01 * MU)) > Z


@pytest.mark.parametrize("spread", [1.0, 8.0, 60.0])
def test_a_finer_rule_changes_nothing(spread, monkeypatch):
    theta, mu = spread * np.array([-0.5, 0.1, 0.5]), spread * np.array([-0.45, 0.2, 0.5])
    coarse, n = line.gradient(theta, mu), len(line.nodes(theta, mu)[0])

    def halved(theta, mu):
        g = np.linspace(-9, 9, 2 * (n // len(mu)) + 1)
        weight = np.exp(-(g**2) / 2)
        return (mu[:, None] + g).ravel(), np.tile(weight / weight.sum(), len(mu)) / len(mu)

    monkeypatch.setattr(line, "nodes", halved)
    # The rule's own error is 1e-16; sums of n terms as large as spread^2 round to this.
    np.testing.assert_allclose(coarse, line.gradient(theta, mu), 0, 64 * EPS * spread**2 * 10)


def test_the_jacobian_at_the_truth_is_the_mean_square_of_the_first_derivative():
    x, weight = line.nodes(MU, MU)
    w = mixture.responsibilities(x[:, None], MU[:, None])
    slope = w * (1 + (x - MU[:, None]) * (MU[:, None] - MU @ w))
    np.testing.assert_allclose(
        line.jacobian(line.gradient, MU, MU), (slope * weight) @ slope.T, 0, FD
    )


def test_the_collapsed_point_pushes_deviations_apart():
    mu = MU - MU.mean()
    K, variance = 3, np.mean(mu**2)
    deviations = np.eye(K) - 1 / K
    np.testing.assert_allclose(
        K * line.jacobian(line.gradient, np.zeros(K), mu),
        np.full((K, K), 1 / K) - 2 * variance * deviations,
        0,
        FD * K,
    )
    np.testing.assert_allclose(
        K * line.jacobian(line.likelihood_gradient, np.zeros(K), mu),
        variance * deviations - np.full((K, K), 1 / K),
        0,
        FD * K,
    )


def test_a_spread_that_would_need_too_many_nodes_is_refused():
    with pytest.raises(ValueError, match=r"theta, mu: got a spread of 2000, must be at most 1000"):
        line.nodes(np.array([0.0, 2000.0]), np.zeros(1))


def test_it_is_the_objective_on_weighted_points():
    # On equal weights the library's sample gradient is the same formula.
    x = np.linspace(-6, 8, 41)
    found = objective.explicit_gradient(THETA[:, None], x[:, None], MU[:, None])[:, 0]
    w = mixture.responsibilities(x[:, None], THETA[:, None])
    r = THETA @ w - mixture.posterior_mean(x[:, None], MU[:, None])[:, 0]
    c = THETA[:, None] * r
    p = w * (c - np.sum(w * c, axis=0))
    np.testing.assert_allclose(
        found, np.mean(w * r + p * (x - THETA[:, None]), axis=1), 0, 41 * EPS * 100
    )
