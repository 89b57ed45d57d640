"""Floor plus jitter of the literal form's iterates; and many runs at once, against one by one."""

import numpy as np
import pytest

from ddpm_gmm import em, geometry, mixture, objective
from ddpm_gmm.learn import descent
from ddpm_gmm.pair import information, noise
from theorem_07 import (
    descents,
    em_field,
    implicit,
    loners,
    one_copy,
    principal,
    samples,
    steps_seen,
    walk,
)


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


# -- many runs at once ----------------------------------------------------------------------------


def batch_of(runs=3, n=7, d=4):
    rng = np.random.default_rng(2)
    return rng, samples(rng, runs, n, d, 1.5), rng.normal(size=(runs, d))


def test_each_run_of_a_batch_descends_on_its_own_sample():
    _, x0, start = batch_of()
    last, mean = descents(lambda th: implicit(th, x0), start, 0.2, 0.5, [4, 9, 6], keep=2)
    for run, (x, theta, steps) in enumerate(zip(x0, start, (4, 9, 6), strict=True)):

        def alone(theta, x=x):
            return objective.implicit_gradient(theta, x)

        path = descent.descend(alone, theta, 0.5 * np.exp(0.2), steps)
        np.testing.assert_allclose(last[run], path[-1], rtol=1e-12)
        np.testing.assert_allclose(mean[run], path[-2:].mean(axis=0), rtol=1e-12)


def test_a_batch_of_em_steps():
    _, x0, start = batch_of()
    each = [em.em_step(theta, x) for theta, x in zip(start, x0, strict=True)]
    np.testing.assert_allclose(start - em_field(start, x0), each, rtol=1e-12)


def test_one_copy_is_the_literal_gradient_on_points_drawn_once():
    _, x0, start = batch_of()
    field = one_copy(np.random.default_rng(4), x0, 0.6)
    x, z = mixture.diffuse(np.random.default_rng(4), x0.reshape(-1, 4), 0.6)
    rows = zip(start, x.reshape(x0.shape), z.reshape(x0.shape), strict=True)
    each = [objective.literal_gradient(np.exp(-0.6) * theta, a, b, 0.6) for theta, a, b in rows]
    np.testing.assert_allclose(field(start), each, rtol=1e-12)
    np.testing.assert_array_equal(field(start), field(start))


def test_the_steps_that_are_seen_divide_the_tangent_by_the_dimension():
    d, size, t = 100, 2.0, 3.0
    turn = 1 + 2 * size**2 * np.exp(-2 * t)
    assert turn ** (steps_seen(d + size**2, d, t) - 1) < d <= turn ** steps_seen(d + size**2, d, t)
    assert steps_seen(0.0, d, t) == steps_seen(d + 0.25, d, t)


def test_the_principal_component_and_the_lone_points():
    x = np.zeros((1, 4, 3))
    x[0, :, 0], x[0, 3] = (3.0, -3.0, 3.0, 0.0), (0.0, 3.0, 0.0)
    assert np.abs(principal(x)[0] @ [1, 0, 0]) == pytest.approx(1)
    # The last point alone has an entry along the second axis: theta there is its own vote only.
    assert loners(np.array([[2.0, 0.2, 0.0]]), x)[0] == pytest.approx(1 / 4)
    assert geometry.tangent(np.array([[2.0, 0.0, -2.0]]), np.eye(3)[0])[0] == pytest.approx(1)
