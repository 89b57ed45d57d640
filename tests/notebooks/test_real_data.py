"""The noise level of real data."""

import numpy as np
import pytest
from helpers import EPS, Z, arrays, rotation, slow_score, slow_weights
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn import datasets

import real_data
from ddpm_gmm import centres, em, mixture

TOL = 24 * 16 * EPS  # entries in [-2, 2], d <= 3: terms below 24, some 16 operations


@st.composite
def sets_of_centres(draw):
    """(theta, x) of shapes (K, d), (n, d)."""
    d = draw(st.integers(1, 3))
    return draw(arrays(draw(st.integers(1, 3)), d)), draw(arrays(draw(st.integers(1, 5)), d))


@given(sets_of_centres())
def test_residual_is_the_posterior_mean_square_distance(case):
    theta, x = case
    slow = [
        sum(w * sum((p - m) ** 2) for w, m in zip(slow_weights(p, theta), theta, strict=True))
        for p in x
    ]
    # A difference of terms up to 24, with weights good to 24 * 16 EPS (as in test_em).
    assert abs(real_data.residual(theta, x) - np.mean(slow) / x.shape[1]) <= 16 * TOL


@given(sets_of_centres())
def test_residual_is_steins_identity_for_the_score_plus_the_likelihoods_gradient(case):
    theta, x = case
    stein = -np.mean([p @ slow_score(p, theta) for p in x])
    rest = np.sum(theta * em.likelihood_gradient(theta, x))
    assert abs(x.shape[1] * real_data.residual(theta, x) - (stein - rest)) <= 64 * TOL


def draw(key, n=4000, sigma=1.7, delta=3.5, K=3, d=4):
    """A model sample with noise sigma: its true centres and its points, in its own units."""
    rng = np.random.default_rng([5, key])
    means = centres.random(rng, K, d, delta)
    return sigma * means, sigma * mixture.sample(rng, n, means)


def objective(sigma, theta, x):
    """The mean log likelihood of (1/K) sum_i N(theta_i, sigma^2 I)."""
    return em.log_likelihood(theta / sigma, x / sigma) - x.shape[1] * np.log(sigma)


# The optimiser stops at a gradient of 1e-6 or less; the curvature in every direction is above 0.1.
STOP = 1e-5


def test_the_noise_level_is_a_maximum_of_the_likelihood_in_centres_and_sigma():
    theta, x = draw(1)
    sigma, fitted = real_data.noise_level(theta, x)
    top, rng = objective(sigma, sigma * fitted, x), np.random.default_rng(0)
    for size in (1e-3, 0.03):
        for _ in range(20):
            way = size * rng.standard_normal(theta.size + 1)
            moved = sigma * np.exp(way[-1]), sigma * (fitted + way[:-1].reshape(theta.shape))
            assert objective(*moved, x) < top


def test_whitening_twice_changes_nothing():
    theta, x = draw(2)
    sigma, fitted = real_data.noise_level(theta, x)
    assert abs(real_data.residual(fitted, x / sigma) - 1) <= STOP
    again, refitted = real_data.noise_level(fitted, x / sigma)
    assert abs(again - 1) <= STOP
    np.testing.assert_allclose(refitted, fitted, 0, STOP)
    # The centres are those of the unit-noise model on the whitened sample.
    np.testing.assert_allclose(em.maximum_likelihood(fitted, x / sigma), fitted, 0, STOP)


@pytest.mark.parametrize("scale", [1e-200, 1e-3, 1.0, 1e4, 1e90])
def test_units_rotations_and_shifts_do_not_matter(scale):
    theta, x = draw(3)
    sigma, fitted = real_data.noise_level(theta, x)
    turn, shift = rotation(x.shape[1]), np.linspace(-1, 2, x.shape[1])

    def moved(y):
        return scale * (y @ turn + shift)

    other, moved_fit = real_data.noise_level(moved(theta), moved(x))
    assert abs(other / (scale * sigma) - 1) <= STOP
    np.testing.assert_allclose(moved_fit, (sigma * fitted @ turn + shift) / sigma, 0, STOP)


def test_far_clusters_leave_their_mean_square_deviation():
    theta, x = draw(4, n=300, delta=30.0)
    sigma, fitted = real_data.noise_level(theta, x)
    own = cdist(theta, x).argmin(axis=0)
    means = np.stack([x[own == k].mean(axis=0) for k in range(len(theta))])
    assert abs(sigma / np.sqrt(np.mean((x - means[own]) ** 2)) - 1) <= STOP
    np.testing.assert_allclose(sigma * fitted, means, 0, STOP * sigma)


@pytest.mark.slow
def test_model_data_stay_model_data_where_hard_assignment_shrinks_the_noise():
    fit, hard = [], []
    for key in range(12):
        theta, x = draw(10 + key, n=6000, sigma=0.3, delta=3.0)
        fit.append(real_data.noise_level(theta, x)[0] / 0.3)
        hard.append(np.sqrt(cdist(theta, x, "sqeuclidean").min(axis=0).mean() / 4) / 0.3)
    error = np.std(fit, ddof=1) / np.sqrt(len(fit))
    # The mean of sigma^2 falls short by about K/n = 5e-4, half of that in sigma.
    assert abs(np.mean(fit) - 1) <= Z * error + 3 / 6000
    assert abs(np.mean(hard) - 1) > Z * error + 3 / 6000  # the control: nearest centres


@pytest.mark.slow
def test_the_bias_is_the_centres_degrees_of_freedom():
    # Far clusters: sigma^2 n d / sigma_0^2 is chi-square with (n - K) d degrees of freedom.
    K, d, n, runs = 3, 2, 12, 60
    means, rng = centres.simplex(K, d, 12.0), np.random.default_rng(6)
    squares = np.empty(runs)
    for run in range(runs):
        x = np.repeat(means, n // K, axis=0) + rng.standard_normal((n, d))
        squares[run] = real_data.noise_level(means, x)[0] ** 2
    error = np.sqrt(2 / ((n - K) * d)) * (1 - K / n) / np.sqrt(runs)
    assert abs(squares.mean() - (1 - K / n)) <= Z * error
    assert abs(squares.mean() - 1) > Z * error  # the control: no bias


def test_as_many_centres_as_points_and_points_without_noise_are_refused():
    x = np.eye(3)
    with pytest.raises(ValueError, match="theta: got 3 centres, must be fewer than 3, the dist"):
        real_data.noise_level(x, x)
    with pytest.raises(ValueError, match="theta: got 2 centres, must be fewer than 2, the dist"):
        real_data.noise_level(x[:2], np.repeat(x[:2], 3, axis=0))
    on_a_line = np.array([[0.0], [1.0], [1e-200]])
    with pytest.raises(ValueError, match="x: got points that lie on the centres to rounding"):
        real_data.noise_level(on_a_line[:2], on_a_line)


def test_a_constant_column_is_named_and_repeated_rows_count_as_often_as_they_come():
    theta, x = draw(7, n=60, K=2, d=3)
    still = x.copy()
    still[:, 1] = 2.0
    with pytest.raises(ValueError, match="x: got the constant column 1, must vary"):
        real_data.noise_level(theta, still)
    sigma, fitted = real_data.noise_level(theta, np.repeat(x, 3, axis=0))
    once = real_data.noise_level(theta, x)
    assert abs(sigma / once[0] - 1) <= STOP
    np.testing.assert_allclose(fitted, once[1], 0, STOP)


@pytest.mark.parametrize("offset", [300.0, 1000.0, 1e4, 1e8])
def test_the_noise_level_of_data_far_from_zero_is_that_at_zero(offset):
    grid = 2.0**-20
    for key in range(5):
        rng = np.random.default_rng([8, key])
        means = centres.simplex(3, 2, 6.0)
        x = np.round(mixture.sample(rng, 500, means) / grid) * grid
        start = np.round((means + 0.5 * rng.standard_normal(means.shape)) / grid) * grid
        sigma, fitted = real_data.noise_level(start, x)
        away, moved = real_data.noise_level(start + offset, x + offset)
        assert abs(away / sigma - 1) <= STOP
        np.testing.assert_allclose(moved * away - offset, sigma * fitted, 0, STOP + 4e-16 * offset)
        far = real_data.residual(start + offset, x + offset)
        assert abs(far - real_data.residual(start, x)) <= 1e4 * EPS


def test_iris_in_another_unit_of_temperature_is_iris():
    x = datasets.load_iris().data
    start = x[[0, 60, 120]]
    sigma, _ = real_data.noise_level(start, x)
    assert abs(real_data.noise_level(start + 2000, x + 2000)[0] / sigma - 1) <= STOP


def test_a_likelihood_without_a_maximum_is_reported():
    x = np.repeat(np.eye(3), 2, axis=0)  # three centres can sit on the three places: sigma -> 0
    with pytest.raises(ValueError, match="theta: got 3 centres, must be fewer than 3"):
        real_data.noise_level(np.eye(3) + 0.01 * np.arange(9).reshape(3, 3), x)
