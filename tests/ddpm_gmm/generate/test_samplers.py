"""Samplers: exact on one Gaussian, of their known order on many, and equivariant."""

import math

import numpy as np
import pytest
from helpers import EPS, FD, finite_difference, rotation
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import mixture
from ddpm_gmm.generate import samplers, schemes
from ddpm_gmm.generate.samplers import score_of

SCHEMES = (schemes.euler, schemes.exponential)
MEANS = np.array([[1.5, 0.0, 0.5], [-1.0, 1.0, 0.0], [0.0, -1.5, 0.5]])


def rng(seed=0):
    return np.random.default_rng(seed)


# -- the score of a mixture ------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0.0, 0.7, 3.0])
def test_a_mixtures_score_is_the_slope_of_its_noised_log_density(t):
    x, at = rng().standard_normal((4, 3)), mixture.shrink(MEANS, t)
    for point, found in zip(x, score_of(MEANS)(t, x), strict=True):
        slope = finite_difference(lambda v: mixture.log_density(v[None], at)[0], point)
        np.testing.assert_allclose(found, slope, 0, FD)


# -- one step --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0, 2.0])
def test_a_short_step_is_the_equation(scheme, noise):
    # a - 1 - h, b - (1 + c^2) h and spread^2 - 2 c^2 h are O(h^2), with constants below 2 c^4 + 1.
    h = 1e-4
    a, b, spread = scheme(h, noise)
    off = [a - 1 - h, b - (1 + noise**2) * h, spread**2 - 2 * noise**2 * h]
    assert np.abs(off).max() < (2 * noise**4 + 1) * h**2
    assert noise or spread == 0


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("h", [0.01, 1.0, 3.0])
def test_the_exponential_step_is_exact_on_one_gaussian(noise, h):
    # x - mu e^{-t} is an Ornstein-Uhlenbeck process of rate c^2: for x = mu e^{-t} + r.
    a, b, spread = schemes.exponential(h, noise)
    mu, r, t = 1.7, -0.6, h + 0.2
    at = mu * math.exp(-t)
    found = a * (at + r) + b * (at - (at + r))
    assert found == pytest.approx(
        mu * math.exp(h - t) + r * math.exp(-(noise**2) * h), abs=50 * EPS
    )
    # Unit variance stays: e^{-2 c^2 h} + spread^2 = 1.
    assert math.exp(-2 * noise**2 * h) + spread**2 == pytest.approx(1, abs=8 * EPS)
    # Euler's step is not exact.
    a, b, spread = schemes.euler(h, noise)
    assert abs((a - b) ** 2 + spread**2 - 1) == pytest.approx((noise**2 * h) ** 2, abs=99 * EPS)


# -- one Gaussian, a whole run ---------------------------------------------------------------------


def test_the_reverse_sde_of_one_gaussian_is_an_autoregression():
    mu, x = MEANS[:1], rng().standard_normal((5, 3))
    times, noise = np.array([2.0, 1.9, 0.5, 0.0]), rng(1)
    wanted = x - mu * math.exp(-2)
    for h in -np.diff(times):
        wanted = math.exp(-h) * wanted + math.sqrt(-math.expm1(-2 * h)) * noise.standard_normal(
            x.shape
        )
    found = samplers.reverse_sde(rng(1), score_of(mu), x, times)
    np.testing.assert_allclose(found, wanted + mu, 0, 200 * EPS)
    assert np.abs(samplers.reverse_sde(rng(2), score_of(mu), x, times) - found).max() > 0.1


@pytest.mark.parametrize("times", [[20.0, 0.0], [36.0, 18.0, 0.0], [50.0, 30.0, 15.0, 0.0]])
def test_steps_as_long_as_are_allowed_are_exact_on_one_gaussian(times):
    # Forwards from zero, where no draw is the last: with no noise drawn, y = mu + e^{-T} (x - ...).
    times, mu, x = np.array(times), np.array([[3.0]]), np.array([[-1.5], [0.0], [2.0]])
    off = x - mu * math.exp(-times[0])  # of the flow, which keeps it
    found = samplers.probability_flow(score_of(mu), x, times)
    # Each step multiplies the rounding of a score of size 3 by at most e^20: 5e-8 of it; and a
    # centre that was lost in it, at e^{-t} below 2^-53, was of no size.
    tol = len(times) * 8 * EPS * math.exp(20)
    np.testing.assert_allclose(found, mu + off, 0, tol)
    draws = samplers.reverse_sde(rng(3), score_of(mu), x, times)
    only = rng(3)
    last = [only.standard_normal(x.shape) for _ in times[1:]][-1]
    # What came before the last step is left with e^{-15} or less of itself.
    np.testing.assert_allclose(draws, mu + last, 0, tol + 9 * math.exp(-15))


def test_the_flow_of_one_gaussian_is_a_translation():
    mu, x, times = MEANS[:1], rng().standard_normal((5, 3)), np.array([3.0, 1.0, 0.4])
    wanted = x + mu * (math.exp(-0.4) - math.exp(-3))
    found = samplers.probability_flow(score_of(mu), x, times)
    np.testing.assert_allclose(found, wanted, 0, 200 * EPS)
    euler = samplers.probability_flow(score_of(mu), x, times, schemes.euler)
    assert np.abs(euler - wanted).max() > 0.01


def test_a_run_may_be_interrupted():
    x, times = rng().standard_normal((4, 3)), schemes.schedule(3.0, 10)
    whole, parts = rng(1), rng(1)
    found = samplers.reverse_sde(parts, score_of(MEANS), x, times[:5])
    found = samplers.reverse_sde(parts, score_of(MEANS), found, times[4:])
    np.testing.assert_array_equal(found, samplers.reverse_sde(whole, score_of(MEANS), x, times))
    np.testing.assert_array_equal(samplers.probability_flow(score_of(MEANS), x, times[:1]), x)


# -- many Gaussians --------------------------------------------------------------------------------


class Rotated(np.random.Generator):
    """Normals of a generator with the rows rotated."""

    def __init__(self, seed, Q):
        super().__init__(np.random.PCG64(seed))
        self.Q = Q

    def standard_normal(self, *args, **kwargs):
        return super().standard_normal(*args, **kwargs) @ self.Q.T


@pytest.mark.parametrize("scheme", SCHEMES)
def test_rotating_centres_start_and_noise_rotates_the_samples(scheme):
    Q, x, times = rotation(3), rng().standard_normal((20, 3)), schemes.schedule(3.0, 20)
    plain, turned = score_of(MEANS), score_of(MEANS @ Q.T)
    args = times, scheme
    found = samplers.probability_flow(turned, x @ Q.T, *args)
    # 20 steps, each with rounding of about 20 EPS, and stretched by less than 1000 in all.
    tol = 20 * 20 * 1000 * EPS
    np.testing.assert_allclose(found, samplers.probability_flow(plain, x, *args) @ Q.T, 0, tol)
    found = samplers.reverse_sde(Rotated(5, Q), turned, x @ Q.T, *args)
    wanted = samplers.reverse_sde(Rotated(5, np.eye(3)), plain, x, *args) @ Q.T
    np.testing.assert_allclose(found, wanted, 0, tol)


def test_points_do_not_see_each_other_and_centres_have_no_order():
    x, times = rng().standard_normal((20, 3)), schemes.schedule(3.0, 20)
    found = samplers.probability_flow(score_of(MEANS[::-1]), x[::-1], times)
    np.testing.assert_allclose(
        found[::-1], samplers.probability_flow(score_of(MEANS), x, times), 0, 1e-11
    )
    one = samplers.probability_flow(score_of(MEANS), x[:1], times)
    np.testing.assert_allclose(one, found[-1:], 0, 1e-11)


@given(st.lists(st.floats(0, 8), min_size=2, max_size=6, unique=True), st.integers(0, 99))
def test_the_exponential_flow_stays_within_reach_of_the_centres(times, seed):
    # A step adds (e^h - 1) e^{-t} times a mean of the centres: over all steps B e^{-end} at most.
    x, times = 3 * rng(seed).standard_normal((5, 3)), np.sort(times)[::-1].copy()
    if (np.diff(times) > -1e-9).any():
        return
    found = samplers.probability_flow(score_of(MEANS), x, times)
    reach = np.linalg.norm(MEANS, axis=1).max()
    assert np.linalg.norm(found - x, axis=1).max() <= reach * (1 + 1e-9)


# -- the schedule ----------------------------------------------------------------------------------


@given(st.floats(1e-3, 19), st.integers(1, 50), st.floats(0, 2))
def test_the_schedule_moves_the_centres_evenly(span, steps, end):
    times = schemes.schedule(end + span, steps, end)
    assert len(times) == steps + 1 and times[0] == end + span and times[-1] == end
    moved = np.diff(np.exp(-times))
    np.testing.assert_allclose(moved, moved.mean(), 0, 8 * EPS)
    assert (np.diff(times) < 0).all()


# -- refusals that are not about one argument ------------------------------------------------------


@pytest.mark.parametrize("times", [[1.0, 1.0], [0.0, 1.0], [1.0, -0.5], [2.0, 0.5, 0.7]])
def test_times_that_do_not_fall_are_refused(times):
    with pytest.raises(ValueError, match=r"times: got .*, must be >= 0 and strictly decreasing"):
        samplers.reverse_sde(rng(), score_of(MEANS), np.ones((2, 3)), np.array(times))


def test_a_score_of_the_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"score\(t, x\): got \(2,\), must be \(2, 3\) to match x"):
        samplers.probability_flow(lambda t, x: x[:, 0], np.ones((2, 3)), np.array([1.0, 0.0]))


def test_a_schedule_must_end_before_it_starts():
    with pytest.raises(ValueError, match=r"T: got 0.5, must be > 0.5"):
        schemes.schedule(0.5, 3, 0.5)
    with pytest.raises(ValueError, match=r"end: got -1, must be >= 0"):
        schemes.schedule(0.5, 3, -1.0)
