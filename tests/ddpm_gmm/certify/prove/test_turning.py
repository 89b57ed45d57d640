"""Lemma 9's certificates: every step turns, by an explicit factor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm.certify.prove import boxes, turning
from ddpm_gmm.pair import population

unit = st.floats(0, 1)


def statement(eta, mu, r, factor):
    return {"kind": "turning", "eta": eta, "mu": mu, "r": [0.0, r], "factor": factor}


def quotient(eta, r, s, phi):
    """tan phi'/tan phi from the gradient."""
    theta, mu = r * np.array([np.cos(phi), np.sin(phi)]), np.array([s, 0.0])
    a, b = theta - eta * population.gradient(theta, mu)
    return abs(b / a) / np.tan(phi)


@given(eta=st.sampled_from([0.25, 0.5, 1.0]), m=st.floats(0.01, 6), r=st.floats(0.01, 4),
       width=st.tuples(unit, unit), at=st.tuples(unit, unit), more=st.floats(0, 2))  # fmt: skip
def test_bound_over_a_box_dominates_the_step(eta, m, r, width, at, more):
    least = 0.5
    box = ((m, m + width[0] / 4), (r, r + width[1] / 4))
    bound, _ = turning.bound(statement(eta, least, 4, 0.0), box)
    m, r = (min(low + t * (high - low), high) for t, (low, high) in zip(at, box, strict=True))
    s = max(least, m / r) * (1 + more) * (1 + 1e-9)
    got = quotient(eta, r, s, np.arccos(m / (r * s)))
    assert got <= bound + 1e-6  # near theta along mu both sines are small and round


@given(m=st.floats(turning.FAR, 100), r=st.floats(0.25, 4), more=unit)
def test_far_box_answers_for_everything_beyond(m, r, more):
    bound, _ = turning.bound(
        statement(0.5, 0.5, 4, 0.0), ((turning.FAR - 1, turning.FAR), (3.5, 4.0))
    )
    s = m / r * (1 + 1e-6 + more)
    assert quotient(0.5, r, s, np.arccos(m / (r * s))) <= bound + 1e-6


@pytest.mark.parametrize("name", list(turning.statements())[::4])
def test_true_statements_are_proved(name):
    s = turning.statements()[name]
    assert max(bound for _, bound in boxes.prove(turning, s)) <= s["factor"]


@pytest.mark.parametrize(
    ("eta", "mu", "r", "factor"),
    [
        (0.5, 0.5, 1.0, 0.84),  # 0.8469 is observed
        (0.5, 1.0, 4.0, 0.8),  # 0.8127 is observed
        (1.0, 0.5, 1.0, 0.65),  # the limit of small norm is 2/3
        (1.5, 0.5, 2.0, 1.0),  # the angle grows
    ],
)
def test_false_statements_are_not_proved(eta, mu, r, factor):
    with pytest.raises(boxes.NotProved):
        boxes.prove(turning, statement(eta, mu, r, factor), most=400)


def test_quotient_is_above_the_refused_factor():
    assert quotient(0.5, 1.0, 0.5, np.pi / 2 - 1e-4) > 0.84
    assert quotient(0.5, 4.0, 1.0, 1e-3) > 0.8
    assert quotient(1.5, 2.0, 1.0, 0.01) > 1


@given(factor=st.floats(0.05, 0.99), away=st.floats(0.1, 80), t=st.floats(1e-3, 1))
def test_of_the_angle_is_the_worst_up_to_its_end(factor, away, t):
    phi = t * np.radians(90 - away)
    worst = float(turning.of_the_angle(factor, away).upper())
    assert np.arctan(factor * np.tan(phi)) / phi <= worst * (1 + 1e-12)
