"""What accuracy is possible: Fisher information, the sandwich of the implicit form, the bound."""

import math

import numpy as np
import pytest
from helpers import EPS, Z, largest_z

from ddpm_gmm import em, mixture, objective, rules
from ddpm_gmm.pair import information, population

SIZES = np.array([0.3, 0.7, 1.0, 2.0, 4.0])


def expectation(f, size):
    """E f(x_1, x_2) over the pair at (size, 0), a plain tensor rule far finer than needed."""
    g = np.linspace(-10, 10, 801)
    w = (g[1] - g[0]) * np.exp(-(g**2) / 2) / np.sqrt(2 * np.pi)
    half = [f(sign * size + g[:, None], g[None, :]) for sign in (1, -1)]
    return np.einsum("i,j,ij->", w, w, (half[0] + half[1]) / 2)


@pytest.mark.parametrize("size", SIZES)
def test_fisher_information_is_the_variance_of_the_likelihoods_gradient(size):
    along, across = information.fisher(size)
    score_along = expectation(lambda x, y: (np.tanh(size * x) * x - size) ** 2, size)
    score_across = expectation(lambda x, y: (np.tanh(size * x) * y) ** 2, size)
    # Sums of 800^2 terms of order 1 with weights that sum to 1: a few eps of the largest value.
    assert along == pytest.approx(score_along, abs=1e-12)
    assert across == pytest.approx(score_across, abs=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_the_sandwich_is_the_variance_of_one_points_gradient_over_the_curvature_squared(size):
    mu = np.array([size, 0.0])
    curvature = np.diag(population.hessian(mu, mu))

    def gradient(x, y, k):
        points = np.stack([np.broadcast_to(x, (801, 801)).ravel(), np.tile(y.ravel(), 801)], 1)
        u = points @ mu
        h = np.tanh(u)
        weight = h + (1 - h**2) * (u + size**2 * h)
        return ((2 - h**2) * mu[k] - weight * points[:, k]).reshape(801, 801)

    for k, value in enumerate(information.implicit_covariance(size)):
        variance = expectation(lambda x, y, k=k: gradient(x, y, k) ** 2, size)
        assert value == pytest.approx(variance / curvature[k] ** 2, rel=1e-10)


def test_the_gradient_in_the_sandwich_is_the_objectives():
    rng = np.random.default_rng(5)
    mu, x = np.array([1.3, 0.0]), rng.standard_normal((7, 2))
    h = np.tanh(x @ mu)
    weight = h + (1 - h**2) * (x @ mu + 1.3**2 * h)
    loop = np.mean([(2 - a**2) * mu - b * p for a, b, p in zip(h, weight, x, strict=True)], axis=0)
    np.testing.assert_allclose(objective.implicit_gradient(mu, x), loop, rtol=1e-13)


def test_no_objective_beats_the_likelihood():
    for fisher, covariance in zip(
        information.fisher(SIZES), information.implicit_covariance(SIZES), strict=True
    ):
        assert (covariance >= 1 / fisher).all()


def test_far_apart_the_label_is_known_and_a_point_tells_all():
    along, across = information.fisher(8.0)
    assert along == pytest.approx(1, abs=1e-10) and across == pytest.approx(1, abs=1e-10)
    assert information.cramer_rao(8.0, 30, 1000) == pytest.approx(30 / 1000, rel=1e-10)


def test_maximum_likelihood_reaches_the_cramer_rao_bound_and_a_wrong_model_does_not():
    """A mean of chi-square-like ratios: standard error sqrt(2/d/seeds), five of them allowed."""
    d, n, seeds, size = 20, 8000, 24, 1.0
    mu = np.zeros(d)
    mu[0] = size
    bound = information.cramer_rao(size, d, n)

    def ratio(k, learn):
        x = mixture.sample(np.random.default_rng([7, k]), n, mixture.pair(mu))
        return np.sum((learn(x) - mu) ** 2) / bound

    best = np.mean([ratio(k, lambda x: em.maximum_likelihood(mu, x)) for k in range(seeds)])
    hard = np.mean([ratio(k, lambda x: np.sign(x @ mu) @ x / n) for k in range(seeds)])
    allowed = 5 * np.sqrt(2 / d / seeds)
    assert abs(best - 1) < allowed
    assert not abs(hard - 1) < allowed  # the control: labels taken as certain


def test_maximum_likelihood_is_where_em_ends():
    rng = np.random.default_rng(8)
    means = 3 * np.eye(3, 4)
    x = mixture.sample(rng, 400, means)
    found = em.maximum_likelihood(means, x)
    np.testing.assert_allclose(em.em_step(found, x), found, atol=1e-7)
    by_em = means
    for _ in range(500):
        by_em = em.em_step(by_em, x)
    np.testing.assert_allclose(found, by_em, atol=1e-6)


@pytest.mark.parametrize("size", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("t", [0.05, 0.3, 1.0])
def test_the_literal_variance_is_that_of_the_gradient_over_data_and_noise(size, t):
    # x = x_t and v = x - z/sigma are jointly Gaussian given the centre: with a = x - s the noise of
    # x, v = s + w, w of variance 1 + c... rules in both, coordinate by coordinate.
    e, sigma = math.exp(-t), mixture.noise_scale(t)
    g, w = rules.gaussian(size + 1)
    data, z = g[:, None], g
    x, v = size + e * data + sigma * z, size + e * data - e**2 / sigma * z
    h = np.tanh(size * x)
    fit = h * size - v
    along = w @ (fit * (h + (1 - h**2) * size * x)) ** 2 @ w
    # Across: gradient h (-v') + (1 - h^2) s fit x', with x', v' of the same law about 0.
    parts = (h**2, -2 * h * (1 - h**2) * size * fit, ((1 - h**2) * size * fit) ** 2)
    second = np.array([e**2 + e**4 / sigma**2, 0.0, 1.0])  # E v'^2, E x'v', E x'^2
    across = second @ [w @ p @ w for p in parts]
    found = information.literal_variance(size, t)
    np.testing.assert_allclose(found, (along, across), 1e-10)


def test_a_sampled_literal_gradient_has_the_variance():
    size, t, rng = 1.5, 0.4, np.random.default_rng(0)
    mu_t, batches = np.array([size, 0.0, 0.0]), []
    for _ in range(64):
        x, z = mixture.diffuse(rng, mixture.sample(rng, 500, mixture.pair(mu_t * math.exp(t))), t)
        h = np.tanh(x @ mu_t)[:, None]
        miss = h * mu_t - x + z / mixture.noise_scale(t)
        each = h * miss + (1 - h**2) * (miss @ mu_t)[:, None] * x
        whole = objective.literal_gradient(mu_t, x, z, t)
        np.testing.assert_allclose(each.mean(axis=0), whole, 0, 1e-12)
        square = np.mean(each**2, axis=0)
        batches.append([square[0], square[1:].mean()])
    batches, found = np.array(batches), np.array(information.literal_variance(size, t))
    assert largest_z(batches - found) < Z
    assert largest_z(batches - 1.1 * found) > Z


def test_the_implicit_variance_is_the_covariance_times_the_curvature_squared():
    V, H = information.implicit_variance(SIZES), information.curvature(SIZES)
    found = information.implicit_covariance(SIZES)
    np.testing.assert_allclose(np.array(V) / np.square(H), found, 8 * EPS)
    # The literal form pays for the label what the implicit form does not, and blows up at t = 0.
    assert information.literal_variance(1.0, 1e-4)[1] > 1000 * information.implicit_variance(1.0)[1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: information.fisher(0.0), "size: got 0, must be >= 1e-05"),
        (lambda: information.implicit_covariance(-1.0), "size: got -1, must be >= 1e-05"),
        (lambda: information.fisher(np.nan), "size: got nan"),
        (lambda: information.cramer_rao(1.0, 0, 5), "d: got 0, must be a whole number >= 1"),
        (lambda: information.cramer_rao(1.0, 5, 0), "n: got 0, must be a whole number >= 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_principal_component_loses_to_the_bound_and_meets_it_for_far_centres():
    size = np.array([0.3, 1.0, 3.0, 12.0])
    for ours, least in zip(
        information.spectral_covariance(size), information.fisher(size), strict=True
    ):
        assert (ours >= 1 / least * (1 - 1e-12)).all()
        assert ours[-1] * least[-1] == pytest.approx(1, abs=0.01)


def test_the_principal_component_on_samples():
    """Mean squared errors of 400 samples, along and across, within four standard errors."""
    n, size, d = 4000, 1.0, 4
    mu, rng = size * np.eye(d)[0], np.random.default_rng(11)
    errors = []
    for _ in range(400):
        x = mixture.sample(rng, n, mixture.pair(mu))
        values, vectors = np.linalg.eigh(x.T @ x / n)
        found = np.sqrt(values[-1] - 1) * vectors[:, -1] * np.sign(vectors[0, -1])
        errors.append(n * (found - mu) ** 2)
    mean, error = np.mean(errors, axis=0), np.std(errors, axis=0) / 20
    along, across = information.spectral_covariance(size)
    predicted = np.array([along, *[across] * (d - 1)])
    assert (np.abs(mean - predicted) < 4 * error + 0.02 * predicted).all()
    assert not (np.abs(mean - predicted / 2) < 4 * error + 0.02 * predicted).any()
