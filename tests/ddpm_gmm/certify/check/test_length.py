"""Theorem 7's length, in the checker."""

import numpy as np
import pytest
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify import Rejected, verify
from ddpm_gmm.certify.check import PRECISION, length
from ddpm_gmm.pair import population

from .making import UNTRUE, gridded, signed


def certificate_of(excess):
    statement = {"kind": "length", "mu": [0.5, 0.5625], "r": [1.5, 1.625], "corner": [0.125, 0.25]}
    statement |= {"settled": 2.0, "fall": 1.0, "excess": excess}
    return gridded(statement, ([0.5, 0.5625], [1.5, 1.625], [0.0, 1.0]), (1, 1, 4), excess)


def test_a_length_is_confirmed_and_a_false_one_refused():
    verify(certificate_of(0.0))
    false = certificate_of(0.0)
    false["statement"]["settled"], false["statement"]["fall"] = 0.5, 4.0
    with pytest.raises(Rejected, match=UNTRUE):
        verify(signed(false))


@settings(max_examples=20)
@given(low=st.tuples(st.floats(0.1, 3), st.floats(0.2, 2), st.floats(0, 0.9)), data=st.data())
def test_bound_holds_samples(low, data):
    """Against a step made with the population's gradient."""
    box = [(x, x + data.draw(st.floats(0, 0.05))) for x in low]
    share = data.draw(st.tuples(*[st.floats(0, 1)] * 3))
    s, r, c = ((1 - t) * a + t * b for t, (a, b) in zip(share, box, strict=True))
    mu = np.array([s, 0.0])
    with ctx.workprec(PRECISION):
        most = length.bound({"settled": 2.0, "fall": 1.0}, box)[1]
    theta = r * np.array([c, np.sqrt(1 - c**2)])
    new = np.linalg.norm(theta - population.gradient(theta, mu))
    assert new - max(2 * s, r / np.sqrt(1 + r**2)) <= float(most) + 1e-12
