"""Angles, rescaling and plane coordinates."""

import math

import mpmath as mp
import numpy as np
import pytest
from helpers import EPS, arrays, at_angle, exact_dot, reals, rotation, two_vectors
from hypothesis import assume, given
from hypothesis import strategies as st

from ddpm_gmm import geometry

SIZES = st.floats(0.01, 100.0)


def mp_angle(theta, mu):
    """acos at 60 digits of exact inner products: half of them survive near 0 and pi."""
    with mp.workdps(60):
        return mp.acos(exact_dot(theta, mu) / mp.sqrt(exact_dot(theta, theta) * exact_dot(mu, mu)))


@pytest.mark.parametrize("d", [2, 1000])
@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-10, 1e-5, 0.1, 1.0])
@pytest.mark.parametrize("base, sign", [(0.0, 1), (math.pi / 2, 1), (math.pi, -1)])
def test_angle_is_accurate_near_zero_pi_and_the_right_angle(d, gap, base, sign):
    phi = base + sign * gap
    theta, mu = at_angle(np.random.default_rng(d), d, 3.0, 0.2, phi)
    exact = float(mp_angle(theta, mu))
    # The residual theta - a mu/|mu| is wrong by EPS |theta| for each of a, |mu| and the
    # subtraction, the two sums over d by sqrt(d) EPS.
    assert abs(geometry.angle(theta, mu) - exact) <= (8 + 2 * math.sqrt(d)) * EPS * math.pi


def test_an_arccos_would_lose_half_the_digits():
    # The control of the test above.
    theta, mu = at_angle(np.random.default_rng(0), 1000, 3.0, 0.2, 1e-10)
    cosine = theta @ mu / math.sqrt((theta @ theta) * (mu @ mu))
    assert abs(math.acos(min(cosine, 1.0)) - float(mp_angle(theta, mu))) > 5e-11


@given(two_vectors(), SIZES, SIZES)
def test_angle_ignores_lengths_and_rotations_and_turns_round_with_sign(vectors, p, q):
    theta, mu = vectors
    assume(min(np.linalg.norm(theta), np.linalg.norm(mu)) > 1e-3)
    Q, angle = rotation(len(theta)), geometry.angle(theta, mu)
    tol = 64 * EPS * len(theta)
    assert 0 <= angle <= math.pi
    assert abs(geometry.angle(p * theta, q * mu) - angle) <= tol
    assert abs(geometry.angle(Q @ theta, Q @ mu) - angle) <= tol
    assert abs(geometry.angle(mu, theta) - angle) <= tol
    assert abs(geometry.angle(-theta, mu) - (math.pi - angle)) <= tol


def test_without_a_direction_the_angle_is_a_right_one():
    zero, mu = np.zeros(3), np.array([1.0, 2.0, 0.0])
    assert geometry.angle(zero, mu) == math.pi / 2
    assert geometry.angle(mu, zero) == math.pi / 2
    assert geometry.angle(zero, zero) == math.pi / 2
    a, b = geometry.to_plane(mu, zero)
    assert (a, b) == (0, geometry.norm(mu))


@given(two_vectors())
def test_plane_coordinates_are_length_and_angle(vectors):
    theta, mu = vectors
    assume(np.linalg.norm(mu) > 1e-3)
    a, b = geometry.to_plane(theta, mu)
    length = math.hypot(*theta)
    tol = 16 * EPS * length * len(theta)
    assert b >= 0
    assert abs(math.hypot(a, b) - length) <= tol
    assert abs(a - theta @ mu / np.linalg.norm(mu)) <= tol
    assert abs(length * math.cos(geometry.angle(theta, mu)) - a) <= tol


@given(reals(-10, 10), reals(0, 10), st.integers(2, 6), SIZES)
def test_from_plane_then_to_plane_is_the_identity(a, b, d, size):
    theta = geometry.from_plane(a, b, d)
    assert theta.shape == (d,)
    mu = size * np.eye(d)[0]
    back = geometry.to_plane(theta, mu)
    np.testing.assert_allclose(back, (a, b), 0, 8 * EPS * (abs(a) + b))
    Q = rotation(d)
    turned = geometry.to_plane(Q @ theta, Q @ mu)
    np.testing.assert_allclose(turned, (a, b), 0, 16 * d * EPS * (abs(a) + b))


def test_batches_are_loops():
    rng = np.random.default_rng(0)
    theta, mu = rng.standard_normal((3, 4, 5)), rng.standard_normal(5)
    for f in (
        geometry.norm,
        lambda v: geometry.angle(v, mu),
        lambda v: geometry.to_plane(v, mu)[1],
        lambda v: geometry.rescale(v, 2.0),
    ):
        loop = [[f(v) for v in row] for row in theta]
        np.testing.assert_allclose(f(theta), loop, 16 * EPS)
    np.testing.assert_array_equal(
        geometry.from_plane(np.arange(3.0), 1.0, 4),
        [geometry.from_plane(a, 1.0, 4) for a in range(3)],
    )


@given(arrays(4, bound=20.0), SIZES)
def test_rescale_sets_the_length_and_keeps_the_direction(theta, size):
    length = np.linalg.norm(theta)
    assume(length > 1e-3 or not theta.any())
    out = geometry.rescale(theta, size)
    assert abs(np.linalg.norm(out) - size * theta.any()) <= 16 * EPS * size
    np.testing.assert_allclose(out * length, theta * size, 16 * EPS, 0)
    np.testing.assert_allclose(geometry.rescale(out, size), out, 16 * EPS, 0)


@given(st.floats(0.01, 3.1), st.floats(0.1, 10))
def test_tangent_and_overlap_are_the_angles_and_miss_no_sign(phi, r):
    mu = np.array([2.0, 0.0, 0.0])
    theta = geometry.from_plane(r * np.cos(phi), r * np.sin(phi), 3)
    for sign in (1, -1):
        assert geometry.tangent(sign * theta, mu) == pytest.approx(abs(np.tan(phi)), rel=1e-9)
        assert geometry.overlap(sign * theta, mu) == pytest.approx(np.cos(phi) ** 2, abs=1e-15)
    nearer = np.linalg.norm([theta - mu, theta + mu], axis=1).min()
    assert geometry.miss(theta, mu) == geometry.miss(-theta, mu) == pytest.approx(nearer)


def test_no_direction_has_no_overlap():
    assert (
        geometry.overlap(np.zeros(2), np.ones(2)) == geometry.overlap(np.ones(2), np.zeros(2)) == 0
    )
    assert geometry.tangent(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == np.inf
