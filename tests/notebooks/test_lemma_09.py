"""The projection onto a ball."""

import numpy as np
from helpers import EPS, arrays
from hypothesis import given
from hypothesis import strategies as st

from lemma_09 import clip_ball

SIZES = st.floats(1e-3, 1e3)


@given(arrays(4, bound=20.0), arrays(4, bound=20.0), SIZES)
def test_clip_ball_is_the_projection_onto_the_ball(theta, other, radius):
    out, again = clip_ball(theta, radius), clip_ball(other, radius)
    tol = 16 * EPS * (radius + np.linalg.norm(theta) + np.linalg.norm(other))
    assert np.linalg.norm(out) <= radius + tol
    if np.linalg.norm(theta) < radius:
        np.testing.assert_array_equal(out, theta)
    # The nearest point of a convex set: no point of it is on the far side, and distances shrink.
    assert (theta - out) @ (again - out) <= tol * (1 + np.linalg.norm(theta) + 2 * radius)
    assert np.linalg.norm(out - again) <= np.linalg.norm(theta - other) + tol
