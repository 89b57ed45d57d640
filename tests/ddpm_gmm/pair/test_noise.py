"""The objective with its noise averaged out: against the sampled objective, and the likelihood."""

import math

import jaxtyping
import numpy as np
import pytest
from helpers import EPS, FD, arrays, finite_difference, largest_z, rotation
from hypothesis import given
from hypothesis import strategies as st

from ddpm_gmm import em, mixture, objective, rules
from ddpm_gmm.pair import information, noise, population

T, SHARES = rules.scales(24)
W = SHARES * np.exp(2 * T) / 2  # int_0^infinity f(t) dt is the mean of f/(2 tau)
MU = np.array([1.6, -0.8, 0.4])
# Up to 1100 nodes in a sum of weight one, of terms below 80 (r, |c| <= 12): n eps max.
TOL = 1100 * EPS * 80


def slow_average(f, q=400):
    """E f(z) for one-dimensional z ~ N(0, 1), by a fine midpoint rule on [-9, 9]."""
    z = (np.arange(q) + 0.5) * 18 / q - 9
    p = np.exp(-(z**2) / 2)
    return sum(w * f(v) for w, v in zip(p / p.sum(), z, strict=True))


# -- one noise scale ------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0.0, 0.1, 1.0])
def test_in_one_dimension_it_is_the_sampled_objective_summed_over_a_grid_of_noise(t):
    theta, x0 = np.array([1.3]), np.array([[0.7], [-2.1], [0.0]])
    shrunk, sigma = math.exp(-t), mixture.noise_scale(t)

    def at(z, f):
        return f(shrunk * theta, shrunk * x0 + sigma * z)

    loss = slow_average(lambda z: at(z, objective.implicit_loss))
    slope = slow_average(lambda z: shrunk * at(z, objective.implicit_gradient))
    np.testing.assert_allclose(noise.averaged_loss(theta, x0, t), loss, 0, TOL)
    np.testing.assert_allclose(noise.averaged_gradient(theta, x0, t), slope, 0, TOL)


@pytest.mark.parametrize("t", [0.05, 0.5])
def test_implicit_and_literal_gradients_scatter_round_it(t):
    rng, theta = np.random.default_rng(0), np.array([1.0, 0.5, -0.2])
    x0 = mixture.sample(rng, 5, mixture.pair(MU))
    exact = noise.averaged_gradient(theta, x0, t) * math.exp(t)
    batches = []
    for _ in range(64):
        x, z = mixture.diffuse(rng, np.repeat(x0, 400, axis=0), t)
        shrunk = math.exp(-t) * theta
        batches.append(
            [
                objective.implicit_gradient(shrunk, x),
                objective.literal_gradient(shrunk, x, z, t),
            ]
        )
    assert largest_z(batches - exact) < 5
    assert largest_z(batches - 1.2 * exact) > 5


@given(arrays(3), arrays(4, 3))
def test_gradient_is_the_finite_difference_of_the_loss(theta, x0):
    t = np.array([0.0, 0.2, 1.5])
    slope = finite_difference(lambda v: noise.averaged_loss(v, x0, t), theta).T
    np.testing.assert_allclose(noise.averaged_gradient(theta, x0, t), slope, 0, FD)


@given(arrays(3), arrays(4, 3))
def test_without_noise_it_is_the_implicit_objective(theta, x0):
    loss, slope = objective.implicit_loss(theta, x0), objective.implicit_gradient(theta, x0)
    np.testing.assert_allclose(noise.averaged_loss(theta, x0, 0.0), loss, 0, TOL)
    np.testing.assert_allclose(noise.averaged_gradient(theta, x0, 0.0), slope, 0, TOL)


@given(arrays(3), arrays(4, 3), st.floats(0, 3))
def test_rotation_and_signs_go_through(theta, x0, t):
    Q, slope = rotation(3), noise.averaged_gradient(theta, x0, t)
    turned = noise.averaged_gradient(theta @ Q.T, x0 @ Q.T, t)
    np.testing.assert_allclose(turned, slope @ Q.T, 0, TOL)
    np.testing.assert_allclose(noise.averaged_gradient(-theta, x0, t), -slope, 0, TOL)
    np.testing.assert_allclose(noise.averaged_gradient(theta, -x0, t), slope, 0, TOL)


def test_an_array_of_scales_is_a_loop_over_them():
    x0 = mixture.sample(np.random.default_rng(1), 7, mixture.pair(MU))
    t = np.array([0.0, 0.3, 2.0])
    for f in (noise.averaged_loss, noise.averaged_gradient):
        np.testing.assert_allclose(f(MU, x0, t), [f(MU, x0, float(one)) for one in t], 0, TOL)


def test_over_the_mixture_it_averages_to_the_population_objective():
    # c = theta . x0 is Gaussian: quadrature over it, by points along theta that have this c.
    theta, mu, t = np.array([1.1]), np.array([1.4]), 0.3
    loss = slow_average(lambda z: noise.averaged_loss(theta, (mu + z)[None], t))
    shrunk = math.exp(-t)
    assert abs(loss - population.loss(shrunk * theta, shrunk * mu)) <= TOL


# -- all scales -----------------------------------------------------------------------------------


@given(arrays(3), arrays(4, 3))
def test_all_scales_together_are_the_log_likelihood(theta, x0):
    # Observed: the rule with 24 scales errs by 1e-9 for |theta . x0| up to 12.
    ratio = em.log_likelihood(theta, x0) - em.log_likelihood(np.zeros(3), x0)
    assert abs(2 * noise.averaged_loss(theta, x0, T) @ W + ratio) <= 1e-8
    slope = 2 * W @ noise.averaged_gradient(theta, x0, T)
    np.testing.assert_allclose(slope, -em.likelihood_gradient(theta, x0), 0, 1e-7)


def test_all_scales_but_with_another_weight_are_not():
    x0 = mixture.sample(np.random.default_rng(2), 50, mixture.pair(MU))
    wrong = 2 * W * (1 - np.exp(-2 * T))
    ratio = em.log_likelihood(MU, x0) - em.log_likelihood(np.zeros(3), x0)
    assert abs(noise.averaged_loss(MU, x0, T) @ wrong + ratio) > 0.1


# -- accuracy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0.3, 1.0, 2.0, 4.0])
def test_covariance_is_cramer_raos_over_all_scales_and_larger_at_one(size):
    bound = 1 / np.array(information.fisher(size))
    np.testing.assert_allclose(noise.covariance(size, T, W), bound, 1e-9)
    for t in (0.0, 0.1, 1.0, 5.0):
        assert (np.array(noise.covariance(size, t, 1.0)) > bound).all()
    assert abs(noise.error_ratio(size, 50, T, W) - 1) < 1e-9


@pytest.mark.parametrize("size", [0.3, 2.0])
def test_one_scale_is_score_matching_without_noise_and_the_spectral_estimate_with_much(size):
    np.testing.assert_allclose(
        noise.covariance(size, 0.0, 1.0),
        information.implicit_covariance(size),
        1e-12 / size**4,  # H is of order size^2, and squared
    )
    # Second moments: (S - 1) theta = |theta|^2 theta. The next order is e^{-2t} = 6e-6.
    spectral = 1 + 1 / (2 * size**2), 1 + 1 / size**2
    np.testing.assert_allclose(noise.covariance(size, 6.0, 1.0), spectral, 1e-4)


@pytest.mark.parametrize("size", [0.5, 2.0])
@pytest.mark.parametrize("t", [0.0, 0.3, 2.0])
def test_the_floor_is_the_variance_of_the_averaged_gradient(size, t):
    # The gradient of one data point, averaged over its noise, by a rule for the data point.
    mu = np.array([size, 0.0])
    x0, w = rules.about(mixture.pair(mu), *rules.plane(size))
    B, W = noise.parts(x0 @ mu, size, t)
    each = B[:, None] * mu - W[:, None] * x0
    for k in (0, 7, 500):
        one = noise.averaged_gradient(mu, x0[k : k + 1], t)
        np.testing.assert_allclose(each[k], one, 0, TOL)
    found = noise.variance(size, t, 1.0)
    np.testing.assert_allclose(w @ each**2, found, 1e-9)
    # In theta_t, what theorem-07 calls the floor; never above the variance of a drawn point.
    floor = np.array(found) * math.exp(2 * t)
    drawn = np.array(information.implicit_variance(size * math.exp(-t)))
    assert (floor <= drawn * (1 + 1e-12)).all() and (t == 0 or (floor < 0.999 * drawn).all())
    np.testing.assert_allclose(
        np.array(found) / np.square(noise.curvature(size, t, 1.0)),
        noise.covariance(size, t, 1.0),
        8 * EPS,
    )


def test_one_copy_costs_what_score_matching_does_and_more_the_noisier_it_is():
    assert noise.one_copy(2.0, 0.0) == pytest.approx(noise.covariance(2.0, 0.0, 1.0), rel=1e-12)
    for t in (0.1, 0.5, 2.0):
        assert np.less(noise.covariance(2.0, t, 1.0), noise.one_copy(2.0, t)).all()
    # Across mu it tends to e^{4t} / |mu|^2; the next term is smaller by |mu|^2 e^{-2t} = 2e-4.
    assert noise.one_copy(2.0, 5.0)[1] == pytest.approx(math.exp(20.0) / 4, rel=2e-3)


def test_covariance_does_not_mind_the_scale_of_the_weights():
    t, w = np.array([0.1, 0.4]), np.array([0.3, 0.7])
    np.testing.assert_allclose(noise.covariance(1.5, t, 3 * w), noise.covariance(1.5, t, w), 1e-13)


# -- bad input ------------------------------------------------------------------------------------

X = np.ones((4, 3))
BAD = [
    (noise.averaged_loss, dict(theta=MU, x0=X, t=-1.0), "t: got -1, must be >= 0"),
    (noise.averaged_loss, dict(theta=MU[:2], x0=X, t=1.0), "theta.shape: got (2,), must"),
    (noise.averaged_gradient, dict(theta=MU, x0=X[0], t=1.0), "x0: got shape (3,), must"),
    (noise.averaged_gradient, dict(theta=MU, x0=X, t=np.nan), "t: got nan at index ()"),
    (noise.covariance, dict(size=0.0, t=T, weight=W), "size: got 0, must be > 0"),
    (noise.covariance, dict(size=1.0, t=T, weight=1.0), "weight.shape: got (1,), must"),
    (noise.error_ratio, dict(size=1.0, d=0, t=T, weight=W), "d: got 0, must be"),
]


@pytest.mark.parametrize("f, arguments, text", BAD)
def test_a_bad_argument_is_named(f, arguments, text):
    jaxtyping.config.update("jaxtyping_disable", True)  # the package's own errors are the subject
    try:
        with pytest.raises(ValueError) as caught:
            f(**arguments)
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
    assert str(caught.value).startswith(text)
