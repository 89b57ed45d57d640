"""Every enclosure holds the truth: against 50 digits, over ranges, and its own bounds."""

import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm.certify.prove import balls
from ddpm_gmm.pair import population

DIGITS = 50


def holds(ball, value) -> bool:
    """Whether an mpmath number, known to 50 digits, lies in the ball."""
    with ctx.workprec(300):
        return ball.contains(arb(mp.nstr(value, DIGITS + 20)))


def trapezoid(f, poles, decay):
    """int f over the line to 50 digits: f analytic for |Im| < poles, negligible beyond decay."""
    step = 2 * mp.pi * poles / (mp.mpf(DIGITS + 25) * mp.log(10))
    count = int(decay / step) + 1
    return step * mp.fsum(f(step * j) for j in range(-count, count + 1))


@pytest.mark.parametrize(("m", "q"), [(0.0, 0.25), (0.3, 0.0625), (1.0, 1.0), (-2.5, 4.0)])
def test_moments_hold_the_value_of_50_digits(m, q):
    with mp.workdps(DIGITS + 40):
        r = mp.sqrt(mp.mpf(q))

        def weighted(g, k):
            s = mp.tanh(m + r * g)
            return mp.npdf(g) * sum(c * s**i for i, c in enumerate(balls.derivative(k)))

        for k, T in enumerate(balls.at(arb(m), arb(q), 7)):
            value = trapezoid(lambda g, k=k: weighted(g, k), mp.pi / (4 * r), 33)
            assert holds(T, value), k
            assert T.rad() < 1e-9, "an enclosure that says nothing"
            assert not holds(T + 3 * T.rad(), value), "a test that cannot fail"


@pytest.mark.parametrize(("eta", "beta"), [(0.0, 2.0), (1.0, 0.5), (1.75, 0.125), (2.5, 0.25)])
def test_tilted_integrals_hold_the_value_of_50_digits(eta, beta):
    with mp.workdps(DIGITS + 40):

        def integrand(u, j):
            return u**j * mp.exp(eta * u - beta * u * u) * mp.sech(u) ** 2

        for j, ball in enumerate(balls.tilted(arb(eta), arb(beta), 4)):
            value = trapezoid(lambda u, j=j: integrand(u, j), mp.pi / 4, 36 / math.sqrt(beta))
            assert holds(ball, value), j
            assert ball.rad() < 1e-8 * (1 + abs(value))


@given(m=st.floats(-6, 6), q=st.floats(0, 30), dm=st.floats(0, 1), dq=st.floats(0, 4), at=st.data())
def test_enclosures_over_a_range_hold_every_value_in_it(m, q, dm, dq, at):
    wide_m, wide_q = balls.ball(m - dm, m + dm), balls.ball(q, q + dq)
    T = balls.at(arb(m), arb(q + dq / 2), 10)
    over = balls.over(T, wide_m, wide_q, wide_m - m, wide_q - arb(q + dq / 2), 5)
    m2 = at.draw(st.floats(m - dm, m + dm))
    q2 = at.draw(st.floats(q, q + dq))
    for k, value in enumerate(population.moments(m2, math.sqrt(q2), 5)):
        assert (over[k] - arb(float(value))).abs_lower() < 1e-12 * 2**k


@given(u=st.floats(-20, 20), y=st.floats(0, 1.17))
def test_bounds_on_the_derivatives_of_tanh(u, y):
    for k in range(1, 8):
        z = mp.mpc(u, y)
        s = mp.tanh(z)
        size = abs(sum(c * s**i for i, c in enumerate(balls.derivative(k))))
        assert size <= float(balls.steepest(k, Fraction(3, 8))) * (1 + 1e-12)
    for k in range(1, 8, 2):  # attained at 0, where only the constant term is left
        assert math.isclose(float(balls.steepest(k)), abs(balls.derivative(k)[0]), rel_tol=1e-12)


@given(m=st.floats(-8, 8), q=st.floats(0, 40), k=st.integers(0, 5))
def test_crude_bounds_are_bounds(m, q, k):
    value = float(population.moments(m, math.sqrt(q), 5)[k])
    assert abs(value) <= float(balls.at_most(k, arb(m), arb(q))) + 1e-11


def test_widths_are_those_that_the_page_reports():
    """Over thin parameters an enclosure of T_0, ..., T_5 is tighter than 1e-11."""
    rng = np.random.default_rng(230701178)
    for m, q in zip(rng.uniform(-10, 10, 40), rng.uniform(0, 36, 40), strict=True):
        assert all(T.rad() < 1e-11 for T in balls.at(arb(m), arb(q), 5))
