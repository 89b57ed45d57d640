"""The checker's expectations and tilted integrals at a point, against many digits."""

import mpmath as mp
import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify.check import PRECISION, enclosures, panels


def inside(ball, value):
    """Whether a ball holds an mpmath number, known to 30 digits."""
    return abs(arb(str(value)) - ball.mid()) <= ball.rad() + arb("1e-30")


@settings(max_examples=10)
@given(m=st.floats(0, 40), r=st.floats(0.001, 6))
def test_expectations_hold_the_many_digit_value(m, r):
    ks = (0, 1, 4, 7)
    with ctx.workprec(PRECISION):
        got = enclosures.expectations(arb(m), arb(r) ** 2, max(ks))
    with mp.workdps(40), ctx.workprec(200):
        for k in ks:
            polynomial = np.polynomial.Polynomial([0, 1])
            for _ in range(k):
                polynomial = polynomial.deriv() * np.polynomial.Polynomial([1, 0, -1])
            coefficients = [int(c) for c in polynomial.coef]

            def integrand(g, coefficients=coefficients):
                return mp.polyval(coefficients, mp.tanh(m + r * g), asc=True) * mp.npdf(g)

            # the trapezoidal rule, to 35 digits: the poles are pi/(2r) away
            a = min(mp.pi / (2 * r) * mp.mpf("0.9"), mp.mpf(14))
            h = 2 * mp.pi * a / (a**2 / 2 + 95)
            n = int(13 / h) + 1
            value = h * mp.fsum(integrand(h * j) for j in range(-n, n + 1))
            assert inside(got[k], value)
            assert got[k].rad() < 1e-9


@settings(max_examples=20)
@given(m=st.floats(0, 12), q=st.floats(0, 9), share=st.floats(0, 1))
def test_the_bounds_of_a_range_are_those_of_the_best_line(m, q, share):
    """Down to q = 0 the best Im xi is m/q, at most 2; the radius of q has 30 bits."""
    with ctx.workprec(PRECISION):
        bounds = enclosures.damped(6, arb(m), arb(q) / 2 + arb(0, q / 2))
        there = enclosures.expectations(arb(m), arb(q) * share, 6)
        lines = [4 * (line**2 * q / 2 - line * m).exp() for line in map(arb, np.linspace(0, 2, 9))]
        for k in range(1, 7):
            assert there[k].abs_upper() <= bounds[k] + 1e-12
            size = sum(map(abs, enclosures.derivative(k)))
            assert all(bounds[k] <= size * line * (1 + 1e-6) for line in lines)


@pytest.mark.parametrize(("eta", "beta"), [(0.0, 2.0), (1.0, 0.5), (1.75, 0.125), (2.5, 0.25)])
def test_tilted_integrals_hold_the_many_digit_value(eta, beta):
    with ctx.workprec(PRECISION):
        got = panels.tilted(arb(eta), arb(beta), range(6))
    with mp.workdps(40), ctx.workprec(200):
        for k, ball in got.items():

            def integrand(u, k=k):
                return u**k * mp.exp(eta * u - beta * u * u) * mp.sech(u) ** 2

            # the trapezoidal rule, to 35 digits: the poles are pi/2 away
            h, n = mp.mpf(1) / 12, int(12 * 14 / beta**0.5)
            value = h * mp.fsum(integrand(h * j) for j in range(-n, n + 1))
            assert inside(ball, value)
            assert ball.rad() < 1e-9 * (1 + abs(ball.mid()))
