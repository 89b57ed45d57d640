"""The projection onto a ball, and the jitter of fresh noise."""

import numpy as np
import pytest
from helpers import EPS, arrays
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import mixture, objective
from ddpm_gmm.learn import copies
from lemma_09 import clip_ball, jitter

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


@pytest.mark.parametrize("form", copies.FORMS)
@pytest.mark.parametrize("t, signal", [(0.3, 2.0), (1.0, 4.0)])
def test_jitter_is_what_the_noise_of_a_step_leaves_in_an_autoregression(form, t, signal):
    # A step multiplies along mu by 1 + 2 eta |mu_t|^2 and adds noise across; in the stationary
    # state of b/a the variance of one step's noise is what is forgotten, for a small eta.
    rng, d, eta, r, points, times = np.random.default_rng(0), 3, 1e-3, 1e-3, 400, 500
    mu, ratio = np.sqrt(signal) * np.eye(d)[0], 0.1
    x0 = mixture.sample(rng, points, mixture.pair(mu))
    theta = r * np.eye(d)[0]
    forces = []
    for _ in range(times):
        x, z = mixture.diffuse(rng, x0, t)
        if form == "implicit":
            forces.append(-objective.implicit_gradient(theta, x))
        else:
            forces.append(-objective.literal_gradient(theta, x, z, t))
    variance = np.var(forces, axis=0, ddof=1)[1:].mean() * points / r**2
    predicted = jitter(form, t, signal, ratio, eta) / ratio / eta**2
    predicted *= (1 + 2 * eta * np.exp(-2 * t) * signal) ** 2 - 1
    # 2 * 500 squares: 1/22 relative; 400 points: the clean moments by about 1/10; eta^2 J_0 / eta.
    assert abs(variance / predicted - 1) < 0.4
    other = copies.FORMS[form == "implicit"]
    assert abs(jitter(other, t, signal, ratio, eta) / jitter(form, t, signal, ratio, eta) - 1) > 0.4


def test_jitter_falls_in_proportion_to_a_small_step():
    one, half = (jitter("literal", 1.0, 4.0, 0.1, eta) for eta in (1e-4, 5e-5))
    assert abs(one / half - 2) < 1e-3
