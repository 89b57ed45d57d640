"""Many starts at once are a loop over the starts."""

import numpy as np
from helpers import EPS

from ddpm_gmm import centres, em, mixture, objective
from ddpm_gmm.learn import starts

MU = centres.simplex(3, 2, 3.0)
X = mixture.sample(np.random.default_rng(0), 40, MU)
STARTS = np.random.default_rng(1).standard_normal((5, 3, 2))
WEIGHTS = np.random.default_rng(2).uniform(size=40)
TOL = 40 * 64 * EPS  # terms below 64


def test_gradients_and_em_steps_are_those_of_each_start():
    for weights in (None, WEIGHTS / WEIGHTS.sum()):
        found = starts.explicit_gradient(STARTS, X, MU, weights)
        wanted = [objective.explicit_gradient(theta, X, MU, weights) for theta in STARTS]
        np.testing.assert_allclose(found, wanted, 0, TOL)
        found = starts.em_step(STARTS, X, weights)
        wanted = [em.em_step(theta, X, weights) for theta in STARTS]
        np.testing.assert_allclose(found, wanted, TOL, TOL)


def test_a_lost_centre_stays_where_it_is():
    lost = np.array([[[0.0, 0.0], [1e3, 0.0], [1.0, 0.0]]])
    np.testing.assert_array_equal(starts.em_step(lost, X)[0, 1], [1e3, 0.0])
