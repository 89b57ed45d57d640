"""Laws without samples, the accurate flow, ladders, and the bound on a wrong score."""

import math

import numpy as np
import pytest
from helpers import EPS, Z, largest_z
from scipy.special import ndtr

import generation
from ddpm_gmm import mixture
from ddpm_gmm.generate import samplers, schemes
from ddpm_gmm.generate.samplers import score_of

SCHEMES = (schemes.euler, schemes.exponential)
MEANS = np.array([[1.5, 0.0, 0.5], [-1.0, 1.0, 0.0], [0.0, -1.5, 0.5]])
LINE = np.array([[-2.0], [0.5], [2.5]])
GRID = np.linspace(-12, 12, 961)
NORMAL = np.exp(-(GRID**2) / 2) / math.sqrt(2 * math.pi)


def rng(seed=0):
    return np.random.default_rng(seed)


def density(means):
    return np.exp(mixture.log_density(GRID[:, None], means))


def divergence(p, q):
    """KL(p | q) of two densities on the grid."""
    return np.sum(p * np.log(p / q)) * (GRID[1] - GRID[0])


def order(errors):
    """The order at which errors fall when the steps double, from the last two."""
    return math.log2(errors[-2] / errors[-1])


# -- one Gaussian, a whole run ---------------------------------------------------------------------


def test_the_accurate_flow_of_one_gaussian_is_a_translation():
    mu, x, times = MEANS[:1], rng().standard_normal((5, 3)), np.array([3.0, 1.0, 0.4])
    wanted = x + mu * (math.exp(-0.4) - math.exp(-3))
    found = generation.accurate_flow(score_of(mu), x, times)
    np.testing.assert_allclose(found[-1], wanted, 0, 1e-8)  # tolerance 1e-10 a step, 100 steps
    np.testing.assert_array_equal(found[0], x)


def test_mean_and_variance_of_the_euler_chain_of_one_gaussian():
    # With r = x - mu e^{-t}: mean' = (1 - h) mean + O(h^2), exactly a m + b (mu_t - m); and
    # variance' = (1 - h)^2 variance + 2 h.
    mu, times = np.array([[1.3]]), np.linspace(2, 0, 9)
    mean, variance = 0.0, 1.0
    for t, h in zip(times, -np.diff(times), strict=False):
        mean = (1 + h) * mean + 2 * h * (1.3 * math.exp(-t) - mean)
        variance = (1 - h) ** 2 * variance + 2 * h
    p = generation.law(score_of(mu), NORMAL, GRID, times, schemes.euler) * (GRID[1] - GRID[0])
    found = [p.sum(), p @ GRID, p @ GRID**2 - (p @ GRID) ** 2]
    np.testing.assert_allclose(found, [1, mean, variance], 0, 1e-12)  # 8 steps at 1e-14, x^2 < 144


# -- many Gaussians --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_law_of_the_chain_is_that_of_its_samples(scheme):
    times, n = np.linspace(2, 0, 6), 64 * 400
    p = generation.law(score_of(LINE), NORMAL, GRID, times, scheme) * (GRID[1] - GRID[0])
    x = samplers.reverse_sde(rng(), score_of(LINE), rng(1).standard_normal((n, 1)), times, scheme)
    moments = [np.cos(k * x).reshape(64, -1).mean(axis=1) for k in (0.5, 1, 2)]
    exact = np.array([p @ np.cos(k * GRID) for k in (0.5, 1, 2)])
    assert largest_z(np.stack(moments, axis=1) - exact) < Z
    assert largest_z(np.stack(moments, axis=1) - 1.1 * exact) > Z


def test_one_step_of_the_law_is_its_slow_twin():
    score, t, h = score_of(LINE), 1.0, 0.3
    a, b, spread = schemes.exponential(h)
    found = generation.law(score, NORMAL, GRID, np.array([t, t - h]))
    dx = GRID[1] - GRID[0]
    for j in (200, 500, 700):
        total = 0.0
        for x, p in zip(GRID, NORMAL, strict=True):
            y = a * x + b * float(score(t, np.array([[x]]))[0, 0])
            total += math.exp(-(((GRID[j] - y) / spread) ** 2) / 2) * p * dx
        assert found[j] == pytest.approx(total / (spread * math.sqrt(2 * math.pi)), rel=1e-11)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_divergence_of_the_chain_falls_as_the_square_of_the_step(scheme):
    # Started at q_T, so that nothing but the step errs.
    T, start = 2.0, density(mixture.shrink(LINE, 2.0))
    found = [
        divergence(
            density(LINE),
            generation.law(score_of(LINE), start, GRID, np.linspace(T, 0, N + 1), scheme),
        )
        for N in (16, 32, 64)
    ]
    assert order(found) == pytest.approx(2, abs=0.25)  # the next term is a relative 1/N or two


def test_a_wrong_score_leaves_a_divergence_that_does_not_fall():
    start = density(mixture.shrink(LINE, 2.0))
    wrong = [
        divergence(
            density(LINE),
            generation.law(score_of(1.2 * LINE), start, GRID, np.linspace(2, 0, N + 1)),
        )
        for N in (16, 32)
    ]
    assert abs(order(wrong)) < 0.5 and min(wrong) > 0.01


def test_without_steps_the_mixture_is_carried_along_and_runs_compose():
    at = [density(mixture.shrink(LINE, t)) for t in (2.0, 0.5)]
    found = generation.reverse_law(LINE, at[0], GRID, 2.0, 0.5)
    np.testing.assert_allclose(found, at[1], 0, 1e-13)  # sums of 961 terms below 1
    once = generation.reverse_law(LINE, NORMAL, GRID, 2.0, 0.0)
    twice = generation.reverse_law(
        LINE, generation.reverse_law(LINE, NORMAL, GRID, 2.0, 0.7), GRID, 0.7, 0.0
    )
    np.testing.assert_allclose(twice, once, 0, 1e-13)
    assert np.abs(once - density(LINE)).max() > 1e-4  # the start was not q_T


@pytest.mark.parametrize("scheme", SCHEMES)
def test_many_steps_come_to_the_law_without_steps(scheme):
    wanted = generation.reverse_law(LINE, NORMAL, GRID, 1.0, 0.0)
    off = [
        np.abs(
            generation.law(score_of(LINE), NORMAL, GRID, np.linspace(1, 0, N + 1), scheme) - wanted
        ).max()
        for N in (16, 32, 64)
    ]
    assert order(off) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_both_schemes_of_the_flow_are_of_order_one(scheme):
    x, T = rng().standard_normal((50, 3)), 3.0
    exact = generation.accurate_flow(score_of(MEANS), x, np.array([T, 0.0]))[-1]
    errors = [
        np.abs(
            samplers.probability_flow(score_of(MEANS), x, np.linspace(T, 0, N + 1), scheme) - exact
        ).mean()
        for N in (64, 128, 256)
    ]
    assert order(errors) == pytest.approx(1, abs=0.1)


def test_on_a_line_the_flow_is_the_monotone_map_from_law_to_law():
    # The distribution function is carried along: F_t(x_t) is constant. Its error is at most the
    # largest density, 0.4, times that of x: 1e-12 a step, and the flow stretches 100-fold at most.
    def below(x, t):
        return ndtr(x - mixture.shrink(LINE, t)[:, 0]).mean(axis=-1)

    x = np.linspace(-3, 3, 41)[:, None]
    path = generation.accurate_flow(score_of(LINE), x, np.array([2.0, 0.7, 0.0]), 1e-12)
    for t, y in zip((0.7, 0.0), path[1:], strict=True):
        np.testing.assert_allclose(below(y, t), below(x, 2.0), 0, 1e-9)
    wrong = generation.accurate_flow(score_of(1.1 * LINE), x, np.array([2.0, 0.0]))[-1]
    assert np.abs(below(wrong, 0.0) - below(x, 2.0)).max() > 1e-3


def test_the_accurate_flow_of_no_time_is_its_start():
    x = rng().standard_normal((4, 3))
    found = generation.accurate_flow(score_of(MEANS), x, np.array([3.0]))
    np.testing.assert_array_equal(found, x[None])


# -- schedule and ladder ---------------------------------------------------------------------------


def test_a_ladder_of_one_scale_is_the_score_of_its_mixture():
    x = rng().standard_normal((6, 3))
    score = generation.ladder(np.array([0.3]), MEANS[None])
    for t in (0.0, 0.3, 2.0):
        np.testing.assert_array_equal(score(t, x), mixture.score(x, mixture.shrink(MEANS, t)))


def test_a_ladder_takes_the_scale_nearest_in_ratio():
    x, rungs = rng().standard_normal((6, 3)), np.array([1.6, 0.1, 0.4])
    theta = np.stack([MEANS, 2 * MEANS, 3 * MEANS])
    score = generation.ladder(rungs, theta)
    for t in (0.0, 0.05, 0.19, 0.21, 0.4, 0.79, 0.81, 5.0):
        nearest = np.argmin(np.abs(np.log(rungs) - math.log(max(t, 1e-9))))
        wanted = mixture.score(x, mixture.shrink(theta[nearest], t))
        np.testing.assert_array_equal(score(t, x), wanted)


def test_a_ladder_does_not_mind_the_labels_of_a_scale():
    x, rungs = rng().standard_normal((6, 3)), np.array([1.0, 0.1])
    plain = generation.ladder(rungs, np.stack([MEANS, 2 * MEANS]))
    mixed = generation.ladder(rungs, np.stack([MEANS, 2 * MEANS[::-1]]))
    for t in (0.1, 1.0):
        np.testing.assert_allclose(mixed(t, x), plain(t, x), 0, 64 * EPS)


# -- the price of a wrong score, and of steps ------------------------------------------------------


def slow_bound(score, times):
    """Both parts of the bound on the line, label by label, by the trapezoidal rule."""
    dx, out = GRID[1] - GRID[0], np.zeros(2)
    for t, h in zip(times, -np.diff(times), strict=False):
        at, c = mixture.shrink(LINE, t), math.expm1(2 * h)
        p, w = density(at) * dx, mixture.responsibilities(GRID[:, None], at)
        f = w.T @ at[:, 0]
        off = score(t, GRID[:, None])[:, 0] - (f - GRID)
        pairs = sum(
            w[i] * w[j] * np.exp(c * (at[i] - f) * (at[j] - f)) for i in range(3) for j in range(3)
        )
        out += [p @ off**2 * c / 2, p @ np.log(pairs)]
    return out


@pytest.mark.parametrize("N", [5, 20])
def test_the_bound_is_its_slow_twin_and_holds(N):
    times, score = schemes.schedule(2.0, N), score_of(LINE + np.array([[0.1], [-0.2], [0.1]]))
    found = generation.path_bound(rng(), score, LINE, times, 6, 48)
    slow = slow_bound(score, times)
    assert largest_z(found - slow) < Z
    assert largest_z(found - 1.05 * slow) > Z
    start = density(mixture.shrink(LINE, 2.0))
    divergences = divergence(density(LINE), generation.law(score, start, GRID, times))
    assert 0 < divergences < slow.sum()


def test_one_gaussian_and_its_own_score_cost_nothing():
    score, times = score_of(MEANS[:1]), schemes.schedule(2.0, 5)
    found = generation.path_bound(rng(), score, MEANS[:1], times, 3, 2)
    np.testing.assert_allclose(found, 0, 0, 1e-13)  # 5 steps of rounding, c up to 6


def test_the_score_error_of_a_translate_is_its_length():
    # All centres moved by v: near T the weights agree, and the scores differ by v e^{-t}.
    far, v, t = 40 * np.eye(3), np.array([0.1, -0.2, 0.3]), 0.4
    found = generation.score_error(rng(), score_of(far + v), far, t, 3, 4)
    np.testing.assert_allclose(found, v @ v * math.exp(-2 * t), 1e-10)
    np.testing.assert_array_equal(generation.score_error(rng(), score_of(far), far, t, 3, 4), 0)


def test_the_labels_tell_what_the_centres_error_overstates():
    theta = LINE + np.array([[0.3], [-0.2], [0.4]])
    gained = np.sum((theta - LINE) ** 2) / 6 - divergence(density(LINE), density(theta))
    assert largest_z(generation.label_divergence(rng(), theta, LINE, 8, 64) - gained) < Z
    assert largest_z(generation.label_divergence(rng(), LINE, theta, 8, 64) - gained) > Z


def test_the_score_error_integrates_to_the_divergence():
    # KL(q | p) - KL(q_T | p_T) is the integral of the score error: Gauss-Legendre in t.
    theta = LINE + np.array([[0.3], [-0.2], [0.4]])
    nodes, weights = np.polynomial.legendre.leggauss(12)
    t, T = 0.75 + 0.75 * nodes, 1.5
    errors = [generation.score_error(rng(1), score_of(theta), LINE, s, 8, 16) for s in t]
    total = 0.75 * weights @ np.array(errors)
    exact = divergence(density(LINE), density(theta)) - divergence(
        density(mixture.shrink(LINE, T)), density(mixture.shrink(theta, T))
    )
    assert largest_z((total - exact)[:, None]) < Z
    assert largest_z((total - 1.05 * exact)[:, None]) > Z


# -- refusals that are not about one argument ------------------------------------------------------


def test_a_grid_too_coarse_for_the_step_is_refused_and_the_hint_is_right():
    start = density(mixture.shrink(LINE, 2.0))
    with pytest.raises(ValueError, match=r"grid: got a spacing of 0.025, must be below") as caught:
        generation.law(score_of(LINE), start, GRID, np.array([1.0, 0.9999]))
    hint = float(str(caught.value).split("below ")[1].split()[0])
    fine = np.arange(-12, 12, 0.98 * hint)
    generation.law(score_of(LINE), np.zeros_like(fine), fine, np.array([1.0, 0.9999]))


def test_the_law_without_steps_is_for_one_dimension_and_forward_in_its_times():
    args = NORMAL, GRID
    with pytest.raises(ValueError, match=r"start: got 0.5, must be > 0.5"):
        generation.reverse_law(LINE, *args, 0.5, 0.5)
    with pytest.raises(ValueError, match=r"grid: got a spacing of 0.025, must be below 0.0109"):
        generation.reverse_law(LINE, *args, 0.5001, 0.5)


@pytest.mark.parametrize("grid", [GRID[::-1].copy(), np.r_[GRID[:-1], 13.0], GRID[:1]])
def test_a_grid_that_is_not_uniform_is_refused(grid):
    with pytest.raises(ValueError, match=r"(?s)grid: got .*, must be uniform and increasing"):
        generation.law(score_of(LINE), np.ones(len(grid)), grid, np.array([1.0, 0.5]))


def test_rungs_must_be_distinct():
    with pytest.raises(ValueError, match=r"times: got .*, must be distinct"):
        generation.ladder(np.array([0.5, 0.5]), np.stack([MEANS, MEANS]))
