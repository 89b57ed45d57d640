"""Gradients against automatic differentiation of the losses, written once more from scratch.

The score here is the gradient of log q by automatic differentiation, its divergence the trace of
the second derivative: nothing of the package's formulas is used.
"""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import elementwise_grad, grad, jacobian
from autograd.scipy.special import logsumexp
from helpers import EPS

from ddpm_gmm import em, mixture, objective

T = 0.4
SIGMA = mixture.noise_scale(T)


def log_q(x, means):
    """Log density of the mixture at the rows of x, up to a constant."""
    gaps = x[:, None, :] - means[None, :, :]
    return logsumexp(-anp.sum(gaps**2, axis=2) / 2, axis=1) - anp.log(len(means))


score = elementwise_grad(log_q)


def divergence(x, means):
    """One column of the score's Jacobian at a time: rows do not mix."""
    out = 0.0
    for j in range(x.shape[1]):
        out = out + elementwise_grad(lambda y, j=j: score(y, means)[:, j])(x)[:, j]
    return out


def literal(means, x, z, mu):
    return anp.mean(anp.sum((score(x, means) + z / SIGMA) ** 2, axis=1)) / 2


def explicit(means, x, z, mu):
    return anp.mean(anp.sum((score(x, means) - score(x, mu)) ** 2, axis=1)) / 2


def implicit(means, x, z, mu):
    return anp.mean(anp.sum(score(x, means) ** 2, axis=1) / 2 + divergence(x, means))


def likelihood(means, x, z, mu):
    return anp.mean(log_q(x, means))


OURS = {
    literal: lambda theta, x, z, mu: objective.literal_gradient(theta, x, z, T),
    explicit: lambda theta, x, z, mu: objective.explicit_gradient(theta, x, mu),
    implicit: lambda theta, x, z, mu: objective.implicit_gradient(theta, x),
    likelihood: lambda theta, x, z, mu: em.likelihood_gradient(theta, x),
}


def problem(K, d, seed):
    rng = np.random.default_rng([K, d, seed])
    theta, mu = rng.standard_normal((K, d)), rng.standard_normal((K, d))
    x, z = mixture.diffuse(rng, mixture.sample(rng, 40, 2 * mu), T)
    return theta, x, z, mixture.shrink(2 * mu, T)


# Terms are products of at most three vectors of length below 8 and 1/SIGMA < 2, of some 64
# operations each, over which automatic differentiation goes three times.
TOL = 3 * 64 * 8**3 * 2 * EPS


@pytest.mark.parametrize("loss", OURS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("K, d", [(1, 2), (2, 1), (3, 2), (5, 4), (8, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_gradient_of_the_centres_is_that_of_automatic_differentiation(loss, K, d, seed):
    theta, *rest = problem(K, d, seed)
    found, wanted = OURS[loss](theta, *rest), grad(loss)(theta, *rest)
    np.testing.assert_allclose(found, wanted, 0, TOL)
    assert np.abs(found + wanted).max() > 1e-3  # and it is not all zero


@pytest.mark.parametrize("loss", [f for f in OURS if f is not likelihood], ids=lambda f: f.__name__)
def test_gradient_of_the_tied_pair_is_that_of_automatic_differentiation(loss):
    _, x, z, mu = problem(2, 3, 0)
    theta = np.array([0.4, -0.8, 0.3])
    slope = grad(lambda v: loss(anp.stack([v, -v]), x, z, mu))(theta)
    np.testing.assert_allclose(OURS[loss](theta, x, z, mu), slope, 0, TOL)


def test_the_tied_pairs_gradient_em_step_is_the_derivative_of_its_likelihood():
    _, x, z, mu = problem(2, 3, 1)
    theta = np.array([0.4, -0.8, 0.3])
    slope = grad(lambda v: likelihood(anp.stack([v, -v]), x, z, mu))(theta)
    np.testing.assert_allclose(em.likelihood_gradient(theta, x), slope, 0, TOL)


def test_hessian_of_the_score_matches_the_weights_covariance():
    # div s + d = trace Cov_w(theta): the identity behind the implicit form's closed loss.
    theta, x, _, _ = problem(4, 3, 0)
    w = mixture.responsibilities(x, theta)
    mean = w.T @ theta
    spread = w.T @ np.sum(theta**2, axis=1) - np.sum(mean**2, axis=1)
    np.testing.assert_allclose(divergence(x, theta) + 3, spread, 0, TOL)
    one = jacobian(lambda y: score(y[None], theta)[0])(x[0])
    np.testing.assert_allclose(np.trace(one) + 3, spread[0], 0, TOL)
