"""Lemma 8's certificates: the remainder of the leading force, bounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm.certify.prove import boxes, expansion
from ddpm_gmm.pair import population

unit = st.floats(0, 1)


def statement(low, high, C):
    return {"kind": "expansion", "e": [low, high], "C": C}


def remainder(r, s, c):
    """|R| in the plane, from the gradient."""
    theta, mu = r * np.array([c, np.sqrt(1 - c * c)]), np.array([s, 0.0])
    force = -population.gradient(theta, mu)
    return np.linalg.norm(force - 2 * ((theta @ mu) * mu - r * r * theta))


def on_the_edge(e, edge):
    return remainder(e, e, edge) if edge <= 1 else remainder(e * (2 - edge), e, 1.0)


@given(
    e=st.floats(0.05, 1.5),
    edge=st.floats(0, 2),
    width=st.tuples(unit, unit),
    at=st.tuples(unit, unit),
)
def test_bound_over_a_box_dominates_the_gradient(e, edge, width, at):
    room = (1 if edge < 1 else 2) - edge
    box = ((e, e + width[0] / 8), (edge, edge + room * width[1]))
    e, edge = (min(low + t * (high - low), high) for t, (low, high) in zip(at, box, strict=True))
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
