"""The moments over a box: their models hold them, and in a small box none is larger than need be.

The references are the same integrals at single points, which the enclosures' own tests hold against
mpmath.
"""

import pytest
from flint import arb

from ddpm_gmm.certify.check.enclosures import expectations
from ddpm_gmm.certify.check.models import Model, coordinates
from ddpm_gmm.certify.check.moments import form, forms, quotient, tilted_moments
from ddpm_gmm.certify.check.panels import tilted

CENTRE = (0.75, 0.625)  # (m, q), or (eta, beta)
GRID = [i / 4 for i in range(-4, 5)]


def box(half):
    """The two coordinates of the box round CENTRE with these half-sides."""
    return coordinates([(c - h, c + h) for c, h in zip(CENTRE, half, strict=True)])


def off(model, half, f):
    """The largest distance of f from the linear part of its model, on a grid of the box."""
    far = 0
    for e in GRID:
        for u in GRID:
            x, y = (arb(c + h * v) for c, h, v in zip(CENTRE, half, (e, u), strict=True))
            linear = model.value + model.slopes[0] * e + model.slopes[1] * u
            far = max(far, float((f(x, y) - linear).abs_upper()))
    return far


def at(a, k, drift):
    """F(a, k) of the formula at points, from expectations there."""
    return lambda m, q: form(a, k, drift, expectations(m, q, k + 2), m, q)


def ratio(m, q):
    return at(1, 0, 1)(m, q) / m


def integral(k):
    return lambda eta, beta: tilted(eta, beta, [k])[k]


WANTED = [(1, 0), (1, 1), (2, 1)]
HALVES = [(2.0**-4, 2.0**-5), (2.0**-9, 2.0**-8), (0.0, 2.0**-8), (2.0**-8, 0.0)]


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("drift", [0, 1])
def test_the_models_hold_the_forms(half, drift):
    models = forms(*box(half), drift, WANTED)
    for model, (a, k) in zip(models, WANTED, strict=True):
        assert off(model, half, at(a, k, drift)) <= float(model.rest) + 1e-12


@pytest.mark.parametrize("half", HALVES)
def test_the_models_hold_the_quotient_and_the_tilted_integrals(half):
    model = quotient(*box(half))
    assert off(model, half, ratio) <= float(model.rest) + 1e-12
    integrals = tilted_moments(*box(half), 3)
    assert len(integrals) == 4
    for k, model in enumerate(integrals):
        assert off(model, half, integral(k)) <= float(model.rest) + 1e-12


@pytest.mark.parametrize("m0", [0.0, 2.0**-12])
def test_the_model_of_the_quotient_holds_it_next_to_the_origin(m0):
    # A side of length zero leaves the slope along the other one to be seen.
    for h, k in ((2.0**-12, 0.0), (0.0, 2.0**-8), (2.0**-5, 2.0**-6)):
        m, q = coordinates([(m0 - h, m0 + h), (CENTRE[1] - k, CENTRE[1] + k)])
        model = quotient(m, q)
        for e in (-1, -0.5, 0.5, 1):
            x, y = arb(m0 + h * e), arb(CENTRE[1] + k * e)
            value = at(2, 1, 1)(x, y) if x == 0 else ratio(x, y)
            linear = model.value + model.slopes[0] * e + model.slopes[1] * e
            assert float((value - linear).abs_upper()) <= float(model.rest) + 1e-10


@pytest.mark.parametrize("drift", [0, 1])
@pytest.mark.parametrize("i", [0, 1])
def test_the_models_hold_the_forms_of_arguments_with_a_rest(drift, i):
    # One argument is its centre + h e + something of size <= h, the other is a number.
    h = 2.0**-7
    rests = [arb(h) if j == i else arb(0) for j in (0, 1)]
    x, y = (Model(arb(c), [r], r) for c, r in zip(CENTRE, rests, strict=True))
    for model, (a, k) in zip(forms(x, y, drift, WANTED), WANTED, strict=True):
        for e in (-1, 1):
            for u in (-1, 1):
                point = [arb(c) + r * (e + u) for c, r in zip(CENTRE, rests, strict=True)]
                far = at(a, k, drift)(*point) - model.value - model.slopes[0] * e
                assert float(far.abs_upper()) <= float(model.rest) + 1e-12


def second(f, i, j, h=2.0**-10):
    """The second derivative of f at CENTRE by central differences, O(h^2)."""

    def value(a, b):
        step = [0.0, 0.0]
        step[i] += a * h
        step[j] += b * h
        return f(*(arb(c + s) for c, s in zip(CENTRE, step, strict=True)))

    if i == j:
        return float((value(1, 0) - 2 * f(*map(arb, CENTRE)) + value(-1, 0)) / h**2)
    return float((value(1, 1) - value(1, -1) - value(-1, 1) + value(-1, -1)) / (4 * h**2))


def least(f, h, k):
    """Half of h^2 |f_xx| + 2 h k |f_xy| + k^2 |f_yy|: the rest of a box that shrinks to CENTRE."""
    xx, xy, yy = (abs(second(f, i, j)) for i, j in ((0, 0), (0, 1), (1, 1)))
    return (xx * h**2 + 2 * xy * h * k + yy * k**2) / 2


SMALL = [(2.0**-16, 2.0**-16), (2.0**-16, 2.0**-19), (2.0**-19, 2.0**-16)]


@pytest.mark.parametrize("half", SMALL)
@pytest.mark.parametrize("drift", [0, 1])
def test_in_a_small_box_the_rest_of_a_form_is_that_of_its_second_derivatives(half, drift):
    for model, (a, k) in zip(forms(*box(half), drift, WANTED), WANTED, strict=True):
        assert float(model.rest) == pytest.approx(least(at(a, k, drift), *half), rel=1e-3)


@pytest.mark.parametrize("half", SMALL)
def test_in_a_small_box_the_rest_of_an_even_tilted_integral_is_that_of_its_derivatives(half):
    # The second derivatives of I_k are I_{k+2}, -I_{k+3}, I_{k+4}; an odd one is bounded by the
    # two even ones beside it.
    exact = tilted(*(arb(c) for c in CENTRE), range(10))
    most = [float((exact[n - n % 2] * exact[n + n % 2]).sqrt()) for n in range(9)]
    h, b = half
    for k, model in enumerate(tilted_moments(*box(half), 3)):
        rest = (most[k + 2] * h**2 + 2 * most[k + 3] * h * b + most[k + 4] * b**2) / 2
        assert float(model.rest) == pytest.approx(rest, rel=1e-3)


@pytest.mark.parametrize("half", SMALL)
def test_in_a_small_box_the_quotient_is_its_form_over_m(half):
    # V has two models; the better one is kept, so it is never worse than F(1, 0) times 1/m.
    m, q = box(half)
    away = forms(m, q, 1, [(1, 0)])[0] * m.inverse()
    assert float(quotient(m, q).rest) <= float(away.rest)
    # At m = 0 only the other is left: V_mm = F(4, 3)/3, V_mq = F(4, 4)/4, V_qq = F(4, 5)/4.
    h, k = half
    m, q = coordinates([(-h, h), (CENTRE[1] - k, CENTRE[1] + k)])
    T = expectations(arb(0), q.value, 7)
    xx, xy, yy = (
        abs(float(form(4, n, 1, T, arb(0), q.value))) / by for n, by in ((3, 3), (4, 4), (5, 4))
    )
    rest = (xx * h**2 + 2 * xy * h * k + yy * k**2) / 2
    assert float(quotient(m, q).rest) == pytest.approx(rest, rel=1e-2)
