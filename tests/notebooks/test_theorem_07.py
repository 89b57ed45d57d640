"""What is left of the literal form's iterates: floor plus jitter."""

import numpy as np
import pytest

from ddpm_gmm.pair import information, noise
from theorem_07 import walk


@pytest.mark.parametrize("eta", [0.3, 1.0])
def test_a_mean_of_k_iterates_is_the_mean_of_an_autoregression(eta):
    # The covariance of k successive values is jitter rho^|i - j|; its mean is what is kept.
    size, t = 2.0, 0.3
    floor, last = np.array(noise.covariance(size, t, 1.0)), walk(size, t, eta=eta)
    rho = 1 - eta * np.array(information.curvature(size * np.exp(-t)))
    for k in (2, 7):
        apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
        kept = (rho[:, None, None] ** apart).mean(axis=(1, 2))
        np.testing.assert_allclose(walk(size, t, k, eta), floor + (last - floor) * kept, 1e-12)


def test_the_last_iterate_of_a_step_that_ends_where_it_should_pays_for_one_draw():
    # At eta H = 1 the iterate forgets the one before: floor and jitter add up to V / H^2, the error
    # of the minimiser on one draw of the literal form.
    size, t = 1.5, 0.4
    size_t = size * np.exp(-t)
    for i, H in enumerate(information.curvature(size_t)):
        one_draw = np.exp(2 * t) * information.literal_variance(size_t, t)[i] / H**2
        assert walk(size, t, eta=1 / H)[i] == pytest.approx(one_draw, rel=1e-12)


def test_many_iterates_end_at_the_floor_and_few_do_not():
    floor = np.array(noise.covariance(1.0, 0.5, 1.0))
    np.testing.assert_allclose(walk(1.0, 0.5, k=10**9), floor, 1e-7)
    assert np.all(walk(1.0, 0.5) > 1.3 * floor)
