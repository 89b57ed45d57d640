"""The mixture, its score and its forward process."""

import math

import mpmath as mp
import numpy as np
import pytest
from helpers import (
    EPS,
    FD,
    Z,
    arrays,
    finite_difference,
    largest_z,
    rotation,
    samples,
    slow_score,
    slow_weights,
)
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import mixture

TIMES = st.floats(0.0, 5.0)
MEANS = np.array([[2.0, 0.0, 1.0], [-1.0, 0.5, 0.0], [0.0, -2.0, 0.3], [1.0, 1.0, 1.0]])

# With entries in [-2, 2], d <= 3 and K <= 3, logits, norms and log densities are below 24; each is
# a handful of sums and products, so two ways to compute one agree to 24 * 16 EPS.
TOL = 24 * 16 * EPS


def batches(means, n=4000, count=64, seed=0):
    """Independent samples of the mixture, the ground of every z-score here."""
    rng = np.random.default_rng(seed)
    return [mixture.sample(rng, n, means) for _ in range(count)]


# -- density, weights, score -----------------------------------------------------------------------


@given(samples(pair=False))
def test_log_density_is_the_log_of_the_mean_gaussian_density(sample):
    means, x, _, _ = sample
    for point, value in zip(x, mixture.log_density(x, means), strict=True):
        square = [mp.fsum(map(lambda a, b: (mp.mpf(a) - b) ** 2, point, m)) for m in means]
        density = mp.fsum(mp.exp(-s / 2) for s in square) / len(means)
        direct = mp.log(density / mp.sqrt(2 * mp.pi) ** len(point))
        assert abs(value - float(direct)) <= TOL


@pytest.mark.parametrize("means", [[[0.0]], [[3.0], [-3.0]], [[-5.0], [0.5], [0.7]]])
def test_density_integrates_to_one(means):
    # Trapezoidal rule with step 0.1 on Gaussians of unit width: error 2 e^{-2 pi^2/h^2} = 0; the
    # tails beyond 10 are below 1e-23; 401 rounded exponentials whose exponents are below 230.
    x = np.linspace(-20, 20, 401)[:, None]
    total = 0.1 * np.exp(mixture.log_density(x, np.array(means))).sum()
    assert abs(total - 1) <= 230 * EPS * math.sqrt(401)


@given(samples(pair=False))
def test_responsibilities_are_bayes_rule_and_sum_to_one(sample):
    means, x, _, _ = sample
    w = mixture.responsibilities(x, means)
    np.testing.assert_allclose(w.sum(axis=0), 1, 0, 4 * EPS)
    assert (w >= 0).all()
    np.testing.assert_allclose(w.T, [slow_weights(p, means) for p in x], 0, TOL)


@given(samples(pair=False))
def test_score_is_the_gradient_of_the_log_density(sample):
    means, x, _, _ = sample
    score = mixture.score(x, means)
    for i, point in enumerate(x):
        slope = finite_difference(lambda y: mixture.log_density(y[None], means)[0], point)
        np.testing.assert_allclose(score[i], slope, 0, FD)
        np.testing.assert_allclose(score[i], slow_score(point, means), 0, TOL)
    np.testing.assert_allclose(mixture.posterior_mean(x, means), score + x, 0, TOL)


@given(samples(pair=True))
def test_the_tied_pair_has_posterior_mean_tanh(sample):
    mu, x, _, _ = sample
    tanh = np.outer(np.tanh(x @ mu), mu)
    np.testing.assert_allclose(mixture.posterior_mean(x, mixture.pair(mu)), tanh, 0, TOL)


def test_far_points_and_far_centres_neither_overflow_nor_underflow():
    x, means = np.array([[1e3, 0.0], [-1e3, 0.0]]), np.array([[1e3, 0.0], [-1e3, 0.0]])
    np.testing.assert_array_equal(mixture.responsibilities(x, means), np.eye(2))
    np.testing.assert_array_equal(mixture.score(x, means), np.zeros((2, 2)))
    # Logits of size 1e6 cancel down to -log 2 - log 2 pi.
    expected = -math.log(2) - math.log(2 * math.pi)
    np.testing.assert_allclose(mixture.log_density(x, means), expected, 0, 1e6 * EPS)


# -- symmetry --------------------------------------------------------------------------------------


@given(samples(pair=False), st.integers(0, 5))
def test_permuting_the_centres_permutes_the_weights_and_nothing_else(sample, seed):
    means, x, _, _ = sample
    order = np.random.default_rng(seed).permutation(len(means))
    shuffled = means[order]
    w = mixture.responsibilities(x, means)
    np.testing.assert_allclose(mixture.responsibilities(x, shuffled), w[order], 0, TOL)
    for f in (mixture.log_density, mixture.score):
        np.testing.assert_allclose(f(x, shuffled), f(x, means), 0, TOL)


@given(samples(pair=False), arrays(3))
def test_translation_and_rotation_move_the_score_with_the_mixture(sample, shift):
    means, x, _, _ = sample
    c, Q = shift[: x.shape[1]], rotation(x.shape[1])
    for moved, turn in ((lambda v: v + c, np.eye(len(c))), (lambda v: v @ Q.T, Q)):
        density = mixture.log_density(moved(x), moved(means))
        np.testing.assert_allclose(density, mixture.log_density(x, means), 0, 4 * TOL)
        score = mixture.score(moved(x), moved(means))
        np.testing.assert_allclose(score, mixture.score(x, means) @ turn.T, 0, 4 * TOL)


# -- the forward process ---------------------------------------------------------------------------


@given(arrays(2, 3), TIMES, TIMES)
def test_forward_process_is_a_semigroup(means, s, t):
    twice = mixture.shrink(mixture.shrink(means, s), t)
    # exp(-s) exp(-t) against exp(-(s + t)): the sum's rounding is (s + t) EPS.
    np.testing.assert_allclose(twice, mixture.shrink(means, s + t), (5 + s + t) * EPS, 1e-300)
    noise = mixture.noise_scale(s) ** 2 * math.exp(-2 * t) + mixture.noise_scale(t) ** 2
    assert abs(noise - mixture.noise_scale(s + t) ** 2) <= 16 * EPS


@given(st.floats(1e-15, 50.0))
def test_noise_scale_is_accurate_at_every_time(t):
    exact = mp.sqrt(-mp.expm1(-2 * mp.mpf(t)))
    assert abs(mixture.noise_scale(t) - float(exact)) <= 4 * EPS * float(exact)
    assert mixture.noise_scale(0.0) == 0


@given(arrays(4, 2), TIMES, st.integers(0, 5))
def test_diffuse_returns_the_very_noise_it_added(x0, t, seed):
    x, z = mixture.diffuse(np.random.default_rng(seed), x0, t)
    expected = math.exp(-t) * x0 + math.sqrt(-math.expm1(-2 * t)) * z
    np.testing.assert_allclose(x, expected, 0, 4 * EPS * (2 + np.abs(z).max()))
    again = mixture.diffuse(np.random.default_rng(seed), x0, t)
    np.testing.assert_array_equal(again[0], x)
    assert not np.array_equal(z, mixture.diffuse(np.random.default_rng(seed + 1), x0, t)[1])


# -- sampling --------------------------------------------------------------------------------------


def test_sample_has_the_moments_of_the_mixture_and_not_of_a_wrong_one():
    centre = MEANS.mean(axis=0)
    covariance = np.eye(3) + (MEANS - centre).T @ (MEANS - centre) / len(MEANS)
    data = batches(MEANS)

    def z(centre, covariance):
        gaps = [x - centre for x in data]
        spread = [g.T @ g / len(g) - covariance for g in gaps]
        return max(largest_z([g.mean(axis=0) for g in gaps]), largest_z(spread))

    assert z(centre, covariance) < Z
    # Controls off by 0.05 and 5%: 16 and 9 standard errors of sqrt(2.6) and about 3 over 506.
    assert z(centre + 0.05, covariance) > Z
    assert z(centre, 1.05 * covariance) > Z


def test_the_mean_score_vanishes_and_its_square_is_minus_its_mean_slope():
    # E[s] = 0 and E[s s' + Ds] = 0 under the density whose score s is; the score of shrunk centres
    # is the control.
    def identity(x, means):
        s = mixture.score(x, means)
        w = mixture.responsibilities(x, means)
        f = s + x
        slope = np.einsum("kn,ki,kj->ij", w, means, means) - f.T @ f - len(x) * np.eye(x.shape[1])
        return [*s.mean(axis=0), *((s.T @ s + slope) / len(x)).ravel()]

    data = batches(MEANS)
    assert largest_z([identity(x, MEANS) for x in data]) < Z
    assert largest_z([identity(x, 0.95 * MEANS) for x in data]) > Z


@pytest.mark.parametrize("t", [0.05, 0.5, 2.0])
def test_score_at_time_t_is_minus_the_mean_noise_over_its_scale(t):
    # Tweedie: E[s_t(X_t) + Z/sigma | X_t] = 0, so its product with any f(X_t) has mean 0. The
    # control flips the noise.
    rng, sigma = np.random.default_rng(4), mixture.noise_scale(t)
    means_t = mixture.shrink(MEANS, t)

    def identity(x0, sign):
        x, z = mixture.diffuse(rng, x0, t)
        gap = mixture.score(x, means_t) + sign * z / sigma
        return [*gap.mean(axis=0), *(gap * np.tanh(x)).mean(axis=0)]

    data = batches(MEANS)
    assert largest_z([identity(x, 1) for x in data]) < Z
    assert largest_z([identity(x, -1) for x in data]) > Z
