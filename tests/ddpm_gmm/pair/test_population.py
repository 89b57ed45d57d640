"""The exact pair, against 50 digits and against its own symmetries."""

import math

import mpmath as mp
import numpy as np
import pytest
from flint import arb, ctx, fmpz_poly
from helpers import (
    DIGITS,
    EPS,
    arrays,
    at_angle,
    exact_dot,
    gaussian_means,
    mp_jacobian,
    reference,
    reference_gradient,
    rotation,
    tanh_derivative_bound,
    two_vectors,
)
from hypothesis import given

from ddpm_gmm import geometry, mixture, rules
from ddpm_gmm.pair import population

LADDER = (1e-3, 0.1, 1.0, 4.0, 16.0)
EXACT = (population.loss, population.em_step, population.G, population.gradient)
JACOBIANS = (population.em_jacobian, population.hessian)


def rounding(theta, mu):
    """What rounding may do to any function here.

    Each is a sum of terms at most (1 + |m| + r^2)(|theta| + |mu|) T_k, and so is the change that a
    relative error of EPS in m or r makes, times once more (1 + |m| + r^2). A T_k, |T_k| <= 2, is a
    sum of q < 1000 products: an error sqrt(q) EPS < 32 EPS; twice that for the two sides compared.
    """
    size = 1 + abs(theta @ mu) + theta @ theta
    return 64 * EPS * size**2 * (np.linalg.norm(theta) + np.linalg.norm(mu))


def jacobian_rounding(theta, mu):
    """The same for the derivatives: one more factor |theta| + |mu|, T_5 <= 16, and the identity."""
    length = 1 + np.linalg.norm(theta) + np.linalg.norm(mu)
    return 8 * length * (rounding(theta, mu) + 64 * EPS)


def exact_moments(m, r):
    """T_0 to T_5 by definition: tanh^(k) as a polynomial in s = tanh u, P' (1 - s^2) step by step.

    The trapezoidal rule at 40 digits, its error e^(-2 pi (pi/2r)/step) < 1e-40.
    """
    derivatives = [np.polynomial.Polynomial([0, 1])]
    for _ in range(5):
        derivatives.append(derivatives[-1].deriv() * np.polynomial.Polynomial([1, 0, -1]))
    with ctx.workdps(40):
        derivatives = [fmpz_poly([int(c) for c in p.coef]) for p in derivatives]
        step = arb(math.pi**2 / (100 * max(r, 0.5)))
        sums = [arb(0)] * 6
        for j in range(-int(14 / float(step)), int(14 / float(step)) + 1):
            g = step * j
            s, w = (m + r * g).tanh(), step * (-g * g / 2).exp() / (2 * arb.pi()).sqrt()
            sums = [total + w * p(s) for total, p in zip(sums, derivatives, strict=True)]
        return [float(total) for total in sums]


# -- the reference itself -------------------------------------------------------------------------


def test_the_reference_does_not_move_when_its_work_is_doubled():
    # Hardest rung: the poles are nearest at r = 16, and division by r magnifies most at 1e-3.
    for m, r in [(0.3, 16), (16, 16), (0.016, 1e-3)]:
        once, twice = reference(mp.mpf(m), mp.mpf(r)), reference(mp.mpf(m), mp.mpf(r), refine=2)
        change = [abs(once[0] - twice[0])]
        change += [abs(a - b) for i in (1, 2) for a, b in zip(once[i], twice[i], strict=True)]
        assert max(change) < mp.mpf(10) ** -DIGITS


def test_the_reference_gradient_is_the_derivative_of_the_reference_loss():
    mu = [0.7, -0.4]

    def inner(theta):
        m = mp.fdot(theta, mu)
        return m, mp.sqrt(mp.fdot(theta, theta))

    theta = [1.1, 0.3]
    slope = mp_jacobian(lambda v: [reference(*inner(v))[0]], theta)[0]
    along_mu, along_theta = reference_gradient(np.array(theta), np.array(mu))
    expected = [along_mu * b + along_theta * a for a, b in zip(theta, mu, strict=True)]
    # Both sides are exact to 1e-30 before they become floats.
    np.testing.assert_allclose(slope, np.array(expected, dtype=float), atol=4 * EPS)


# -- the asked precision --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "d, phi",
    [(1, 0.0), (1, math.pi)]
    + [(2, phi) for phi in (0.0, 1.0, math.pi / 2 - 1e-6, 2.0, math.pi)]
    + [(50, 1.0), (50, math.pi / 2 - 1 / math.sqrt(50)), (50, 2.5)]
    + [(10**5, 0.0), (10**5, math.pi / 2 - 10**-2.5)],  # 10^-2.5 = 1/sqrt(d): a random start
)
def test_gradient_is_within_1e_12_of_50_digits(d, phi):
    rng = np.random.default_rng(d)
    ladder = LADDER if d < 1000 else LADDER[::2]  # the two lengths and the angle are all there is
    for theta_size in ladder:
        pairs = [at_angle(rng, d, theta_size, mu_size, phi) for mu_size in ladder]
        for theta, mu in pairs:
            along_mu, along_theta = reference_gradient(theta, mu)
            # The sum in long double: its own error, 2^-64 of each term, is nothing against 1e-12.
            want = np.longdouble(mp.nstr(along_mu, 25)) * mu.astype(np.longdouble)
            want += np.longdouble(mp.nstr(along_theta, 25)) * theta.astype(np.longdouble)
            error = np.linalg.norm((population.gradient(theta, mu) - want).astype(float))
            assert error <= 1e-12 * max(1.0, theta_size), (theta_size, np.linalg.norm(mu))


@pytest.mark.parametrize("theta_size", LADDER)
@pytest.mark.parametrize("phi", [0.3, math.pi / 2 - 1e-4, 2.0])
def test_loss_em_step_and_G_equal_their_formulas_before_steins_lemma(theta_size, phi):
    rng = np.random.default_rng(0)
    for mu_size in LADDER:
        theta, mu = at_angle(rng, 3, theta_size, mu_size, phi)
        m, r = exact_dot(theta, mu), mp.sqrt(exact_dot(theta, theta))
        loss, *vectors = reference(m, r)
        # Rounding as in rounding(), but its terms summed with their true size: |T_k| <= 2, and the
        # sensitivity to m is bounded since |m|^j tanh^(k)(u) is small wherever |m| > 9 r.
        tol = 64 * EPS * (1 + abs(float(m)) + theta_size**2) * (1 + theta_size + mu_size)
        assert abs(population.loss(theta, mu) - float(loss)) <= tol
        for f, (a, b) in zip((population.em_step, population.G), vectors, strict=True):
            np.testing.assert_allclose(f(theta, mu), float(a) * mu + float(b) * theta, 0, tol)


@pytest.mark.parametrize("phi", [0.0, 1.2, 2.8])
@pytest.mark.parametrize("theta_size, mu_size", [(0.1, 2.0), (1.0, 1.0), (2.0, 0.5)])
def test_jacobian_and_hessian_are_derivatives_at_50_digits(phi, theta_size, mu_size):
    theta, mu = at_angle(np.random.default_rng(1), 3, theta_size, mu_size, phi)

    def at(kind):
        def f(v):
            m, r = mp.fdot(v, map(mp.mpf, mu)), mp.sqrt(mp.fdot(v, v))
            _, em, G = reference(m, r)
            em_part = [em[0] * b + em[1] * a for a, b in zip(v, mu, strict=True)]
            G_part = [G[0] * b + G[1] * a for a, b in zip(v, mu, strict=True)]
            if kind is population.em_jacobian:
                return em_part
            return [a - e - g for a, e, g in zip(v, em_part, G_part, strict=True)]

        return f

    for kind in JACOBIANS:
        tol = jacobian_rounding(theta, mu)
        np.testing.assert_allclose(kind(theta, mu), mp_jacobian(at(kind), theta), 0, tol)


# -- moments and quadrature -----------------------------------------------------------------------


@pytest.mark.parametrize("r", [1e-3, 0.5, 2.0, 6.0, 16.0])
@pytest.mark.parametrize("m", [0.0, 0.3, 5.0])
def test_nodes_meet_their_bound_on_tanh_and_five_derivatives(m, r):
    g, w = rules.gaussian(r)
    T = population.moments(m, r, 5)
    for k, exact in enumerate(exact_moments(m, r)):
        # The rule's own 1e-17, the rounded sum (sqrt(q) EPS sup|f|), the polynomial in s (its
        # coefficients sum to at most 256), and u = m + r g, wrong by 2 EPS |u| where |u f'(u)|
        # is at most 2 sup|f'| (f' is negligible beyond |u| = 20, and falls as e^-2u).
        bound = tanh_derivative_bound(max(k, 1))
        tol = 1e-17 + EPS * (math.sqrt(len(g)) * bound + 256 + 4 * tanh_derivative_bound(k + 1))
        assert abs(T[k] - exact) <= tol
    np.testing.assert_array_equal(population.moments(m, r), T[:4])  # T_0 to T_3 unless asked
    assert abs(w.sum() - 1) <= EPS * math.sqrt(len(g))
    np.testing.assert_array_equal(g, -g[::-1])
    np.testing.assert_array_equal(w, w[::-1])


@pytest.mark.parametrize("r", [0.0, 0.05, 0.5, 4.0, 16.0])
def test_the_step_is_the_largest_that_a_strip_away_from_the_poles_allows(r):
    # Slow twin: try every half-width a, up to half way to the pole at pi/(2r), of the error bound
    # 1024 e^{a^2/2 - 2 pi a/h} = 1e-17, whose logarithm -46 comes rounded to two digits.
    a = np.linspace(1e-3, math.pi / (4 * r) if r else 30.0, 20001)
    longest = np.max(2 * math.pi * a / (a**2 / 2 + math.log(1024 / 1e-17)))
    g, _ = rules.gaussian(r)
    assert abs((g[1] - g[0]) / longest - 1) < 0.01
    assert 9 <= g[-1] < 9 + longest * 1.01


@pytest.mark.parametrize("r", [2.0, 4.0, 16.0])
def test_the_trapezoid_converges_geometrically_at_the_rate_of_the_nearest_pole(r):
    # sech^2(r g) has double poles at +-i pi/(2r). Residues give the error of step h as
    # (8 pi^2/(r^2 h)) phi(i pi/(2r)) (1 - h/(4r)) q, q = e^(-pi^2/(r h)), up to a factor
    # 1 + O(q): (2 pi/h terms of the next harmonic double it at most) plus the pole at 3i pi/(2r),
    # q^2 e^(pi^2/r^2).
    exact = float(gaussian_means(mp.mpf(0), mp.mpf(r))[1][0])
    for q in (1e-2, 1e-3, 1e-4, 1e-5):
        h = -(math.pi**2) / (r * math.log(q))
        g = h * np.arange(-int(12 / h), int(12 / h) + 1)
        twin = np.sum(h * np.exp(-(g**2) / 2) / math.sqrt(2 * math.pi) / np.cosh(r * g) ** 2)
        pole = math.exp(math.pi**2 / (8 * r**2)) / math.sqrt(2 * math.pi)
        law = 8 * math.pi**2 / (r**2 * h) * pole * (1 - h / (4 * r)) * q
        assert abs((twin - exact) / law - 1) <= 4 * q * math.exp(math.pi**2 / r**2) + EPS / law * 30


def test_moments_satisfy_the_heat_equation():
    # dT_k = T_{k+1} dm + T_{k+2} d(r^2)/2. Four-point differences with step h: error
    # h^4/30 sup|5th derivative| + 1.5 EPS sqrt(q) sup|f|/h.
    h, v, m = 2.0**-8, 0.8, 0.6
    steps = h * np.array([1, -1, 2, -2])
    stencil = np.array([8, -8, -1, 1]) / (12 * h)
    T = population.moments(m, math.sqrt(v), 5)
    for k in range(4):
        noise = 1.5 * EPS * 32 * tanh_derivative_bound(max(k, 1)) / h
        in_m = population.moments(m + steps, math.sqrt(v))[k] @ stencil
        assert abs(in_m - T[k + 1]) <= h**4 / 30 * tanh_derivative_bound(k + 5) + noise
        in_v = population.moments(m, np.sqrt(v + steps))[k] @ stencil
        # d/dv is half of two derivatives in m: the fifth is T_{k+10}/32.
        assert abs(in_v - T[k + 2] / 2) <= h**4 / 30 * tanh_derivative_bound(k + 10) / 32 + noise


# -- what L is ------------------------------------------------------------------------------------


@given(two_vectors())
def test_mu_is_the_global_minimum_of_the_loss(vectors):
    theta, mu = vectors
    tol = rounding(theta, mu) + rounding(mu, mu)
    assert population.loss(theta, mu) >= population.loss(mu, mu) - tol


@pytest.mark.parametrize("theta, mu", [(0.3, 1.0), (-2.0, 0.5), (1.5, 3.0), (0.0, 1.0)])
def test_loss_minus_its_minimum_is_half_the_mean_squared_error_of_the_score(theta, mu):
    theta, mu = np.array([theta]), np.array([mu])
    # One dimension, by the trapezoidal rule in x: q(x) is a Gaussian, beyond 12 below 1e-18 here.
    x = np.linspace(-15, 15, 6001)[:, None]
    q = np.exp(mixture.log_density(x, mixture.pair(mu)))
    gap = mixture.score(x, mixture.pair(theta)) - mixture.score(x, mixture.pair(mu))
    direct = np.sum(q * gap[:, 0] ** 2) * (x[1, 0] - x[0, 0]) / 2
    found = population.loss(theta, mu) - population.loss(mu, mu)
    assert abs(found - direct) <= rounding(theta, mu) + rounding(mu, mu) + 80 * EPS * direct


# -- identities -----------------------------------------------------------------------------------


@given(arrays(3, bound=4.0))
def test_theta_equal_mu_is_a_fixed_point_where_G_and_the_gradient_vanish(mu):
    tol = rounding(mu, mu)
    np.testing.assert_allclose(population.em_step(mu, mu), mu, 0, tol)
    np.testing.assert_allclose(population.G(mu, mu), 0, 0, tol)
    np.testing.assert_allclose(population.gradient(mu, mu), 0, 0, tol)


@given(two_vectors())
def test_a_unit_gradient_step_is_an_em_step_plus_G(vectors):
    theta, mu = vectors
    step = theta - population.gradient(theta, mu)
    plus = population.em_step(theta, mu) + population.G(theta, mu)
    np.testing.assert_allclose(step, plus, 0, rounding(theta, mu))


@given(two_vectors())
def test_jacobians_and_norms_are_those_of_the_three_maps(vectors):
    theta, mu = vectors
    em, g, step = population.jacobians(theta, mu)
    tol = 2 * jacobian_rounding(theta, mu)
    np.testing.assert_array_equal(em, population.em_jacobian(theta, mu))
    np.testing.assert_allclose(em + g, step, 0, tol)
    h = 1e-5  # central differences: h^2/6 times third derivatives, at most 2^10 within |v| <= 4
    ahead, behind = (population.G(theta + s * h * np.eye(len(theta)), mu) for s in (1, -1))
    np.testing.assert_allclose(g, (ahead - behind).T / (2 * h), 0, 2**10 * h**2 + tol / h)
    want = [np.linalg.norm(J, 2) for J in (em, g, step)]
    np.testing.assert_allclose(population.norms(theta, mu), want, 0, tol)
    batch = population.norms(np.stack([theta, mu]), mu)
    assert batch.shape == (3, 2)
    np.testing.assert_allclose(batch[:, 0], want, 0, 4 * jacobian_rounding(theta, mu) + 4 * tol)


@given(two_vectors())
def test_rotating_theta_and_mu_rotates_everything(vectors):
    theta, mu = vectors
    Q = rotation(len(theta))
    tol = len(theta) * rounding(theta, mu)  # Q's own rounding: d EPS
    Qtheta, Qmu = Q @ theta, Q @ mu
    assert abs(population.loss(Qtheta, Qmu) - population.loss(theta, mu)) <= tol
    for f in EXACT[1:]:
        np.testing.assert_allclose(f(Qtheta, Qmu), Q @ f(theta, mu), 0, tol)
    tol = len(theta) * jacobian_rounding(theta, mu)
    for f in JACOBIANS:
        np.testing.assert_allclose(f(Qtheta, Qmu), Q @ f(theta, mu) @ Q.T, 0, tol)


@given(two_vectors())
def test_minus_theta_mirrors_and_minus_mu_changes_nothing(vectors):
    theta, mu = vectors
    for f, parity in zip((*EXACT, *JACOBIANS), (1, -1, -1, -1, 1, 1), strict=True):
        value, tol = (
            f(theta, mu),
            jacobian_rounding(theta, mu) if f in JACOBIANS else rounding(theta, mu),
        )
        np.testing.assert_allclose(f(-theta, mu), parity * value, 0, tol)
        np.testing.assert_allclose(f(theta, -mu), value, 0, tol)


@given(two_vectors())
def test_extra_dimensions_change_nothing_in_the_plane(vectors):
    theta, mu = vectors
    wide = [np.concatenate([v, np.zeros(7)]) for v in vectors]
    tol = rounding(theta, mu)
    for f in EXACT[1:]:
        out = f(*wide)
        np.testing.assert_allclose(out[: len(theta)], f(theta, mu), 0, tol)
        np.testing.assert_array_equal(out[len(theta) :], 0)
    across = population.em_jacobian(*wide)[-1]
    T = population.moments(theta @ mu, geometry.norm(theta), 1)
    np.testing.assert_allclose(across, T[1] * np.eye(len(across))[-1], 0, tol)


@pytest.mark.slow
def test_a_batch_is_a_loop_over_its_vectors():
    # 6000 vectors are several blocks of the quadrature, pieces of 61 one; norms differ, and with
    # them the nodes that a call shares: equal to rounding only.
    rng = np.random.default_rng(2)
    theta, mu = rng.standard_normal((6000, 2)), rng.standard_normal(2)
    tol = max(jacobian_rounding(v, mu) for v in theta)
    for f in (*EXACT, *JACOBIANS):
        batch = f(theta, mu)
        pieces = [f(theta[i : i + 61], mu) for i in range(0, len(theta), 61)]
        np.testing.assert_allclose(batch, np.concatenate(pieces), 0, tol)
        for i in (0, 1, 5999):
            np.testing.assert_allclose(batch[i], f(theta[i], mu), 0, tol)
        table = f(theta[:3, None], np.stack([mu, -2 * mu]))
        np.testing.assert_allclose(table[1, 1], f(theta[1], -2 * mu), 0, 4 * tol)


# -- limits ---------------------------------------------------------------------------------------


@given(arrays(3))
def test_at_theta_zero_nothing_moves_and_the_hessian_is_minus_two_mu_mu(mu):
    zero = np.zeros(3)
    assert population.loss(zero, mu) == 0
    for f in EXACT[1:]:
        np.testing.assert_array_equal(f(zero, mu), 0)
    outer, tol = np.outer(mu, mu), jacobian_rounding(zero, mu)
    np.testing.assert_allclose(population.hessian(zero, mu), -2 * outer, 0, tol)
    np.testing.assert_allclose(population.em_jacobian(zero, mu), np.eye(3) + outer, 0, tol)


@given(arrays(3))
def test_at_mu_zero_everything_lies_along_theta_and_is_the_limit_of_small_mu(theta):
    zero, tiny = np.zeros(3), 1e-9 * np.array([0.6, 0.0, 0.8])
    # At mu = 0 the terms in mu vanish; near it they are of order |mu| |m|, m = theta . mu.
    slack = rounding(theta, zero) + 1e-18 * 8 * (1 + theta @ theta) ** 2
    for f in EXACT:
        value = f(theta, zero)
        assert np.isfinite(value).all()
        np.testing.assert_allclose(f(theta, tiny), value, 0, slack)
    cross = np.cross(population.gradient(theta, zero), theta)
    np.testing.assert_allclose(cross, 0, 0, rounding(theta, zero) * (1 + np.linalg.norm(theta)))


def test_the_smallest_and_the_largest_theta_stay_finite():
    mu = np.array([1.0, 2.0])
    for size in (5e-324, 1e-200, 1e-8):
        # Linear regime: grad(L/2) = -2 mu mu' theta up to O(|theta|^3).
        theta = np.array([size, 0.0])
        np.testing.assert_allclose(
            population.gradient(theta, mu), -2 * mu * (mu @ theta), 1e-13, 5e-323
        )
    # Far away tanh is a sign: em_step = E[sign(u) x], and the gradient is theta minus that.
    theta = np.array([40.0, 0.0])
    sign_mean = 1 - 2 * float(mp.ncdf(-mu[0]))
    want = sign_mean * mu + 2 * float(mp.npdf(mu[0])) * np.array([1.0, 0.0])
    # tanh differs from sign on |u| < few: corrections E[sech^2]-like, of order 1/r^2 relative.
    np.testing.assert_allclose(
        population.em_step(theta, mu), want, 0, 2 * (math.pi / theta[0]) ** 2
    )


@given(two_vectors())
def test_a_step_is_its_push_and_its_drag(vectors):
    theta, mu = vectors
    m, r, eta = theta @ mu, np.linalg.norm(theta), 0.7
    step = eta * population.push(m, r) * mu + (1 - eta + eta * population.drag(m, r)) * theta
    # Six terms of the size of |theta|, |mu| times moments below 1 + |m| + r^2, some 100 EPS each.
    size = (1 + np.linalg.norm(theta) + np.linalg.norm(mu)) ** 3
    tol = 100 * EPS * size
    np.testing.assert_allclose(theta - eta * population.gradient(theta, mu), step, 0, tol)


def test_push_and_drag_take_batches_and_have_their_signs():
    m, r = np.meshgrid(np.geomspace(0.01, 10, 8), np.geomspace(0.01, 10, 9))
    push, drag, T = population.push(m, r), population.drag(m, r), population.moments(m, r)
    assert push.shape == drag.shape == (9, 8)
    # The four facts of notebooks/lemma-09.
    assert (push >= 1.5 * m * T[1] * (1 - 1e-12)).all()
    assert (drag <= T[1] + 100 * EPS).all()
    assert (m * push + 2 * r**2 * drag > 0).all()
    assert (push >= 2 * m * drag - 1e-12).all()
    assert abs(population.push(2.0, 1.0) - population.push([2.0], 1.0)[0]) <= 4 * EPS


@given(two_vectors())
def test_a_unit_step_along_the_em_field_is_an_em_step(vectors):
    theta, mu = vectors
    after = theta - population.em_gradient(theta, mu)
    np.testing.assert_allclose(after, population.em_step(theta, mu), 0, 64 * EPS)
