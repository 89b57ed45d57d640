"""EM and gradient EM."""

import math

import numpy as np
import pytest
from helpers import (
    EPS,
    FD,
    Z,
    arrays,
    centres,
    finite_difference,
    largest_z,
    rotation,
    samples,
    slow_weights,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm import em, mixture
from ddpm_gmm.pair import population

TOL = 24 * 16 * EPS  # entries in [-2, 2], d <= 3: terms below 24, some 16 operations


def slow_em_step(theta, x):
    """E and M step by the book, one point and one centre at a time."""
    means = centres(theta)
    total, mass = np.zeros_like(means), np.zeros(len(means))
    for point in x:
        for i, w in enumerate(slow_weights(point, means)):
            total[i] += w * point
            mass[i] += w
    if theta.ndim == 1:  # tied: the M step maximises over mu in {mu, -mu}
        return (total[0] - total[1]) / len(x)
    return total / mass[:, None]


@given(samples())
def test_em_step_is_expectation_then_maximisation(sample):
    theta, x, _, _ = sample
    # A weight w with |log w| <= 24 has relative error 24 * 16 EPS, and so has their ratio.
    np.testing.assert_allclose(em.em_step(theta, x), slow_em_step(theta, x), 0, 16 * TOL)


@given(samples())
def test_log_likelihood_is_the_mean_log_density(sample):
    theta, x, _, _ = sample
    density = [
        np.mean([math.exp(-sum((p - m) ** 2) / 2) for m in centres(theta)])
        / math.sqrt(2 * math.pi) ** len(p)
        for p in x
    ]
    assert abs(em.log_likelihood(theta, x) - np.mean(np.log(density))) <= TOL


@settings(max_examples=200)
@given(samples())
def test_likelihood_never_falls_under_em(sample):
    theta, x, _, _ = sample
    before = em.log_likelihood(theta, x)
    for _ in range(3):
        theta = em.em_step(theta, x)
        after = em.log_likelihood(theta, x)
        assert after >= before - TOL
        before = after


def test_likelihood_falls_when_em_oversteps():
    # The control of the test above: from 2 standard deviations out, minus the EM step.
    x = mixture.sample(np.random.default_rng(0), 200, np.array([[2.0, 0.0], [-2.0, 0.0]]))
    theta = np.array([2.0, 0.0])
    assert em.log_likelihood(np.zeros(2), x) < em.log_likelihood(theta, x) - 0.1
    assert em.log_likelihood(em.em_step(theta, x), x) >= em.log_likelihood(theta, x)


@given(samples())
def test_likelihood_gradient_is_the_finite_difference_of_the_likelihood(sample):
    theta, x, _, _ = sample
    slope = finite_difference(lambda v: em.log_likelihood(v, x), theta)
    np.testing.assert_allclose(em.likelihood_gradient(theta, x), slope, 0, FD)


@given(samples())
def test_em_step_is_gradient_ascent_scaled_by_the_mass_of_each_centre(sample):
    theta, x, _, _ = sample
    move = em.em_step(theta, x) - theta
    if theta.ndim == 2:
        move *= mixture.responsibilities(x, theta).mean(axis=1)[:, None]
    np.testing.assert_allclose(move, em.likelihood_gradient(theta, x), 0, TOL)


@pytest.mark.parametrize("theta", [np.array([1.0, 0.5]), np.array([[1.0, 0.0], [-0.5, 1.0]])])
def test_the_limit_of_em_is_its_fixed_point_and_a_critical_point_of_the_likelihood(theta):
    x = mixture.sample(np.random.default_rng(1), 300, np.array([[2.0, 1.0], [-2.0, -1.0]]))
    for _ in range(200):  # EM contracts here by less than 0.8 a step: 0.8^200 < 1e-19
        theta = em.em_step(theta, x)
    # Rounding of a mean of 300 points below 8, over 1 - 0.8.
    tol = 5 * 8 * EPS * math.sqrt(300)
    np.testing.assert_allclose(em.em_step(theta, x), theta, 0, tol)
    np.testing.assert_allclose(em.likelihood_gradient(theta, x), 0, 0, tol)


@given(samples(pair=True))
def test_two_centres_on_a_mirrored_sample_stay_tied(sample):
    theta, x, _, _ = sample
    both = em.em_step(mixture.pair(theta), np.concatenate([x, -x]))
    np.testing.assert_allclose(both, mixture.pair(em.em_step(theta, x)), 0, 16 * TOL)


@given(samples(), st.integers(0, 5))
def test_rotation_sign_and_permutation_go_through_em(sample, seed):
    theta, x, _, _ = sample
    step, Q = em.em_step(theta, x), rotation(x.shape[1])
    np.testing.assert_allclose(em.em_step(theta @ Q.T, x @ Q.T), step @ Q.T, 0, 64 * TOL)
    np.testing.assert_allclose(em.em_step(-theta, -x), -step, 0, 16 * TOL)
    if theta.ndim == 1:
        np.testing.assert_allclose(em.em_step(-theta, x), -step, 0, 16 * TOL)
    else:
        order = np.random.default_rng(seed).permutation(len(theta))
        np.testing.assert_allclose(em.em_step(theta[order], x), step[order], 0, 16 * TOL)


@given(samples(pair=False), arrays(3))
def test_translation_goes_through_em(sample, shift):
    theta, x, _, _ = sample
    c = shift[: x.shape[1]]
    np.testing.assert_allclose(em.em_step(theta + c, x + c), em.em_step(theta, x) + c, 0, 64 * TOL)


def test_a_centre_that_no_point_belongs_to_stays_where_it_is():
    x = np.array([[0.0, 1.0], [1.0, 0.0]])
    far = np.array([[0.5, 0.5], [100.0, 100.0]])  # weights e^-9900 underflow to 0
    np.testing.assert_allclose(em.em_step(far, x), [[0.5, 0.5], [100.0, 100.0]], 0, 4 * EPS)
    assert np.array_equal(em.likelihood_gradient(far, x)[1], np.zeros(2))


@given(arrays(4, 2))
def test_theta_zero_is_a_fixed_point_and_one_centre_goes_to_the_mean(x):
    assert np.array_equal(em.em_step(np.zeros(2), x), np.zeros(2))
    np.testing.assert_allclose(em.em_step(x[:1], x), x.mean(axis=0)[None], 0, 16 * EPS)


def test_sample_em_averages_to_population_em():
    mu, theta = np.array([1.0, -0.5, 0.7]), np.array([0.4, 0.5, 0.9])
    rng = np.random.default_rng(2)
    data = [mixture.sample(rng, 4000, mixture.pair(mu)) for _ in range(64)]
    steps = np.array([em.em_step(theta, x) for x in data])
    assert largest_z(steps - population.em_step(theta, mu)) < Z
    assert largest_z(steps - population.em_step(theta, 1.05 * mu)) > Z
    # And the truth is a fixed point in expectation; 0.9 of it is not.
    assert largest_z([em.likelihood_gradient(mu, x) for x in data]) < Z
    assert largest_z([em.likelihood_gradient(0.9 * mu, x) for x in data]) > Z


@given(samples())
def test_a_unit_step_along_the_em_field_is_an_em_step(sample):
    theta, x, _, _ = sample
    after = theta - em.em_gradient(theta, x)
    np.testing.assert_allclose(after, em.em_step(theta, x), 0, 16 * EPS * (1 + np.abs(x).max()))
