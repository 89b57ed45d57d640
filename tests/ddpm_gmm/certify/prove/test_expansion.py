"""Lemma 8's certificates: the remainder of the leading force, bounded."""

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm.certify.prove import balls, boxes, expansion, push
from ddpm_gmm.pair import population

unit = st.floats(0, 1)


def statement(low, high, C):
    return {"kind": "expansion", "e": [low, high], "C": C}


def remainder(r, s, c):
    """|R| in the plane, from the gradient."""
    theta, mu = r * np.array([c, np.sqrt(1 - c * c)]), np.array([s, 0.0])
    force = -population.gradient(theta, mu)
    return np.linalg.norm(force - 2 * ((theta @ mu) * mu - r * r * theta))


def box_and_point(e, edge, width, at):
    """A box of (e, edge) from these lower ends on, not across edge = 1, and a point of it."""
    room = (1 if edge < 1 else 2) - edge
    box = ((e, e + width[0]), (edge, edge + room * width[1]))
    return box, [min(low + t * (high - low), high) for t, (low, high) in zip(at, box, strict=True)]


def on_the_edge(e, edge):
    return remainder(e, e, edge) if edge <= 1 else remainder(e * (2 - edge), e, 1.0)


@given(
    e=st.floats(0.05, 1.5),
    edge=st.floats(0, 2),
    width=st.tuples(unit, unit),
    at=st.tuples(unit, unit),
)
def test_bound_over_a_box_dominates_the_gradient(e, edge, width, at):
    box, (e, edge) = box_and_point(e, edge, (width[0] / 8, width[1]), at)
    bound, _ = expansion.bound(statement(0, 1, 6), box)
    # T_1 - 1 rounds at 2e-15, against e^4
    assert on_the_edge(e, edge) / e**5 <= bound + 1e-14 / e**4


@given(r=st.floats(0, 3), s=st.floats(0, 3), c=st.floats(-1, 1))
def test_constant_six_holds_everywhere(r, s, c):
    assert remainder(r, s, c) <= 6 * max(r, s) ** 5 + 1e-14 * max(r, s)


@given(r=st.floats(0.05, 1.5), t=st.floats(-1, 1), more=unit)
def test_bound_at_the_least_e_holds_for_every_larger_one(r, t, more):
    """Among them theta on the sphere m = q, where R = 0 at the least e and not beyond."""
    m = r * r * (1 - abs(t)) if t < 0 else r * r * (1 + t)
    e1 = max(r, m / r)
    edge = m / r**2 if m < r * r else 2 - r / e1
    bound, _ = expansion.bound(statement(0, 3, 6), ((e1, e1), (edge, edge)))
    s = e1 * (1 + more)
    assert remainder(r, s, min(m / (r * s), 1)) / s**5 <= bound * (1 + 1e-9) + 1e-13 / e1**4


def test_true_statements_are_proved():
    for s in expansion.statements().values():
        leaves = boxes.prove(expansion, s)
        assert max(bound for _, bound in leaves) <= s["C"]


@pytest.mark.parametrize("C", [5.984375, 4.0])
def test_a_constant_below_six_is_not_proved(C):
    with pytest.raises(boxes.NotProved):
        boxes.prove(expansion, statement(0.0, 0.25, C), most=300)


@given(
    e=st.floats(0.3, 3),
    edge=st.floats(0, 2),
    width=st.tuples(unit, unit),
    at=st.tuples(unit, unit),
)
def test_the_mean_value_form_holds_both_numbers_along_the_edge(e, edge, width, at):
    """Against (P/m - 2)/e^2 and (Q - 1 + 2 q)/e^4 at points of the box."""
    box, point = box_and_point(e, edge, (width[0] / 16, width[1] / 4), at)
    middle = [arb(low + high) / 2 for low, high in box]
    ball = balls.ball(*box[1])

    def corner(w):  # (rho, c)
        return (arb(1), w) if edge < 1 else (2 - w, arb(1))

    slopes = (arb(0), arb(1)) if edge < 1 else (arb(-1), arb(0))
    p, z = expansion._direct(
        balls.ball(*box[0]), *corner(ball), middle[0], *corner(middle[1]),
        (*slopes, ball - middle[1]),
    )  # fmt: skip
    x, w = map(arb, point)
    rho, c = corner(w)
    m, q = x**2 * rho * c, x**2 * rho**2
    T = balls.at(m, q, 3)
    V = push.form(1, 0, T, m, q) / m if m > 0 else push.form(2, 1, T, m, q)
    Q = push.form(1, 1, T, m, q)
    assert (p - (V - 2) / x**2).abs_lower() <= 1e-9
    assert (z - (Q - 1 + 2 * q) / x**4).abs_lower() <= 1e-9
