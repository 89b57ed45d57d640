"""Steps drawn in law: against the gradient on rows, moment by moment."""

from functools import partial

import numpy as np
import pytest

from ddpm_gmm import geometry, mixture, objective
from ddpm_gmm.learn import descent
from ddpm_gmm.pair import batch, noise, population

THETA, T = np.array([0.7, -0.3, 0.5, 0.2]), 0.6
X0 = np.random.default_rng(5).normal(size=(6, 4)) * 1.5
DRAWS = 2500


def generator():
    return np.random.default_rng(1)


def apart(one, other):
    """z-scores between two tables of draws, of their means and of their second moments."""

    def moments(draws):
        rows, columns = np.triu_indices(draws.shape[1])
        return np.column_stack([draws, draws[:, rows] * draws[:, columns]])

    a, b = moments(one), moments(other)
    return (a.mean(0) - b.mean(0)) / np.sqrt(a.var(0) / len(a) + b.var(0) / len(b))


def on_rows(rng, x0, target=1.0):
    """Draws of the literal gradient on freshly noised rows; a wrong ``target`` for the control."""
    x, z = mixture.diffuse(rng, x0, T)
    return objective.literal_gradient(THETA, x, target * z, T)


def in_law(rng):
    many = np.repeat(X0[None], DRAWS, axis=0)
    return batch.redrawn(rng, np.repeat(np.exp(T) * THETA[None], DRAWS, axis=0), many, T)


def test_redrawn_noise_has_the_moments_of_rows():
    rng = generator()
    rows = np.array([on_rows(rng, X0) for _ in range(DRAWS)])
    assert np.abs(apart(in_law(rng), rows)).max() < 5  # 14 scores


def test_noise_that_is_a_tenth_too_large_in_the_target_is_noticed():
    rng = generator()
    rows = np.array([on_rows(rng, X0, 1.1) for _ in range(DRAWS)])
    assert np.abs(apart(in_law(rng), rows)).max() > 5


def test_the_average_of_a_batch_is_the_average_of_each_run():
    rng = generator()
    x0, theta = rng.normal(size=(3, 6, 4)), rng.normal(size=(3, 4))
    each = [np.exp(T) * noise.averaged_gradient(a, x, T) for a, x in zip(theta, x0, strict=True)]
    np.testing.assert_allclose(batch.averaged(theta, x0, T), each, rtol=1e-12)


def test_the_average_is_the_mean_of_the_draws():
    draws, mean = in_law(generator()), batch.averaged(np.exp(T) * THETA[None], X0[None], T)
    z = (draws.mean(0) - mean[0]) / (draws.std(0) / DRAWS**0.5)
    assert np.abs(z).max() < 5


def plane(gradients):
    """Along mu, across it in the plane, and the square of what is across the plane."""
    return np.column_stack([gradients[:, :2], np.sum(gradients[:, 2:] ** 2, axis=1)])


def fresh_rows(rng, theta, mu, n):
    full, centre = np.r_[theta, 0, 0], mu * np.eye(4)[0]

    def one():
        x, z = mixture.diffuse(rng, mixture.sample(rng, n, mixture.pair(centre)), T)
        return objective.literal_gradient(full, x, z, T)

    return plane(np.array([one() for _ in range(DRAWS)]))


@pytest.mark.parametrize(("theta", "mu"), [((0.5, 0.8), 1.3), ((-0.2, 0.3), 0.6)])
def test_fresh_data_have_the_moments_of_rows(theta, mu):
    rng, theta, n = generator(), np.array(theta), 200
    many = np.repeat(np.exp(T) * theta[None], DRAWS, axis=0)
    law = batch.fresh(rng, many, mu, T, 4, n)
    law[:, 2] **= 2
    # Less the mean, beside which the variances would not be seen.
    mean = [*population.gradient(theta, np.array([np.exp(-T) * mu, 0.0])), 0.0]
    assert np.abs(apart(law - mean, fresh_rows(rng, theta, mu, n) - mean)).max() < 5  # 9 scores


@pytest.mark.parametrize("length", [1.0, 1.5])
def test_fresh_data_without_end_are_the_population(length):
    theta = np.array([[0.5, 0.8], [1.0, -0.2]])
    law = batch.fresh(generator(), np.exp(T) * theta, np.exp(T) * length, T, 7, 10**14)
    exact = population.gradient(theta, np.array([length, 0.0]))
    np.testing.assert_allclose(law, np.column_stack([exact, [0, 0]]), atol=1e-5)


def test_descents_on_fresh_data_without_end_follow_the_population():
    start, mu_t = np.array([[1.0, 2.0], [0.3, 1.0]]), np.array([1.5, 0.0]) * np.exp(-T)
    pull = partial(population.gradient, mu=mu_t)
    for radius in (None, 0.7):
        project = radius and partial(geometry.rescale, size=radius)
        rng, eta, count = generator(), np.array([1.0, 0.5]), np.array([3, 4])
        at = project(start) if project else start
        end = batch.fresh_descents(rng, at, 1.5, T, 5, 10**14, eta, count, project)
        for got, one, step, h in zip(end, start, eta, count, strict=True):
            if radius is None:
                path = np.exp(T) * descent.descend(pull, np.exp(-T) * one, step, h)
            else:
                path = np.exp(T) * descent.on_sphere(pull, one, step, h, radius * np.exp(-T))
            np.testing.assert_allclose(got, np.abs(path[-1]), atol=1e-5)


def test_a_descent_that_diverges_stays_where_it_was_given_up():
    start = np.array([[3.0, 3.0]])
    near, far = (
        batch.fresh_descents(generator(), start, 1.0, T, 5, 10**6, 30.0, h) for h in (9, 90)
    )
    assert np.exp(-T) * geometry.norm(far) > batch.FAR
    np.testing.assert_array_equal(near, far)
