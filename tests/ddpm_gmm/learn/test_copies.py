"""The matrix that either form iterates at a small norm: its law, its price, what it sees."""

import math

import numpy as np
import pytest
from helpers import EPS, Z
from scipy import stats

from ddpm_gmm import mixture, objective
from ddpm_gmm.learn import copies, power

CASES = [(form, draws) for form in copies.FORMS for draws in (1, 2, 5)]
TIMES = [0.15, 0.7, 3.0]


def matrix(rng, form, t, draws, signal, d, n):
    """A from rows: the slow twin of ``copies.draw``."""
    mu = math.sqrt(signal) * np.eye(d)[0]
    x0, total = mixture.sample(rng, n, mixture.pair(mu)), np.zeros((d, d))
    for _ in range(draws):
        x, z = mixture.diffuse(rng, x0, t)
        v = x if form == "implicit" else x - z / mixture.noise_scale(t)
        total += (v.T @ x + x.T @ v) / (2 * n * draws)
    return total


def seen(A):
    return np.linalg.eigh(A)[1][0, -1] ** 2


@pytest.mark.parametrize("t", TIMES)
@pytest.mark.parametrize("form, draws", CASES)
def test_parts_have_the_mean_and_the_variance_of_the_matrix(form, draws, t):
    weight, mean, rows = copies.parts(form, t, draws).T
    tol = 64 * EPS * np.exp(2 * t) * draws  # of the 2 x 2 problem, whose condition number that is
    np.testing.assert_allclose(weight @ mean**2, 1, tol)  # E A = mu mu' + (trace) I
    np.testing.assert_allclose(weight @ rows, form == "implicit", 0, tol)
    variance = np.exp(-4 * t) * copies.price(form, t, draws)
    np.testing.assert_allclose(weight**2 @ rows, variance, tol)


def test_the_forms_cost_the_same_at_half_the_log_of_three_halves_and_when_averaged():
    t = math.log(1.5) / 2
    for draws in (1, 7, math.inf):
        a, b = (copies.price(form, t, draws) for form in copies.FORMS)
        assert abs(a - b) <= 8 * EPS * a
    assert copies.price("literal", 2.0, math.inf) == 1
    assert copies.price("literal", 2.0) < copies.price("implicit", 2.0)
    assert copies.price("literal", 0.1) > copies.price("implicit", 0.1)


@pytest.mark.parametrize("signal, ratio", [(4.0, 0.05), (0.5, 0.2), (0.5, 0.3)])
def test_one_implicit_copy_and_the_average_have_the_spiked_overlap(signal, ratio):
    t, tol = 0.8, 1e-9  # the overlap rises as a square root from its threshold
    one = copies.overlap("implicit", t, 1, signal, ratio)
    spiked = power.spiked_overlap(signal * math.exp(-2 * t), ratio)
    assert abs(one - spiked) < tol
    for form in copies.FORMS:
        clean = copies.overlap(form, t, math.inf, signal, ratio)
        assert abs(clean - power.spiked_overlap(signal, ratio)) < tol
        many = copies.overlap(form, t, 10**7, signal, ratio)
        assert abs(clean - many) < 1e-4


@pytest.mark.parametrize("signal", [0.1, 1.0, 4.0, 9.0])
@pytest.mark.parametrize("strength", [0.1, 0.5, 2.0, 10.0])
def test_one_literal_copy_at_high_noise_is_a_spike_and_a_louder_row(signal, strength):
    # (1 - m^2) / (1 + s m^2) with s m^2 + sqrt(strength) m = 1 and s = |mu_0|^2 / 2.
    t = 12.0
    ratio = signal**2 / (strength * copies.price("literal", t))
    s, root = signal / 2, math.sqrt(strength)
    m = 2 / (root + math.sqrt(strength + 4 * s))
    limit = max(0.0, (1 - m**2) / (1 + s * m**2))
    # What is left out is of the relative order of the eigenvalues' half-width sqrt(g / 2).
    tol = 8 * math.sqrt(ratio)
    assert abs(copies.overlap("literal", t, 1, signal, ratio) - limit) < tol < 1e-2


@pytest.mark.parametrize("rows", [3, 8, 1000])
def test_second_moments_have_the_mean_and_the_variance_of_rows(rows):
    rng, d, batches = np.random.default_rng(0), 8, 4000
    W = np.array([copies.second_moments(rng, rows, d) for _ in range(batches)])
    assert np.linalg.matrix_rank(W[0]) == min(rows, d)
    error = np.sqrt(rows * (1 + np.eye(d)) / batches)
    assert (np.abs(W.mean(axis=0) - rows * np.eye(d)) / error).max() < Z
    squares = (W - rows * np.eye(d)) ** 2 / (rows * (1 + np.eye(d)))
    error = squares.std(axis=0) / batches**0.5
    assert (np.abs(squares.mean(axis=0) - 1) / error).max() < Z


@pytest.mark.parametrize("form", copies.FORMS)
def test_the_matrix_is_what_the_gradient_iterates_at_a_small_norm(form):
    rng, d, n, t, r = np.random.default_rng(1), 5, 40, 0.6, 1e-4
    A, w = matrix(np.random.default_rng(2), form, t, 1, 2.0, d, n), rng.standard_normal(d)
    again = np.random.default_rng(2)
    x0 = mixture.sample(again, n, mixture.pair(math.sqrt(2.0) * np.eye(d)[0]))
    x, z = mixture.diffuse(again, x0, t)
    if form == "implicit":
        force, lead = -objective.implicit_gradient(r * w, x), 2 * (A - np.eye(d)) @ w
    else:
        force, lead = -objective.literal_gradient(r * w, x, z, t), 2 * A @ w
    np.testing.assert_allclose(force / r, lead, 0, 1e-4)  # the next order is r^2, times |x|^4


@pytest.mark.parametrize("form, draws", CASES)
def test_a_drawn_matrix_sees_as_much_as_one_from_rows(form, draws):
    size = dict(t=0.7, draws=draws, signal=2.0, d=8, n=60)
    rng, runs = np.random.default_rng(3), 400
    rows = [seen(matrix(rng, form, **size)) for _ in range(runs)]
    law = [seen(copies.draw(rng, form, **size)) for _ in range(runs)]
    assert stats.ks_2samp(rows, law).pvalue > 1e-5
    third = [seen(copies.draw(rng, form, **size | dict(n=20))) for _ in range(runs)]
    assert stats.ks_2samp(rows, third).pvalue < 1e-10
