"""Power iteration, the expansion at high noise, and what a sample can show."""

import math

import numpy as np
import pytest
from helpers import (
    EPS,
    Z,
    arrays,
    largest_z,
    rotation,
    two_vectors,
)
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import geometry, mixture, objective
from ddpm_gmm.learn import power
from ddpm_gmm.pair import population


def order(remainder, e=2.0**-6):
    """Exponent p of |remainder(e)| ~ e^p, from one halving of e, measured at small e.

    All the functions here are odd, so the next order is p + 2 and changes the exponent by
    C e^2 = C/4096: within 0.1 for C up to 400, and the orders to tell apart are 2 away.
    """
    large, small = (np.linalg.norm(remainder(s)) for s in (e, e / 2))
    return math.log2(large / small)


@given(two_vectors())
def test_the_force_is_odd_in_theta_even_in_mu_and_turns_with_both(vectors):
    theta, mu = vectors
    Q = rotation(len(theta))
    size = 1 + np.linalg.norm(theta) + np.linalg.norm(mu)
    f, tol = power.high_noise_force, 64 * len(theta) * EPS * size**3  # 6 terms of that size
    value = f(theta, mu)
    np.testing.assert_allclose(f(-theta, mu), -value, 0, tol)
    np.testing.assert_allclose(f(theta, -mu), value, 0, tol)
    np.testing.assert_allclose(f(Q @ theta, Q @ mu), Q @ value, 0, tol)
    np.testing.assert_allclose(f(np.stack([theta, mu]), mu)[0], value, 0, tol)


@given(arrays(3))
def test_the_force_vanishes_at_theta_equal_mu_and_at_zero(mu):
    # Every order of grad(L/2) must: mu is stationary at every noise scale.
    found = power.high_noise_force(mu, mu)
    np.testing.assert_allclose(found, 0, 0, 64 * EPS * np.linalg.norm(mu) ** 3)
    assert np.array_equal(power.high_noise_force(np.zeros(3), mu), np.zeros(3))


@given(two_vectors())
def test_a_high_noise_step_is_a_power_iteration_step(vectors):
    theta, mu = vectors
    eta, d = 0.1, len(theta)
    matrix = (1 - 2 * eta * theta @ theta) * np.eye(d) + 2 * eta * np.outer(mu, mu)
    step = theta + eta * power.high_noise_force(theta, mu)
    size = 1 + np.linalg.norm(theta) + np.linalg.norm(mu)
    np.testing.assert_allclose(step, matrix @ theta, 0, 16 * d * EPS * size**3)


# -- on a sample -----------------------------------------------------------------------------------


@given(st.data())
def test_sample_force_is_the_sample_matrix_less_the_identity(data):
    n, d = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    theta, x = data.draw(arrays(d)), data.draw(arrays(n, d))
    S = sum(np.outer(point, point) for point in x) / n
    expected = [sum(S[i, j] * theta[j] for j in range(d)) - theta[i] for i in range(d)]
    # n d products below 8 each.
    np.testing.assert_allclose(power.sample_force(theta, x), expected, 0, 8 * n * d * EPS * 2)


def test_sample_force_is_the_small_norm_limit_of_half_the_implicit_force():
    rng = np.random.default_rng(1)
    theta, x = rng.standard_normal(4), 2 * rng.standard_normal((50, 4))

    def remainder(e, factor=2.0):
        linear = factor * power.sample_force(e * theta, x)
        return -objective.implicit_gradient(e * theta, x) - linear

    # Rounding EPS e against e^3 = e 2^-12 costs 12 bits of 53. The control is off by a factor 2.
    assert abs(order(remainder) - 3) < 0.1
    assert abs(order(lambda e: remainder(e, 1.0)) - 1) < 0.1


@pytest.mark.parametrize("n, d", [(40, 3), (5, 8), (1, 2), (30, 30)])
def test_top_eigenvector_is_that_of_the_sample_matrix(n, d):
    x = np.random.default_rng(n).standard_normal((n, d)) + 1.0
    values, vectors = np.linalg.eigh(x.T @ x / n)
    v = power.top_eigenvector(x)
    assert abs(v @ v - 1) <= 8 * d * EPS
    # Davis-Kahan: the angle is at most the backward error, some n d EPS |S|, over the gap.
    gap = (values[-1] - values[-2]) / values[-1]
    assert np.linalg.norm(v - np.sign(v @ vectors[:, -1]) * vectors[:, -1]) <= n * d * EPS / gap * 8
    assert abs(v @ x.T @ x @ v / n - values[-1]) <= 8 * n * d * EPS * values[-1]


# -- the threshold ---------------------------------------------------------------------------------


def test_overlap_is_zero_below_the_threshold_and_continuous_at_it():
    ratio = 0.5
    edge = math.sqrt(ratio)
    assert np.array_equal(power.spiked_overlap([0.0, 0.1, 0.99 * edge], ratio), np.zeros(3))
    # Just above, with l = (1 + s) sqrt(g), it is 2 s/(1 + sqrt g) + O(s^2): within 3 s^2.
    for s in (1e-8, 1e-4, 1e-2):
        value = power.spiked_overlap((1 + s) * edge, ratio)
        assert abs(value - 2 * s / (1 + edge)) <= 3 * s**2 + 8 * EPS


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0.01, 10))
def test_overlap_is_a_squared_cosine_and_grows_with_the_signal(signal, more, ratio):
    low, high = power.spiked_overlap(np.array([signal, signal + more]), ratio)
    assert -4 * EPS <= low <= high + 8 * EPS <= 1 + 8 * EPS


@given(st.floats(1e3, 1e12), st.floats(0.01, 10))
def test_overlap_tends_to_one_as_one_minus_ratio_over_signal(signal, ratio):
    # (1 - g/l^2)/(1 + g/l) = 1 - g/l + (g^2 - g)/l^2 + O(l^-3)
    rest = power.spiked_overlap(signal, ratio) - 1 + ratio / signal
    assert abs(rest) <= 2 * (ratio + ratio**2) / signal**2 + 4 * EPS


def test_overlap_is_what_a_finite_sample_shows():
    # One run's overlap scatters by O(d^-1/2), its bias is O(1/d): the mean of 16 runs has a
    # standard error of d^-1/2/4 = 0.013 times a constant, against a bias of 0.003 times one.
    n, d, signal = 800, 400, 2.0
    mu = math.sqrt(signal) * np.eye(d)[0]
    rng = np.random.default_rng(3)
    data = (mixture.sample(rng, n, mixture.pair(mu)) for _ in range(16))
    runs = np.array([power.top_eigenvector(x)[0] ** 2 for x in data])
    assert largest_z(runs - power.spiked_overlap(signal, d / n)) < Z
    # Controls: the formula without its denominator, and with n and d exchanged.
    assert largest_z(runs - (1 - d / n / signal**2)) > Z
    assert largest_z(runs - power.spiked_overlap(signal, n / d)) > Z


@pytest.mark.parametrize("eta", [0.25, 1.0])
def test_the_rate_is_the_exact_steps_to_leading_order(eta):
    """The relative error falls as the fourth power of the scale: 16 times when it is halved."""

    def off(e):
        theta, mu = e * np.array([0.6, 0.8]), e * np.array([1.0, 0.0])
        stepped = geometry.tangent(theta - eta * population.gradient(theta, mu), mu)
        return np.log(geometry.tangent(theta, mu) / stepped) - power.rate(e, e, eta)

    assert off(0.02) / off(0.01) == pytest.approx(16, rel=0.02)
    with pytest.raises(ValueError, match="eta: got 1, must be below"):
        power.rate(1.0, 1.0, 1.0)
