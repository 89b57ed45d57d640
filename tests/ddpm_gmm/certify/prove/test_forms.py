"""Mean-value forms hold a formula over a box, and err by the square of its size."""

import math

from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm.certify.prove import balls, forms


@given(
    x=st.tuples(st.floats(0.25, 2), st.floats(0, 0.5)),
    y=st.tuples(st.floats(0.25, 2), st.floats(0, 0.5)),
    at=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_forms_hold_a_formula_over_the_box(x, y, at):
    box = tuple((low, low + width) for low, width in (x, y))
    a, b = forms.variables(box)
    form = (a * b - 3 * a / b + (a + b).square()).exp() * (1 - (a * b).sqrt()) - 2
    p, q = (low + t * (high - low) for t, (low, high) in zip(at, box, strict=True))
    p, q = min(p, box[0][1]), min(q, box[1][1])
    value = math.exp(p * q - 3 * p / q + (p + q) ** 2) * (1 - math.sqrt(p * q)) - 2
    if form.range.is_nan():  # on a box so wide that the range of a b, a ball, dips below zero
        assert not (a * b).range > 0
        return
    away = (form.range - arb(value)).abs_lower()
    assert away <= 1e-9 * (1 + abs(value))


def test_a_pole_in_the_box_leaves_no_bound():
    (a,) = forms.variables(((-1.0, 3.0),))
    assert (1 / a).range.is_nan() and (a / a).range.is_nan()


@given(x=st.floats(0, 2), dx=st.floats(0, 1), y=st.floats(0, 0.5), at=st.floats(0, 1))
def test_tilted_forms_hold_their_values_whatever_the_ranges(x, dx, y, at):
    """With eta = x/(x^2 + y^2) on boxes so wide that the range of eta dips below zero."""
    a, b = forms.variables(((x, x + dx), (y, y + 0.5)))
    s = a.square() + b.square()
    if s.range.contains(0):
        return
    found = forms.tilted(a * (1 / s), 1 / (2 * s), 2)
    p, q = min(x + at * dx, x + dx), y + 0.25
    exact = balls.tilted(arb(p) / (p * p + q * q), 1 / (2 * arb(p * p + q * q)), 2)
    for form, value in zip(found, exact, strict=True):
        # p * p + q * q is rounded, by 1e-15 of itself; no derivative here is near 1e5 of the value
        assert form.range.is_nan() or (form.range - value).abs_lower() <= 1e-9 * (1 + value)


def test_a_form_errs_by_the_square_of_the_box():
    """Halving the box cuts what the range has too much by about four, and not by two."""

    def excess(h):
        a, b = forms.variables(((1 - h, 1 + h), (2 - h, 2 + h)))
        form = a * b - a.square()  # grows by 2h h + h^2 at most... its slopes at the middle: 0, 1
        corners = [p * q - p * p for p in (1 - h, 1 + h) for q in (2 - h, 2 + h)]
        inside = [*corners, (1 - h) * 2 - (1 - h) ** 2, (1 + h) * 2 - (1 + h) ** 2]
        width = 2 * float(form.range.rad())
        return width - (max(inside) - min(inside))

    ratios = [excess(h) / excess(h / 2) for h in (0.1, 0.05, 0.025)]
    assert all(3.5 < ratio < 4.5 for ratio in ratios), ratios


@given(
    m=st.floats(0, 2),
    q=st.floats(0.1, 2),
    width=st.tuples(st.floats(0, 0.25), st.floats(0, 0.25)),
    at=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    more=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
def test_moments_beside_their_own_arguments_hold_their_values(m, q, width, at, more):
    """T_k + a m + b q: what is wrong in a slope shows where another slope nearly cancels it."""
    box = tuple((low, low + w) for low, w in zip((m, q), width, strict=True))
    x, y = forms.variables(box)
    p, r = (arb(min(low + t * (high - low), high)) for t, (low, high) in zip(at, box, strict=True))
    for found, exact in zip(forms.moments(x, y, 2), balls.at(p, r, 2), strict=True):
        a, b = more
        form = found + x * a + y * b
        assert (form.range - (exact + p * a + r * b)).abs_lower() <= 1e-12
