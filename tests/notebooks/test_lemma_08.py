"""The expansion at high noise: orders three, five and seven, and how the leading one errs."""

import math

import mpmath as mp
import numpy as np
import pytest
from helpers import DIGITS, EPS, arrays, at_angle, reference_gradient, rotation, two_vectors
from hypothesis import given

from ddpm_gmm.learn import power
from lemma_08 import fifth_order_force, part_errors, seventh_order_force

FORCES = (power.high_noise_force, 3), (fifth_order_force, 5), (seventh_order_force, 7)


def order(remainder, e=2.0**-6):
    """Exponent p of |remainder(e)| ~ e^p, from one halving of e, measured at small e.

    All the functions here are odd, so the next order is p + 2 and changes the exponent by
    C e^2 = C/4096: within 0.1 for C up to 400, and the orders to tell apart are 2 away.
    """
    large, small = (np.linalg.norm(remainder(s)) for s in (e, e / 2))
    return math.log2(large / small)


def force(theta, mu):
    """-grad(L/2) in the plane (e_1 = mu/|mu|), from 50 digits, not rounded below 1e-16 relative."""
    along_mu, along_theta = reference_gradient(theta, mu)
    with mp.workdps(DIGITS):
        return np.array([-(along_mu * b + along_theta * a) for a, b in zip(theta, mu, strict=True)])


@pytest.mark.parametrize("phi", [0.2, 1.4, 2.3])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_high_noise_expansion_has_orders_three_five_and_seven_and_is_good_to_nine(phi, ratio):
    theta, mu = at_angle(np.random.default_rng(0), 2, ratio, 1.0, phi)

    def remainder(e, third=1.0, fifth=1.0, seventh=0.0):
        # Powers of two scale exactly; 1e-16 relative at e^3 is 1e-8 relative at e^7 = 2^-49.
        a, b = e * theta, e * mu
        expansion = third * power.high_noise_force(a, b) + fifth * fifth_order_force(a, b)
        return (force(a, b) - expansion - seventh * seventh_order_force(a, b)).astype(float)

    assert abs(order(lambda e: remainder(e, 0, 0)) - 3) < 0.1
    assert abs(order(lambda e: remainder(e, 1, 0)) - 5) < 0.1
    assert abs(order(lambda e: remainder(e, 1, 1)) - 7) < 0.1
    assert abs(order(lambda e: remainder(e, 1, 1, 1)) - 9) < 0.1
    # Controls: a coefficient that is wrong by 1% keeps the lower order.
    assert abs(order(lambda e: remainder(e, 1.01, 1)) - 3) < 0.1
    assert order(lambda e: remainder(e, 1, 1.01)) < 6
    assert order(lambda e: remainder(e, 1, 1, 1.01)) < 8


@given(two_vectors())
def test_forces_are_odd_in_theta_even_in_mu_and_turn_with_both(vectors):
    theta, mu = vectors
    Q = rotation(len(theta))
    size = 1 + np.linalg.norm(theta) + np.linalg.norm(mu)
    for f, order in FORCES:
        tol = 256 * len(theta) * EPS * size**order  # coefficients up to 68/3, d products each
        value = f(theta, mu)
        np.testing.assert_allclose(f(-theta, mu), -value, 0, tol)
        np.testing.assert_allclose(f(theta, -mu), value, 0, tol)
        np.testing.assert_allclose(f(Q @ theta, Q @ mu), Q @ value, 0, tol)
        np.testing.assert_allclose(f(np.stack([theta, mu]), mu)[0], value, 0, tol)


@given(arrays(3))
def test_every_order_vanishes_at_theta_equal_mu_and_at_zero(mu):
    # Every order of grad(L/2) must: mu is stationary at every noise scale.
    for f, order in FORCES:
        np.testing.assert_allclose(f(mu, mu), 0, 0, 256 * EPS * np.linalg.norm(mu) ** order)
        assert np.array_equal(f(np.zeros(3), mu), np.zeros(3))


@pytest.mark.parametrize("d", [2, 50])
def test_the_leading_force_errs_by_three_along_theta_and_by_three_halves_across(d):
    theta, mu = at_angle(np.random.default_rng(1), d, 2.0**-7, 2.0**-7, 1.2)
    # The next terms, in units of r^2: (34/3 v - 2/3 m^2/v) and (4 v - 2/3 m^2/v), v = 2^-14.
    along, across, whole = part_errors(theta, mu)
    assert abs(along - 3) < 12 * 2.0**-14
    assert abs(across - 1.5) < 5 * 2.0**-14
    assert whole > across
    wrong = part_errors(theta, mu, scale=1 + 2.0**-14)
    np.testing.assert_allclose(wrong[:2], [along + 1, across + 1], 0, 1e-3)
