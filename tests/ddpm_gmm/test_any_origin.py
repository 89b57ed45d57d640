"""K centres know no origin and no unit but the noise: data far from zero, entries of any size.

Points lie on a grid of 2^-20 and offsets are whole numbers below 2^27, so the shift is exact and
the shifted sample is the same one. What is left to err is the arithmetic.
"""

import numpy as np
import pytest
from helpers import EPS, Z, finite_difference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ddpm_gmm import centres, em, geometry, mixture, objective
from ddpm_gmm.generate import samplers
from ddpm_gmm.learn import descent, starts
from ddpm_gmm.many import cubature, information

GRID = 2.0**-20
OFFSETS = [0.0, 1e3, 1e6, 1e8]
# Entries up to 4 in size, three dimensions: logits and products below 100, fourth-order sums below
# 1e4, each of some 16 operations, from an origin up to three spreads away: 9 times that.
TOL = 9 * 16 * 1e4 * EPS


def on_grid(*shape):
    steps = hnp.arrays(np.int64, shape, elements=st.integers(-4 * 2**20, 4 * 2**20))
    return steps.map(lambda v: v * GRID)


@st.composite
def cases(draw):
    """(theta (K, d), x (n, d), mu (M, d), shift (d,)), all on the grid."""
    d, K, n = (draw(st.integers(1, most)) for most in (3, 3, 5))
    signs = draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=d, max_size=d))
    shift = draw(st.sampled_from(OFFSETS)) * np.array(signs)
    return draw(on_grid(K, d)), draw(on_grid(n, d)), draw(on_grid(2, d)), shift


def rng():
    return np.random.default_rng(0)


STILL = {  # the same from every origin
    "log_density": lambda th, x, mu: mixture.log_density(x, th),
    "responsibilities": lambda th, x, mu: mixture.responsibilities(x, th),
    "score": lambda th, x, mu: mixture.score(x, th),
    "literal_loss": lambda th, x, mu: objective.literal_loss(th, x, np.sin(x - mu[0]), 0.5),
    "literal_gradient": lambda th, x, mu: objective.literal_gradient(th, x, np.sin(x - mu[0]), 0.5),
    "explicit_loss": lambda th, x, mu: objective.explicit_loss(th, x, mu),
    "explicit_gradient": lambda th, x, mu: objective.explicit_gradient(th, x, mu),
    "implicit_gradient": lambda th, x, mu: objective.implicit_gradient(th, x),
    "G": lambda th, x, mu: objective.G(th, x),
    "log_likelihood": lambda th, x, mu: em.log_likelihood(th, x),
    "em_gradient": lambda th, x, mu: em.em_gradient(th, x),
    "likelihood_gradient": lambda th, x, mu: em.likelihood_gradient(th, x),
    "starts.explicit_gradient": lambda th, x, mu: starts.explicit_gradient(th[None], x, mu),
    "shares": lambda th, x, mu: np.stack(information.shares(th, x)),
    "at_truth": lambda th, x, mu: np.stack(information.at_truth(th, x)),
    "importance": lambda th, x, mu: np.log(cubature.importance(x, th, mu)),
}
MOVE = {  # they move with it, and a result far away is rounded there
    "posterior_mean": lambda th, x, mu: mixture.posterior_mean(x, th),
    "em_step": lambda th, x, mu: em.em_step(th, x),
    "starts.em_step": lambda th, x, mu: starts.em_step(th[None], x)[0],
}


@pytest.mark.parametrize("name", STILL)
@settings(max_examples=60)
@given(cases())
def test_nothing_depends_on_the_origin(name, case):
    theta, x, mu, c = case
    if name.startswith("literal"):  # the noise is a function of x - mu: the same everywhere
        np.testing.assert_array_equal((x + c) - (mu + c)[0], x - mu[0])
    at_home, away = STILL[name](theta, x, mu), STILL[name](theta + c, x + c, mu + c)
    np.testing.assert_allclose(away, at_home, 0, TOL)


@pytest.mark.parametrize("name", MOVE)
@settings(max_examples=60)
@given(cases())
def test_points_move_with_the_origin(name, case):
    theta, x, mu, c = case
    away = MOVE[name](theta + c, x + c, mu + c) - c
    tol = TOL + 4 * EPS * np.abs(c).max()
    np.testing.assert_allclose(away, MOVE[name](theta, x, mu), 0, tol)


@given(cases())
def test_the_implicit_loss_moves_by_the_term_that_it_leaves_out(case):
    theta, x, _, c = case
    left_out = np.mean(np.sum(x * c, axis=1)) + c @ c / 2
    found = objective.implicit_loss(theta + c, x + c) + left_out
    size = 1 + np.abs(c).max()
    assert abs(found - objective.implicit_loss(theta, x)) <= TOL + 64 * EPS * 3 * size**2


@given(cases())
def test_the_origin_is_near_the_centres_and_zero_where_they_surround_it(case):
    theta, x, _, c = case
    reach = np.abs(theta - theta.mean(axis=0)).max()
    own = mixture.origin(theta + c)
    tol = 8 * EPS * (4 + np.abs(c).max())
    assert np.abs(theta + c - own).max() <= 3 * reach + tol
    around = np.concatenate([theta, -theta])
    assert not mixture.origin(around).any()
    np.testing.assert_array_equal(((x + c) - own) + own, x + c)  # nothing is lost


def test_population_quantities_know_no_origin():
    """To the standard errors of 64 scramblings: the basis of the span may turn with the origin."""
    truth = np.round(centres.random(rng(), 3, 4, 2.0) / GRID) * GRID
    theta = truth + 0.25

    def agree(away, home, rounding):
        error = np.sqrt((away.var(0, ddof=1) + home.var(0, ddof=1)) / len(home))
        assert np.all(np.abs(away.mean(0) - home.mean(0)) <= Z * error + rounding)

    for c in OFFSETS[1:]:
        for f in (cubature.gradient, cubature.G):
            agree(*(f(rng(), theta + s, truth + s, 4, 64) for s in (c, 0.0)), TOL)
        (mass, first), (mass0, first0) = (
            cubature.moments(rng(), theta + s, truth + s, 4, 64) for s in (c, 0.0)
        )
        agree(mass, mass0, TOL)
        agree(first - c * mass[..., None], first0, TOL + 64 * EPS * c)


@pytest.mark.parametrize("offset", [300.0, 1000.0, 1e4, 1e6])
def test_fits_far_from_zero_are_those_at_zero(offset):
    x = np.round(mixture.sample(rng(), 500, centres.simplex(3, 2, 6.0)) / GRID) * GRID
    start = np.round(centres.simplex(3, 2, 4.0) / GRID) * GRID
    away = em.maximum_likelihood(start + offset, x + offset) - offset
    # The optimiser stops at a gradient of 1e-6; the curvature here is above 0.1.
    np.testing.assert_allclose(away, em.maximum_likelihood(start, x), 0, 1e-5)

    def path(c):
        return descent.gmm_denoiser(rng(), 0.5, start + c, 5, x0=x + c, eta=1.0)[-1] - c

    # Each of 5 steps rounds points of this size, e^t times.
    np.testing.assert_allclose(path(offset), path(0.0), 0, 5 * 64 * EPS * offset + TOL)


def test_a_score_at_time_zero_pulls_far_data_as_near():
    x, mu = rng().standard_normal((4, 2)), centres.simplex(3, 2, 2.0)
    x, mu = (np.round(v / GRID) * GRID for v in (x, mu))
    away = samplers.score_of(mu + 1e8)(0.0, x + 1e8)
    np.testing.assert_allclose(away, samplers.score_of(mu)(0.0, x), 0, TOL)


# -- entries of any size ---------------------------------------------------------------------------

SIZES = [2.0**-990, 2.0**-600, 2.0**-30, 2.0**200, 2.0**330]  # 1e-298 to 2e99


@pytest.mark.parametrize("s", SIZES)
def test_lengths_angles_and_matchings_have_no_unit(s):
    theta, mu = rng().standard_normal((2, 4, 3))
    for f in (geometry.norm, centres.separation):
        np.testing.assert_allclose(f(s * theta), s * np.asarray(f(theta)), 8 * EPS)
    for f in (geometry.angle, geometry.tangent, geometry.overlap):
        np.testing.assert_allclose(f(s * theta, s * mu[0]), f(theta, mu[0]), 64 * EPS, 64 * EPS)
    np.testing.assert_allclose(
        geometry.rescale(s * theta, 0.1), geometry.rescale(theta, 0.1), 8 * EPS
    )
    np.testing.assert_array_equal(
        centres.matched(s * theta, s * mu), s * centres.matched(theta, mu)
    )
    assert centres.error(s * theta, s * mu) == pytest.approx(s * centres.error(theta, mu), 8 * EPS)
    assert geometry.miss(s * theta[0], s * mu[0]) == pytest.approx(
        s * geometry.miss(theta[0], mu[0]), 8 * EPS
    )


def test_what_is_too_large_for_its_formula_is_refused():
    x = rng().standard_normal((4, 3))
    with pytest.raises(ValueError, match=r"x: got .*, must be finite and below 1e\+100 in size"):
        mixture.score(1e150 * x, x)
    with pytest.raises(ValueError, match=r"x: got .*, must be finite and below 1e\+75 in size"):
        information.at_truth(x, 1e80 * x)
    with pytest.raises(ValueError, match=r"eta: got 1e\+150, must be finite and below 1e\+100"):
        descent.descend(np.negative, x, 1e150, 1)


def test_gradients_hold_far_from_zero_against_finite_differences_at_home():
    theta, x = rng().standard_normal((2, 2)), rng().standard_normal((6, 2))
    theta, x = (np.round(v / GRID) * GRID for v in (theta, x))
    slope = finite_difference(lambda v: objective.implicit_loss(v, x), theta)
    away = objective.implicit_gradient(theta + 1e8, x + 1e8)
    np.testing.assert_allclose(away, slope, 0, 1e-7)  # FD of the helpers
