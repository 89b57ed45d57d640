"""The two-sample test: its statistic in closed form, its level, its power."""

import math

import numpy as np
from helpers import Z, rotation
from scipy.stats import kstest

import generation
from ddpm_gmm import centres, mixture

MEANS = np.array([[1.5, 0.0, 0.5], [-1.0, 1.0, 0.0], [0.0, -1.5, 0.5]])


def rng(*seed):
    return np.random.default_rng([7, *seed])


def p_value(k, means, n=60, m=40, width=1.5, permutations=19, truth=MEANS):
    x, y = mixture.sample(rng(k, 0), n, truth), mixture.sample(rng(k, 1), m, means)
    return generation.mmd_test(rng(k, 2), x, y, width, permutations)


def slow_mmd(x, y, width):
    """The statistic, pair by pair."""

    def mean(u, v):
        return sum(math.exp(-sum((a - b) ** 2) / (2 * width**2)) for a in u for b in v) / (
            len(u) * len(v)
        )

    return mean(x, x) + mean(y, y) - 2 * mean(x, y)


def test_the_p_value_counts_the_permutations_of_the_slow_statistic():
    x, y = mixture.sample(rng(0), 4, MEANS), mixture.sample(rng(1), 3, MEANS)
    found = generation.mmd_test(rng(2), x, y, 1.3, 30)
    # The same permutations, for the generator is the same: of the places, carried by signs.
    places = rng(2).permuted(np.tile(np.repeat([1 / 4, -1 / 3], [4, 3]), (30, 1)), axis=1) > 0
    pooled, seen = np.concatenate([x, y]), slow_mmd(x, y, 1.3)
    count = sum(slow_mmd(pooled[own], pooled[~own], 1.3) >= seen - 1e-14 for own in places)
    assert found == (1 + count) / 31


def test_under_one_law_the_p_value_is_uniform():
    # 20 equally likely values 1/20, ..., 1; less u/20 they are uniform on [0, 1].
    p = np.array([p_value(k, MEANS) for k in range(400)])
    assert kstest(p - rng(9).random(400) / 20, "uniform").pvalue > 1e-4
    wrong = np.array([p_value(k, centres.displaced(rng(k, 3), MEANS, 0.7)) for k in range(400)])
    assert kstest(wrong - rng(9).random(400) / 20, "uniform").pvalue < 1e-4


def test_the_level_is_kept_and_a_lost_centre_is_seen():
    # Level 1/20: 400 tests reject 20 times, standard deviation 4.4.
    rejected = sum(p_value(k, MEANS) <= 0.05 for k in range(400))
    assert abs(rejected - 20) < Z * 4.4
    lost = sum(p_value(k, 2 * MEANS[:2], 120, 80, truth=2 * MEANS) <= 0.05 for k in range(50))
    assert lost > 40


def test_distances_alone_matter():
    x, y = mixture.sample(rng(0), 30, MEANS), mixture.sample(rng(1), 30, MEANS)
    Q, shift = rotation(3), np.array([5.0, -2.0, 1.0])
    for width in (0.5, 2.0):
        found = generation.mmd_test(rng(2), x @ Q.T + shift, y @ Q.T + shift, width, 99)
        assert found == generation.mmd_test(rng(2), x, y, width, 99)


def test_far_samples_give_the_least_p_value_there_is():
    x = mixture.sample(rng(0), 20, MEANS)
    assert generation.mmd_test(rng(1), x, x + 50, 1.0, 99) == 0.01
