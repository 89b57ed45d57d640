"""Gradient descent and Algorithm 1."""

import itertools
import math

import numpy as np
import pytest
from helpers import EPS, Z, arrays, centres, finite_difference, largest_z, slow_score
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import em, geometry, mixture, objective
from ddpm_gmm.learn import descent, power
from ddpm_gmm.pair import population

MATRIX = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 0.5]])


@given(arrays(3), st.floats(0.01, 0.5), st.integers(0, 6))
def test_descend_on_a_quadratic_is_a_matrix_power(theta, eta, steps):
    path = descent.descend(lambda v: MATRIX @ v, theta, eta, steps)
    assert path.shape == (steps + 1, 3)
    for h, point in enumerate(path):
        product = np.linalg.matrix_power(np.eye(3) - eta * MATRIX, h)
        # |I - eta M| <= 1: a step adds a rounding of at most 8 EPS |theta|.
        np.testing.assert_allclose(point, product @ theta, 0, 16 * EPS * steps * 4)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3)])
def test_descend_is_the_hand_written_loop_with_the_start_first_and_unprojected(shape):
    rng = np.random.default_rng(0)
    theta, target = 9 * rng.standard_normal(shape), rng.standard_normal(shape)

    def project(v):
        return np.clip(v, -0.8, 0.8)

    start = theta.copy()
    path = descent.descend(lambda v: v - target, theta, 0.3, 5, project)
    hand = theta
    np.testing.assert_array_equal(path[0], hand)
    for point in path[1:]:
        hand = project(hand - 0.3 * (hand - target))
        np.testing.assert_array_equal(point, hand)
        assert np.abs(point).max() <= 0.8
    np.testing.assert_array_equal(theta, start)  # the argument is left alone


def test_unit_steps_on_the_population_are_em_plus_G_and_reach_mu():
    mu, theta = np.array([2.5, 0.0]), np.array([1.0, 1.5])
    path = descent.descend(lambda v: population.gradient(v, mu), theta, 1.0, 60)
    for now, after in itertools.pairwise(path):
        step = population.em_step(now, mu) + population.G(now, mu)
        np.testing.assert_allclose(after, step, 0, 1000 * EPS)  # terms below 10, 100 EPS each
    # Linear convergence: the Hessian's eigenvalues at mu give the rate, and 60 steps exhaust it.
    rate = np.abs(1 - np.linalg.eigvalsh(population.hessian(mu, mu))).max()
    assert rate < 0.55
    np.testing.assert_allclose(path[-1], mu, 0, 10 * rate**50 + 1000 * EPS)


def test_dynamics_in_high_dimension_are_the_dynamics_in_the_plane():
    rng = np.random.default_rng(1)
    theta, mu = rng.standard_normal(200) / 100, rng.standard_normal(200) / 14
    path = descent.descend(lambda v: population.gradient(v, mu), theta, 0.5, 12)
    size = geometry.norm(mu)
    plane = descent.descend(
        lambda v: population.gradient(v, np.array([size, 0.0])),
        geometry.from_plane(*geometry.to_plane(theta, mu)),
        0.5,
        12,
    )
    # Roundings of 200 EPS, expanded in each of 12 steps by at most 1 + 0.5 * 2 |mu|^2.
    tol = 200 * EPS * (1 + size**2) ** 12
    np.testing.assert_allclose(np.transpose(geometry.to_plane(path, mu)), plane, 0, tol)
    # The line of mu is found, whichever of its ends is nearer: the tangent halves at each step.
    assert abs(math.cos(geometry.angle(path[-1], mu))) > 0.9


def test_projected_descent_at_small_norm_finds_the_samples_top_eigenvector():
    mu = 1.5 * np.eye(5)[0]
    x = mixture.sample(np.random.default_rng(2), 300, mixture.pair(mu))
    size = 1e-5
    path = descent.on_sphere(
        lambda v: objective.implicit_gradient(v, x), np.ones(5), 1.0, 200, size
    )
    np.testing.assert_allclose(geometry.norm(path), size, 8 * EPS)
    # Power iteration converges far below this in 200 steps; what is left is the third order,
    # size^2 E|x|^4 = 1e-10 * 100, over the gap of S (about 1).
    top = power.top_eigenvector(x)
    angle = geometry.angle(path[-1], top)
    assert min(angle, math.pi - angle) <= 1e-7


@given(st.floats(0.1, 30.0), st.floats(0.01, 1.0))
def test_crossing_is_exact_on_a_straight_line(where, fall):
    line = fall * (where - np.arange(40))
    np.testing.assert_allclose(descent.crossing(line), where, 64 * EPS * 40 / min(where, 1))
    columns = np.stack([line, line + 100 * fall, -line, 0 * line], axis=1).reshape(40, 2, 2)
    steps = descent.crossing(columns)
    assert steps.shape == (2, 2)
    assert steps[0, 0] == descent.crossing(line)
    assert steps[0, 1] == np.inf  # never
    assert steps[1, 0] == steps[1, 1] == 0  # from the start


def test_crossing_is_the_first_and_lies_between_the_steps_around_it():
    assert descent.crossing(np.array([3.0, 1.0, -1.0, 2.0, -2.0])) == 1.5
    assert descent.crossing(np.array([3.0, 1.0, 0.0, 0.0])) == 2


# -- Algorithm 1 -----------------------------------------------------------------------------------


def slow_denoiser(rng, t, theta, steps, x0, eta, project=None):
    """Algorithm 1 with the gradient by finite differences of the definition, point by point."""
    shrink, sigma = math.exp(-t), math.sqrt(1 - math.exp(-2 * t))
    now = theta
    path = [now]
    for _ in range(steps):
        z = rng.standard_normal(x0.shape)
        x = shrink * x0 + sigma * z

        def loss(v, x=x, z=z):
            gaps = [slow_score(a, centres(v)) + b / sigma for a, b in zip(x, z, strict=True)]
            return np.mean([g @ g for g in gaps]) / 2

        at_t = now * shrink
        now = (at_t - eta * finite_difference(loss, at_t)) / shrink
        now = now if project is None else project(now)
        path.append(now)
    return np.array(path)


@pytest.mark.parametrize("project", [None, lambda v: np.clip(v, -0.6, 0.6)])
@pytest.mark.parametrize("theta", [np.array([0.5, -1.0]), np.array([[1.0, 0.0], [0.3, -0.8]])])
def test_gmm_denoiser_is_its_slow_twin_and_reproducible(theta, project):
    x0 = mixture.sample(np.random.default_rng(3), 6, np.array([[1.0, 1.0], [-1.0, -1.0]]))

    def run(f, seed):
        return f(np.random.default_rng(seed), 0.4, theta, 3, x0=x0, eta=0.5, project=project)

    path = run(descent.gmm_denoiser, 4)
    # Each gradient agrees to FD = 1e-7 at worst; 3 steps whose Jacobian is below 10.
    np.testing.assert_allclose(path, run(slow_denoiser, 4), 0, 1e-6)
    np.testing.assert_array_equal(path, run(descent.gmm_denoiser, 4))
    assert not np.array_equal(path[1], run(descent.gmm_denoiser, 5)[1])  # the noise matters
    np.testing.assert_allclose(path[0], theta, 4 * EPS)


def test_gmm_denoiser_draws_fresh_noise_at_each_step():
    x0 = mixture.sample(np.random.default_rng(5), 20, np.array([[1.0], [-1.0]]))
    args = dict(x0=x0, eta=0.5)
    rng = np.random.default_rng(6)
    long = descent.gmm_denoiser(rng, 0.4, np.array([0.5]), 2, **args)
    rng = np.random.default_rng(6)
    first = descent.gmm_denoiser(rng, 0.4, np.array([0.5]), 1, **args)
    second = descent.gmm_denoiser(rng, 0.4, first[-1], 1, **args)
    np.testing.assert_array_equal(long[1:], [first[1], second[1]])


def test_gmm_denoiser_on_one_copy_keeps_its_first_noise():
    x0 = mixture.sample(np.random.default_rng(5), 20, np.array([[1.0], [-1.0]]))
    theta, args = np.array([0.5]), dict(x0=x0, eta=0.5)
    path = descent.gmm_denoiser(np.random.default_rng(6), 0.4, theta, 9, redraw=False, **args)
    x, z = mixture.diffuse(np.random.default_rng(6), x0, 0.4)
    at_t = descent.descend(
        lambda theta: objective.literal_gradient(theta, x, z, 0.4), theta * math.exp(-0.4), 0.5, 9
    )
    np.testing.assert_allclose(path, at_t * math.exp(0.4), 1e-13)
    fresh = descent.gmm_denoiser(np.random.default_rng(6), 0.4, theta, 9, **args)
    np.testing.assert_array_equal(path[1], fresh[1])
    assert np.abs(path[2] - fresh[2]) > 1e-3  # the control: the noise drawn again


def test_gmm_denoiser_converges_to_mu_within_its_standard_error():
    # 32 independent data sets. On n points the minimiser is off by O(n^-1/2) without bias up to
    # O(1/n): sqrt(32/n) = 0.13 of a standard error of the mean of 32.
    mu, t, n = np.array([1.5, -1.0]), 0.2, 2000
    rng = np.random.default_rng(7)
    ends, mles = [], []
    for _ in range(32):
        x0 = mixture.sample(rng, n, mixture.pair(mu))
        path = descent.gmm_denoiser(rng, t, np.array([1.0, 0.2]), 120, x0=x0, eta=0.5)
        ends.append(path[-60:].mean(axis=0))
        theta = mu
        for _ in range(30):
            theta = em.em_step(theta, x0)
        mles.append(theta)
    ends = np.array(ends)
    assert largest_z(ends - mu) < Z
    # Controls: the same answer left at time t, and a truth that is 5% longer.
    assert largest_z(ends * math.exp(-t) - mu) > Z
    assert largest_z(ends - 1.05 * mu) > Z
    # It is paired with the maximum-likelihood estimate on the same data, of standard error
    # 1/sqrt(n): their scatter is the same but for a factor.
    assert largest_z(ends - np.array(mles)) < Z


# -- the ladder of noise scales --------------------------------------------------------------------


def test_anneal_is_algorithm_1_from_scale_to_scale():
    x0 = mixture.sample(np.random.default_rng(8), 50, np.array([[2.0, 0.0], [-2.0, 1.0]]))
    theta, args = np.array([[1.0, 0.0], [0.0, 1.0]]), dict(x0=x0, eta=0.5)
    times = np.array([1.0, 0.5, 0.2])
    learned = descent.anneal(np.random.default_rng(9), times, theta, 5, **args)
    rng, now = np.random.default_rng(9), theta
    for t, found in zip(times, learned, strict=True):
        path = descent.gmm_denoiser(rng, t, now, 5, **args)
        assert len(path) == 6
        now = path[3:].mean(axis=0)  # the last half
        np.testing.assert_array_equal(found, now)


def test_down_the_ladder_the_centres_are_learned():
    means = np.array([[3.0, 0.0], [-3.0, 1.0], [0.0, -4.0]])
    rng = np.random.default_rng(10)
    x0 = mixture.sample(rng, 4000, means)
    start = means + np.array([[1.0, 1.0], [-1.0, 0.5], [0.5, 1.0]])
    learned = descent.anneal(rng, np.array([0.7, 0.3]), start, 40, x0=x0, eta=1.5)
    assert learned.shape == (2, 3, 2)
    # At t = 0.3 the clusters are well apart: a centre's error is about sqrt(K/n) = 0.03 a
    # coordinate, the averaged noise of 20 steps no more; at t = 0.7 a few times that.
    assert np.abs(learned[1] - means).max() < 0.2
    assert np.abs(learned[0] - means).max() < 0.5 < np.abs(start - means).max()
