"""Theorem 7's landings, in the checker."""

import numpy as np
import pytest
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_gmm.certify import Rejected, verify
from ddpm_gmm.certify.check import PRECISION, landing
from ddpm_gmm.pair import population

from .making import UNTRUE, gridded, signed


def certificate_of(radius):
    statement = {"kind": "landing", "mu": [2.0, 2.125], "x": [0.75, 1.25], "slope": 0.0625}
    sides = ([2.0, 2.125], [0.75, 1.25], [0.0, 0.078125])
    return gridded({**statement, "radius": radius}, sides, (2, 4, 1), radius)


def test_a_landing_is_confirmed_and_a_false_one_refused():
    verify(certificate_of(0.25))
    with pytest.raises(Rejected, match=UNTRUE):
        verify(certificate_of(0.015625))
    short = certificate_of(0.25)
    short["statement"]["slope"] = 0.125
    with pytest.raises(Rejected, match="no leaf covers"):
        verify(signed(short))


@settings(max_examples=20)
@given(low=st.tuples(st.floats(0.1, 3), st.floats(0.2, 2), st.floats(0, 0.9)), data=st.data())
def test_bound_holds_samples(low, data):
    """Against a step made with the population's gradient."""
    box = [(x, x + data.draw(st.floats(0, 0.05))) for x in low]
    share = data.draw(st.tuples(*[st.floats(0, 1)] * 3))
    s, x, y = ((1 - t) * a + t * b for t, (a, b) in zip(share, box, strict=True))
    mu = np.array([s, 0.0])
    with ctx.workprec(PRECISION):
        most = landing.bound({}, box)[1]
    theta = s * np.array([x, y])
    away = np.linalg.norm(theta - population.gradient(theta, mu) - mu) / s
    assert away <= float(most) * (1 + 1e-12) + 1e-12
