"""Over all noise scales: the integral over t, the minimiser of any weighting, drawn noise."""

import jaxtyping
import numpy as np
import pytest
from helpers import EPS

import likelihood
from ddpm_gmm import em, mixture
from ddpm_gmm.pair import information, noise

T, W = likelihood.all_scales(24)
MU = np.array([1.6, -0.8, 0.4])


def test_the_integral_over_t_of_powers_of_tau():
    for k in range(1, 48):  # exact for tau^k, k <= 2q; int tau^k dt = 1/(2k)
        assert abs(W @ np.exp(-2 * k * T) * 2 * k - 1) <= 100 * EPS * k


def test_the_minimiser_is_where_the_exact_gradient_vanishes():
    x0 = mixture.sample(np.random.default_rng(3), 400, mixture.pair(MU))
    for t, weight in ((T, W), (T, W * (1 - np.exp(-2 * T))), (0.1, 1.0)):
        found = likelihood.minimiser(MU, x0, t, weight)
        slope = np.atleast_1d(weight) @ np.atleast_2d(noise.averaged_gradient(found, x0, t))
        # The spline's error, plus the last step's.
        assert np.abs(slope).max() < 1e-6


def test_over_all_scales_the_minimiser_is_the_maximum_likelihood_estimate():
    x0 = mixture.sample(np.random.default_rng(4), 400, mixture.pair(MU))
    best = em.maximum_likelihood(MU, x0)
    assert np.abs(likelihood.minimiser(MU, x0, T, W) - best).max() < 1e-5  # both solvers' ends
    assert np.abs(likelihood.minimiser(MU, x0, 0.0, 1.0) - best).max() > 1e-3


def test_its_error_has_the_covariance_that_the_sandwich_says():
    rng, d, n, size = np.random.default_rng(5), 20, 4000, 2.0
    mu = size * np.eye(d)[0]
    seen = []
    for _ in range(30):
        found = likelihood.minimiser(mu, mixture.sample(rng, n, mixture.pair(mu)), 0.0, 1.0)
        seen.append(n * np.sum((found - mu)[1:] ** 2) / (d - 1))
    across = noise.covariance(size, 0.0, 1.0)[1]
    # Standard error sqrt(2/19/30) = 0.06; Cramer-Rao's is 0.85 of it: 2.6 of them away.
    assert abs(np.mean(seen) / across - 1) < 4 * 0.06


def test_the_price_of_drawn_noise_is_that_of_gradients_drawn_one_by_one():
    rng, n, q, mu = np.random.default_rng(7), 200_000, 6, np.array([1.5, 0.0, 0.0])
    x0 = mixture.sample(rng, n, mixture.pair(mu))
    sums = np.zeros((2, n, 3))  # implicit, literal: each point's own gradient, over the scales
    for t, w in zip(*likelihood.all_scales(q), strict=True):
        x, z = mixture.diffuse(rng, x0, t)
        theta, v = mu * np.exp(-t), x - z / mixture.noise_scale(t)
        h = np.tanh(x @ theta)[:, None]
        inner = (x @ theta)[:, None] + theta @ theta * h
        sums[0] += 2 * w * np.exp(-t) * ((2 - h**2) * theta - (h + (1 - h**2) * inner) * x)
        gap = h * theta - v
        sums[1] += 2 * w * np.exp(-t) * (h * gap + (1 - h**2) * (gap @ theta)[:, None] * x)
    along, across = information.fisher(1.5)
    squares = np.sum((sums / [along, across, across]) ** 2, axis=2)
    seen = squares.mean(axis=1) / information.cramer_rao(1.5, 3, 1)
    error = squares.std(axis=1) / n**0.5 / information.cramer_rao(1.5, 3, 1)
    assert (error < 0.02 * seen).all()
    assert (np.abs(seen - likelihood.drawn(1.5, 3, q) ** 2) < 4 * error).all()
    assert (np.abs(seen - likelihood.drawn(1.5, 3, q + 1) ** 2) > 4 * error).all()


def test_drawn_noise_is_averaged_out_as_one_over_the_number_of_draws():
    excess = [likelihood.drawn(2.0, 20, q) ** 2 - 1 for q in (64, 128)]
    np.testing.assert_allclose(np.divide(*excess), 2, 0.02)


def test_no_convergence_is_an_error_and_not_a_number():
    x0 = np.random.default_rng(6).standard_normal((40, 3))
    with pytest.raises(RuntimeError, match="no convergence"):  # four points at 0: no pair
        likelihood.minimiser(MU, 0.01 * x0[:4], T, W)
    with pytest.raises(RuntimeError, match="no convergence"):  # steps end at rounding, not at 0
        likelihood.minimiser(MU, x0 + MU, 0.0, 1.0, tolerance=1e-300)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (dict(start=MU[:2]), r"start.shape: got \(2,\)"),
        (dict(weight=W[:2]), r"weight.shape: got \(2,\), must"),
        (dict(tolerance=0.0), "tolerance: got 0, must be > 0"),
    ],
)
def test_a_bad_argument_is_named(bad, text, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    good = dict(start=MU, x0=np.ones((4, 3)), t=T, weight=W)
    with pytest.raises(ValueError, match=text):
        likelihood.minimiser(**good | bad)


def test_the_price_of_many_draws_is_the_limit_law_less_a_term_of_order_one_over_their_number():
    law = likelihood.drawn_law(2.0, 50)
    short = [q * (law - q * (likelihood.drawn(2.0, 50, q) ** 2 - 1)) for q in (32, 64)]
    np.testing.assert_allclose(short[1], short[0], rtol=1 / 32)  # but for the next term
    assert 0 < short[1][0] < law[0]  # implicit: relative 1/q bounds what is missing at q
    assert abs(law[0] / (1.005**2 - 1) - 413.0) < 0.05  # the number in the chapter
