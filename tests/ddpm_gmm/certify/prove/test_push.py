"""The two numbers of a step, over boxes and as series."""

import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm.certify.prove import balls, push

unit = st.floats(0, 1)


@pytest.mark.parametrize("of", ["P/m", "Q"])
@given(m=unit, q=unit, order=st.integers(1, 7))
def test_series_holds_the_function(of, m, q, order):
    m, q = arb(m), arb(q)
    T = balls.at(m, q, 3)
    value = push.form(1, 0, T, m, q) if of == "P/m" else push.form(1, 1, T, m, q)
    total = arb(0)
    for (i, j), (a, error) in push.series(of, order).items():
        a = arb(a.numerator) / a.denominator + arb(
            0, (arb(error.numerator) / error.denominator).upper()
        )
        total += a * m ** (2 * i) * q**j
    assert (total * m if of == "P/m" else total).overlaps(value)


def test_series_starts_as_derived_by_hand():
    P, Q = push.series("P/m", 3), push.series("Q", 4)
    assert [P[k][0] * 3 for k in ((0, 0), (0, 1), (1, 0), (0, 2))] == [6, -9, -4, 24]
    assert [Q[k][0] * 3 for k in ((0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (0, 3))] == [
        3, -6, -9, 18, 48, -68,
    ]  # fmt: skip


@given(m=st.floats(0, 4), q=st.floats(0, 4), width=st.tuples(unit, unit), at=st.tuples(unit, unit))
def test_push_and_drag_over_a_box_hold_their_values(m, q, width, at):
    low, high = (m, q), (m + width[0], q + width[1])
    middle = [(arb(a) + arb(b)) / 2 for a, b in zip(low, high, strict=True)]
    V, Q, _, _ = push.over(*map(balls.ball, low, high), *middle)
    m, q = (arb(min(a + t * (b - a), b)) for t, a, b in zip(at, low, high, strict=True))
    T = balls.at(m, q, 3)
    assert Q.value.overlaps(push.form(1, 1, T, m, q))
    assert (V.value * m).overlaps(push.form(1, 0, T, m, q))


@given(
    m=st.floats(0, 2), q=st.floats(0.1, 3), width=st.tuples(unit, unit), at=st.tuples(unit, unit)
)
def test_the_slopes_of_push_and_drag_over_a_box_hold_difference_quotients(m, q, width, at):
    low, high = (m, q), (m + width[0], q + width[1])
    middle = [(arb(a) + arb(b)) / 2 for a, b in zip(low, high, strict=True)]
    enclosed = push.over(*map(balls.ball, low, high), *middle)[:2]
    x, y = (arb(min(a + t * (b - a), b)) for t, a, b in zip(at, low, high, strict=True))
    h = arb(2) ** -12  # the quotient errs by h^2/6 times a third derivative, below 100

    def values(x, y):
        T = balls.at(x, y, 3)
        P = push.form(1, 0, T, x, y) / x if x > 0 else push.form(2, 1, T, x, y)
        return P, push.form(1, 1, T, x, y)

    x += h
    ahead, behind = values(x, y + h), values(x, y - h)
    right, left = values(x + h, y), values(x, y)
    for found, a, b, c, d in zip(enclosed, ahead, behind, right, left, strict=True):
        assert (found.in_q - (a - b) / (2 * h)).abs_lower() <= 1e-3
        assert (found.in_m - (c - d) / h).abs_lower() <= 0.02
