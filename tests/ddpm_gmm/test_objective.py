"""The three forms of the DDPM objective on samples: losses, gradients, agreement in expectation."""

import itertools
import tracemalloc

import numpy as np
import pytest
from helpers import (
    EPS,
    FD,
    Z,
    arrays,
    centres,
    finite_difference,
    largest_z,
    rotation,
    samples,
    slow_score,
)
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import em, mixture, objective
from ddpm_gmm.pair import population

T = 0.3
SIGMA = mixture.noise_scale(T)

# Entries in [-2, 2], d <= 3, K <= 3: the terms of losses and gradients are below
# 3 * (4 + 2/SIGMA)^3 < 1500 and made of some 16 operations each.
TOL = 1500 * 16 * EPS


def literal(theta, x, z, mu):
    return objective.literal_loss(theta, x, z, T), objective.literal_gradient(theta, x, z, T)


def explicit(theta, x, z, mu):
    return objective.explicit_loss(theta, x, mu), objective.explicit_gradient(theta, x, mu)


def implicit(theta, x, z, mu):
    return objective.implicit_loss(theta, x), objective.implicit_gradient(theta, x)


FORMS = pytest.mark.parametrize("form", [literal, explicit, implicit])


def slow_loss(form, theta, x, z, mu):
    """The definition, point by point, the divergence by finite differences of the score."""
    total = 0.0
    for point, noise in zip(x, z, strict=True):
        s = slow_score(point, centres(theta))
        if form is literal:
            total += sum((s + noise / SIGMA) ** 2) / 2
        elif form is explicit:
            total += sum((s - slow_score(point, mu)) ** 2) / 2
        else:
            slope = finite_difference(lambda y: slow_score(y, centres(theta)), point)
            total += sum(s**2) / 2 + np.trace(slope) - (sum(point**2) / 2 - len(point))
    return total / len(x)


# -- each form -------------------------------------------------------------------------------------


@FORMS
@given(sample=samples())
def test_loss_is_its_definition_point_by_point(form, sample):
    # The difference in the divergence: 2e-15 of the score's fifth derivative (< 16 * 4^6) is 2e-10.
    tol = 2e-10 + 1e-11 if form is implicit else TOL
    assert abs(form(*sample)[0] - slow_loss(form, *sample)) <= tol


@FORMS
@given(sample=samples())
def test_gradient_is_the_finite_difference_of_its_own_loss(form, sample):
    theta, *rest = sample
    slope = finite_difference(lambda v: form(v, *rest)[0], theta)
    np.testing.assert_allclose(form(theta, *rest)[1], slope, 0, FD)


@FORMS
@given(sample=samples(pair=True))
def test_the_pair_is_two_centres_tied_and_its_gradient_their_difference(form, sample):
    theta, *rest = sample
    loss, gradient = form(theta, *rest)
    tied_loss, (first, second) = form(mixture.pair(theta), *rest)
    assert abs(loss - tied_loss) <= TOL
    np.testing.assert_allclose(gradient, first - second, 0, TOL)


@given(samples(), st.booleans())
def test_explicit_form_vanishes_with_its_gradient_at_the_truth(sample, tied):
    theta, x, _, _ = sample
    truth = centres(theta) if tied else theta
    loss, gradient = explicit(theta, x, None, truth)
    assert abs(loss) <= TOL * EPS  # squares of rounding errors
    np.testing.assert_allclose(gradient, 0, 0, TOL)


# -- symmetry --------------------------------------------------------------------------------------


@FORMS
@given(sample=samples(pair=False), seed=st.integers(0, 5))
def test_permuting_the_centres_permutes_the_gradient(form, sample, seed):
    theta, *rest = sample
    order = np.random.default_rng(seed).permutation(len(theta))
    (loss, gradient), (same, shuffled) = form(theta, *rest), form(theta[order], *rest)
    assert abs(loss - same) <= TOL
    np.testing.assert_allclose(shuffled, gradient[order], 0, TOL)


@FORMS
@given(sample=samples())
def test_rotating_parameter_and_sample_rotates_the_gradient(form, sample):
    Q = rotation(sample[1].shape[1])
    (loss, gradient), (same, turned) = form(*sample), form(*(v @ Q.T for v in sample))
    assert abs(loss - same) <= 4 * TOL
    np.testing.assert_allclose(turned, gradient @ Q.T, 0, 4 * TOL)


@FORMS
@given(sample=samples(pair=True))
def test_minus_theta_mirrors_the_pairs_gradient_and_minus_x_changes_nothing(form, sample):
    theta, x, z, mu = sample
    loss, gradient = form(*sample)
    for args, parity in (((-theta, x, z, mu), -1), ((theta, -x, -z, -mu), 1)):
        same, other = form(*args)
        assert abs(loss - same) <= TOL
        np.testing.assert_allclose(other, parity * gradient, 0, TOL)


@given(samples(pair=False), arrays(3))
def test_implicit_form_with_its_dropped_term_is_translation_invariant(sample, shift):
    theta, x, _, _ = sample
    c = shift[: x.shape[1]]

    def whole(theta, x):
        return objective.implicit_loss(theta, x) + np.mean(np.sum(x**2, axis=1)) / 2

    moved = objective.implicit_gradient(theta + c, x + c)
    assert abs(whole(theta + c, x + c) - whole(theta, x)) <= 8 * TOL  # entries now up to 4
    np.testing.assert_allclose(moved, objective.implicit_gradient(theta, x), 0, 8 * TOL)


@FORMS
@given(sample=samples())
def test_the_objective_of_a_sample_is_the_mean_over_its_points(form, sample):
    theta, x, z, mu = sample
    loss, gradient = form(*sample)
    points = [form(theta, x[i : i + 1], z[i : i + 1], mu) for i in range(len(x))]
    assert abs(loss - np.mean([p[0] for p in points])) <= TOL
    np.testing.assert_allclose(gradient, np.mean([p[1] for p in points], axis=0), 0, TOL)


# -- limits ----------------------------------------------------------------------------------------


@FORMS
def test_zero_is_a_critical_point_of_the_pair_and_zero_data_pulls_to_zero(form):
    rng = np.random.default_rng(0)
    x, z, mu = (rng.standard_normal((5, 3)) for _ in range(3))
    assert np.array_equal(form(np.zeros(3), x, z, mu)[1], np.zeros(3))
    # All centres at 0 see the same weights: their gradients agree.
    gradient = form(np.zeros((4, 3)), x, z, mu)[1]
    np.testing.assert_allclose(gradient, gradient[:1].repeat(4, axis=0), 0, 16 * EPS)


@FORMS
def test_weights_that_underflow_leave_everything_finite(form):
    x = np.array([[300.0, 0.0], [-300.0, 1.0]])
    theta = np.array([[300.0, 0.0], [-300.0, 0.0]])
    for parameter in (theta, theta[0]):
        loss, gradient = form(parameter, x, np.ones_like(x), theta)
        assert np.isfinite(loss) and np.isfinite(gradient).all()


# -- in expectation --------------------------------------------------------------------------------


def blocks(means, count=64, n=4000):
    """Independent (x, z) at time T from centres at time 0."""
    rng = np.random.default_rng(5)
    return [mixture.diffuse(rng, mixture.sample(rng, n, means), T) for _ in range(count)]


MU = np.array([1.2, -0.5, 0.8])
THETA = np.array([0.6, 0.7, -0.3])


@FORMS
def test_pair_gradient_averages_to_the_population_gradient(form):
    mu_t = mixture.shrink(MU, T)
    found = np.array([form(THETA, x, z, mu_t)[1] for x, z in blocks(mixture.pair(MU))])
    assert largest_z(found - population.gradient(THETA, mu_t)) < Z
    # Controls: G with the wrong sign, and mu at the wrong time.
    wrong = THETA - population.em_step(THETA, mu_t) + population.G(THETA, mu_t)
    assert largest_z(found - wrong) > Z
    assert largest_z(found - population.gradient(THETA, MU)) > Z


@FORMS
def test_sampling_error_of_the_gradient_falls_as_one_over_the_root_of_n(form):
    # The log of a standard deviation of 256 values has standard error 1/sqrt(2 * 255) = 0.044, of a
    # difference of two 0.063: Z of them are 0.31, while the rate n^(-1/4) would be 0.69 away.
    def log_error(n):
        data = blocks(mixture.pair(MU), count=256, n=n)
        return np.log(np.std([form(THETA, x, z, MU)[1] for x, z in data], axis=0, ddof=1))

    np.testing.assert_allclose(log_error(1600) - log_error(100), np.log(100 / 1600) / 2, 0, 0.31)


STUDENTS = pytest.mark.parametrize(
    "theta", [THETA, np.array([[0.5, 0.0, 1.0], [-1.0, 0.3, 0.2], [0.2, -0.9, -0.4]])]
)


@STUDENTS
def test_the_three_forms_have_the_same_gradient_in_expectation(theta):
    means = np.array([[1.5, 0.0, 0.5], [-1.0, 1.0, 0.0], [0.0, -1.5, 0.5], [0.3, 0.2, -1.2]])
    means_t = mixture.shrink(means, T)
    data = blocks(means)

    def gradients(form, flip=1):
        return np.array([form(theta, x, flip * z, means_t)[1] for x, z in data])

    wanted = gradients(implicit)
    assert largest_z(gradients(literal) - wanted) < Z
    assert largest_z(gradients(explicit) - wanted) < Z
    # Control: the noise with the wrong sign.
    assert largest_z(gradients(literal, flip=-1) - wanted) > Z


@STUDENTS
def test_the_three_losses_differ_by_constants_free_of_theta(theta):
    mu_t = mixture.shrink(MU, T)
    data = blocks(mixture.pair(MU))
    other = 0.5 * theta + 0.1

    def change(form, flip=1):
        loss = [[form(v, x, flip * z, mu_t)[0] for v in (theta, other)] for x, z in data]
        return np.diff(loss)

    assert largest_z(change(literal) - change(implicit)) < Z
    assert largest_z(change(explicit) - change(implicit)) < Z
    assert largest_z(change(literal, flip=-1) - change(implicit)) > Z
    if theta.ndim == 1:
        exact = population.loss(other, mu_t) - population.loss(theta, mu_t)
        assert largest_z(change(implicit) - exact) < Z
        assert largest_z(change(implicit) - 0.9 * exact) > Z


# -- large samples ---------------------------------------------------------------------------------


@FORMS
@pytest.mark.parametrize("theta", [MU, np.array([[0.5, 0.0, 1.0], [-1.0, 0.3, 0.2]])])
def test_blocks_of_rows_change_nothing(form, theta, monkeypatch):
    x, z = blocks(mixture.pair(MU), count=1, n=1000)[0]
    loss, gradient = form(theta, x, z, MU)
    monkeypatch.setattr(mixture, "_BLOCK", 3 * 7)  # seven rows at a time, and six at the end
    same, again = form(theta, x, z, MU)
    # Sums of 1000 terms in another order: roundings of partial sums below 1000 * 200.
    tol = 1000 * EPS * 200
    assert abs(loss - same) <= tol
    np.testing.assert_allclose(again, gradient, 0, tol)


def test_memory_is_bounded_whatever_the_number_of_points():
    # K n = 6.4 million weights are 51 MB; blocks of 2^15 entries are 256 KiB, and a dozen of them
    # and the copies of rows are alive at once.
    rng = np.random.default_rng(0)
    theta, x = rng.standard_normal((64, 8)), rng.standard_normal((100_000, 8))
    for f, args in ((objective.implicit_gradient, ()), (objective.explicit_gradient, (theta,))):
        tracemalloc.start()
        f(theta, x, *args)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 32 * 2**20


@pytest.mark.parametrize("n, width", [(1, 1), (10, 1 << 15), (10, 1 << 17), (1 << 16, 3)])
def test_blocks_cover_every_row_once(n, width):
    rows = list(mixture.blocks(n, width))
    assert [i for r in rows[:12] for i in range(n)[r]] == list(range(n))[: rows[:12][-1].stop]
    assert rows[0].start == 0 and rows[-1].stop == n
    assert all(a.stop == b.start for a, b in itertools.pairwise(rows))
    assert all((r.stop - r.start) * width <= max(1 << 15, width) for r in rows)


# -- what a step adds to gradient EM ---------------------------------------------------------------


@given(samples())
def test_the_gradient_is_the_likelihoods_plus_G(sample):
    theta, x, _, _ = sample
    left = -objective.implicit_gradient(theta, x) - em.likelihood_gradient(theta, x)
    np.testing.assert_allclose(objective.G(theta, x), left, 0, TOL)


@given(samples(pair=False))
def test_G_is_its_formula_point_by_point(sample):
    theta, x, _, _ = sample
    total = np.zeros_like(theta)
    for point, w in zip(x, mixture.responsibilities(x, theta).T, strict=True):
        f = sum(a * b for a, b in zip(w, theta, strict=True))
        c = [(point - v) @ (f - v) for v in theta]
        cbar = sum(a * b for a, b in zip(w, c, strict=True))
        for k, v in enumerate(theta):
            total[k] += w[k] * (f - v) - w[k] * (c[k] - cbar) * (point - v)
    np.testing.assert_allclose(objective.G(theta, x), total / len(x), 0, TOL)


@given(samples(pair=False), arrays(3))
def test_G_does_not_know_where_the_origin_is(sample, shift):
    theta, x, _, _ = sample
    a = shift[: x.shape[1]]
    # Centres and points twice as large: eight times the terms.
    np.testing.assert_allclose(objective.G(theta + a, x + a), objective.G(theta, x), 0, 8 * TOL)


@given(samples(pair=False), st.integers(0, 5))
def test_rotation_and_permutation_go_through_G(sample, seed):
    theta, x, _, _ = sample
    found, Q = objective.G(theta, x), rotation(x.shape[1])
    np.testing.assert_allclose(objective.G(theta @ Q.T, x @ Q.T), found @ Q.T, 0, 8 * TOL)
    order = np.random.default_rng(seed).permutation(len(theta))
    np.testing.assert_allclose(objective.G(theta[order], x), found[order], 0, TOL)


@given(samples(pair=True))
def test_G_of_the_tied_pair_is_the_difference_of_its_centres_G(sample):
    theta, x, _, _ = sample
    both = objective.G(mixture.pair(theta), x)
    np.testing.assert_allclose(objective.G(theta, x), both[0] - both[1], 0, 2 * TOL)


@given(samples())
def test_a_weight_of_two_is_a_point_given_twice(sample):
    theta, x, _, _ = sample
    weights = 1.0 + np.arange(len(x)) % 2
    again = np.concatenate([x, x[1::2]])
    found = objective.G(theta, x, weights / len(again))
    np.testing.assert_allclose(found, objective.G(theta, again), 0, 2 * TOL)


def test_a_centre_alone_has_no_G_and_sure_points_give_none():
    x = np.random.default_rng(0).standard_normal((20, 2))
    np.testing.assert_allclose(objective.G(np.ones((1, 2)), x), 0, 0, TOL)
    # Two centres at distance 40: the weights of these points are within e^-600 of 0 and 1.
    assert np.abs(objective.G(np.array([[0.0, 0.0], [40.0, 0.0]]), x)).max() < 1e3 * TOL
    assert np.abs(objective.G(np.array([[0.0, 0.0], [1.0, 0.0]]), x)).max() > 1e-2


def test_the_populations_G_is_its_mean():
    mu, theta = np.array([1.0, -0.5, 0.7]), np.array([0.4, 0.5, 0.9])
    rng = np.random.default_rng(3)
    found = np.array(
        [objective.G(theta, mixture.sample(rng, 4000, mixture.pair(mu))) for _ in range(64)]
    )
    assert largest_z(found - population.G(theta, mu)) < Z
    assert largest_z(found - population.G(theta, 1.1 * mu)) > Z
