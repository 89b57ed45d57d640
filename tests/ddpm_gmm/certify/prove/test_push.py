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
