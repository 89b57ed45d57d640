"""Power iteration on a sample that is drawn as a band."""

import numpy as np
import pytest
from helpers import EPS
from scipy import stats

from ddpm_gmm import geometry, mixture
from lemma_10 import band, in_band, second_moments

D, N, STEPS, RUNS = 24, 60, 4, 3000


def test_second_moments_are_those_of_the_dense_band():
    rng = np.random.default_rng(0)
    k = 9
    diagonal, above, far = band(rng, 5, 40, 100, k)
    v = rng.standard_normal((5, k))
    for row, seen in enumerate(second_moments(diagonal, above, far, v)):
        X = np.diag(diagonal[row]) + np.diag(above[row], 1) + np.diag(far[row], 2)
        np.testing.assert_allclose(seen, X.T @ X @ v[row], 0, 64 * EPS * np.linalg.norm(X) ** 2 * k)


def test_the_squared_entries_have_the_means_of_their_laws():
    diagonal, above, far = band(np.random.default_rng(1), RUNS, D, N, 8)
    i = np.arange(8)
    degrees = np.where(i == 0, 2 * N, N - i)  # the first is non-central: n + n |mu|^2
    for entries, mean in ((diagonal, degrees), (above, 1.0), (far, D - 2 - i[:-2])):
        squares = N * entries**2
        error = squares.std(axis=0, ddof=1) / np.sqrt(RUNS)
        assert (np.abs(squares.mean(axis=0) - mean) / error).max() < 5  # 1e-5 for all 21


def on_samples(rng, length=1.0):
    """log tan at each step, on sample matrices drawn whole."""
    axis, logs = np.eye(D)[0], []
    for _ in range(RUNS):
        x = mixture.sample(rng, N, mixture.pair(length * axis))
        path = [rng.standard_normal(D)]
        for _ in range(STEPS):
            path.append(x.T @ (x @ path[-1]))
        logs.append(np.log(geometry.tangent(np.array(path), axis)))
    return np.array(logs)


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 1, STEPS])
def test_a_band_has_the_law_of_a_sample_and_not_that_of_another(step):
    logs, _ = in_band(np.random.default_rng(2), D, STEPS, RUNS, D / N)
    real = on_samples(np.random.default_rng(3))
    assert stats.ks_2samp(logs[:, step], real[:, step]).pvalue > 1e-4
    if step:  # a control: half the signal
        other = on_samples(np.random.default_rng(4), length=0.5**0.5)
        assert stats.ks_2samp(logs[:, step], other[:, step]).pvalue < 1e-10


def test_after_many_steps_the_direction_has_stopped():
    logs, overlap = in_band(np.random.default_rng(5), 10_000, 60, 20, 1 / 16)
    assert np.abs(logs[:, -1] - logs[:, -2]).max() < 0.01
    assert (np.abs(overlap) < 0.06).all()  # that of a random start with anything: 6 / sqrt(d)
