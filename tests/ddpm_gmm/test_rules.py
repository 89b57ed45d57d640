"""Quadrature: each rule against its law, a finer rule, and a refusal."""

import math

import numpy as np
import pytest
from helpers import EPS

from ddpm_gmm import centres, em, mixture, objective, rules
from ddpm_gmm.many import information
from ddpm_gmm.pair import population

LINE = np.array([[-4.0], [-1.0], [5.0]])
GUESS = np.array([[-3.0], [0.5], [4.0]])
RULES = {
    "gaussian": lambda: rules.gaussian(2.0),
    "plane": lambda: rules.plane(2.0),
    "about": lambda: rules.about(centres.simplex(3, 2, 2.0), *rules.plane(1.0)),
    "line": lambda: rules.line(GUESS, LINE),
    "scales": lambda: rules.scales(24),
}


@pytest.mark.parametrize("name", RULES)
def test_weights_are_positive_and_sum_to_one(name):
    nodes, weights = RULES[name]()
    assert len(nodes) == len(weights) and (weights > 0).all()
    assert abs(weights.sum() - 1) <= 8 * EPS * math.sqrt(len(weights))


def test_every_rule_is_here():
    public = {
        name
        for name in vars(rules)
        if getattr(vars(rules)[name], "__module__", "") == rules.__name__
        and not name.startswith("_")
    }
    assert public == set(RULES)


def test_the_plane_is_exact_for_the_pairs_integrands():
    # E tanh(theta . x) x over N(mu, I), and a finer rule for a product of tanh and tanh.
    theta, mu = np.array([0.7, 1.1]), np.array([1.4, 0.0])
    z, w = rules.plane(1.5)
    x = mu + z
    tol = 64 * EPS * math.sqrt(len(w))
    exact = population.em_step(theta, mu)
    np.testing.assert_allclose((w * np.tanh(x @ theta)) @ x, exact, 0, tol)
    fine_z, fine_w = rules.plane(4.0)

    def both(z, w):
        return w @ (np.tanh((mu + z) @ theta) ** 2 * np.tanh((mu + z) @ mu) ** 2)

    assert abs(both(z, w) - both(fine_z, fine_w)) <= tol


def test_about_the_pair_sample_functions_are_the_population():
    theta, mu = np.array([0.7, 1.1]), np.array([1.4, 0.3])
    x, w = rules.about(mixture.pair(mu), *rules.plane(1.5))
    tol = 256 * EPS * math.sqrt(len(w))
    for sample, exact in (
        (objective.implicit_gradient, population.gradient),
        (objective.G, population.G),
        (em.em_step, population.em_step),
    ):
        np.testing.assert_allclose(sample(theta, x, weights=w), exact(theta, mu), 0, tol)
    found = objective.explicit_gradient(theta, x, mu, w)
    np.testing.assert_allclose(found, population.gradient(theta, mu), 0, tol)


@pytest.mark.parametrize("spread", [1.0, 8.0, 60.0])
def test_a_finer_rule_on_the_line_changes_nothing(spread):
    theta, mu = (
        spread * np.array([[-0.5], [0.1], [0.5]]),
        spread * np.array([[-0.45], [0.2], [0.5]]),
    )
    x, w = rules.line(theta, mu)
    g = np.linspace(-9, 9, 2 * (len(x) // len(mu)) + 1)[:, None]
    density = np.exp(-(g[:, 0] ** 2) / 2)
    fine = rules.about(mu, g, density / density.sum())
    # The rule's own error is 1e-16; sums of n terms as large as spread^2 round to this.
    np.testing.assert_allclose(
        objective.explicit_gradient(theta, x, mu, w),
        objective.explicit_gradient(theta, fine[0], mu, fine[1]),
        0,
        64 * EPS * spread**2 * 10,
    )


def test_curvatures_on_the_line_do_not_mind_a_wider_rule():
    wide = np.concatenate([LINE - 4, LINE + 4])
    for a, b in zip(
        information.at_truth(LINE, *rules.line(LINE, LINE)),
        information.at_truth(LINE, *rules.line(wide, LINE)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, 0, 1e4 * EPS)  # some thousand terms below 10


def test_the_scales_integrate_powers_of_tau():
    t, w = rules.scales(24)
    for k in range(48):  # exact for tau^k, k < 2q
        assert abs(w @ np.exp(-2 * k * t) * (k + 1) - 1) <= 100 * EPS * (k + 1)
    assert (np.diff(t) < 0).all()


def test_what_would_need_too_many_nodes_is_refused():
    with pytest.raises(ValueError, match=r"theta, mu: got a spread of 2000, must be at most 1000"):
        rules.line(np.array([[0.0], [2000.0]]), np.zeros((1, 1)))
    with pytest.raises(ValueError, match=r"r: got 20000, must be <= 10000"):
        rules.gaussian(2e4)
    with pytest.raises(ValueError, match=r"r: got 60, must be <= 50"):
        rules.plane(60.0)
