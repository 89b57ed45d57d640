"""K centres at the truth: each point's share, Fisher information, the curvature, the sandwich."""

import numpy as np

from ddpm_gmm import em, mixture, objective, rules
from ddpm_gmm.many import information
from ddpm_gmm.pair import information as pair_information

MEANS = np.array([[1.5, 0.0, 0.5], [-1.0, 1.0, 0.0], [0.0, -1.5, 0.5], [0.2, 0.1, 2.0]])
POINTS = mixture.sample(np.random.default_rng(0), 60, MEANS)
EPS = 2.0**-53


def plane_rule(means):
    """A rule for the mixture of the centres (K, 2), of distances below 3."""
    return rules.about(means, *rules.plane(1.5))


def test_shares_are_each_points_own_gradients():
    psi, phi = information.shares(MEANS, POINTS)
    for k, x in enumerate(POINTS):
        ascent = em.likelihood_gradient(MEANS, x[None]).ravel()
        step = -objective.implicit_gradient(MEANS, x[None]).ravel()
        # Terms below 6^3, of some 30 operations.
        np.testing.assert_allclose(psi[k], ascent, 0, 30 * 216 * EPS)
        np.testing.assert_allclose(phi[k], step, 0, 30 * 216 * EPS)


def test_the_hessian_at_the_truth_is_the_slope_of_the_explicit_gradient():
    _, H = information.at_truth(MEANS, POINTS)
    h = 1e-4

    def slope(e):
        ends = (objective.explicit_gradient(MEANS + v * e, POINTS, MEANS) for v in (h, -h))
        return np.subtract(*ends).ravel() / (2 * h)

    wanted = np.array([slope(e) for e in np.eye(12).reshape(12, 4, 3)])
    # Central difference: h^2/6 times a third derivative below 1e3, and rounding EPS 1e2 / h.
    np.testing.assert_allclose(H, wanted, 0, 1e-5)


def test_fisher_information_of_two_free_centres_has_the_pairs_as_its_opposite_modes():
    mu = np.array([1.3, 0.0])
    F, _ = information.at_truth(mixture.pair(mu), *plane_rule(mixture.pair(mu)))
    along, across = pair_information.fisher(1.3)
    for value, mode in ((along, [1, 0, -1, 0]), (across, [0, 1, 0, -1])):
        np.testing.assert_allclose(2 * F @ mode, value * np.array(mode), 0, 1e-11)


def test_the_information_identity_holds_for_both_gradients():
    means = np.array([[1.0, 0.3], [-1.2, 0.8], [0.1, -1.1]])
    x, weights = plane_rule(means)
    psi, phi = information.shares(means, x)
    F, H = information.at_truth(means, x, weights)
    # E phi = 0 at every truth; differentiate under the integral: E[phi psi'] = -E[d phi] = H.
    np.testing.assert_allclose((phi * weights[:, None]).T @ psi, H, 0, 1e-11)
    np.testing.assert_allclose((psi * weights[:, None]).T @ psi, F, 0, 1e-11)
    assert np.abs(F - H).max() > 1e-2


def test_score_matching_two_free_centres_costs_what_it_costs_the_pair():
    # The exchange of the centres parts (v, -v) from (v, v); on the first, (v, -v)/sqrt 2 has
    # the pair's variance, since (theta_1 - theta_2)/2 is the tied estimate.
    mu = np.array([1.3, 0.0])
    x, weights = plane_rule(mixture.pair(mu))
    _, phi = information.shares(mixture.pair(mu), x)
    _, H = information.at_truth(mixture.pair(mu), x, weights)
    paid = np.linalg.solve(H, np.linalg.solve(H, (phi * weights[:, None]).T @ phi).T)
    along, across = pair_information.implicit_covariance(1.3)
    for value, mode in ((along, [1, 0, -1, 0]), (across, [0, 1, 0, -1])):
        np.testing.assert_allclose(paid @ mode / 2, value * np.array(mode), 0, 1e-9)


def test_two_free_centres_contract_as_the_modes_of_the_pair_do():
    # Lemma 12, part 5: opposite modes as the pair's, and the common one along mu at s alpha.
    mu = np.array([1.3, 0.0])
    em_norm, descent_norm = information.jacobian_norms(
        mixture.pair(mu), *plane_rule(mixture.pair(mu))
    )
    fisher, curvature = pair_information.fisher(1.3), pair_information.curvature(1.3)
    common = 1.3**2 * (1 - fisher[1])
    np.testing.assert_allclose(em_norm, max(1 - fisher[0], 1 - fisher[1], common), 0, 1e-11)
    assert descent_norm >= np.abs(1 - np.array(curvature)).max() - 1e-11
    assert em_norm != descent_norm


def test_the_norms_are_what_a_step_leaves_of_the_worst_displacement():
    means = np.array([[1.0, 0.3], [-1.2, 0.8], [0.1, -1.1]])
    x, weights = plane_rule(means)
    steps = (
        lambda at: at + 3 * em.likelihood_gradient(at, x, weights),
        lambda at: at - 3 * objective.implicit_gradient(at, x, weights),
    )
    for step, norm in zip(steps, information.jacobian_norms(means, x, weights), strict=True):
        e = np.eye(6).reshape(6, 3, 2) * 1e-5
        jacobian = [(step(means + v) - step(means - v)).ravel() / 2e-5 for v in e]
        # Central difference: 1e-10/6 times a third derivative below 1e3, and rounding 1e-15/1e-5.
        assert abs(np.linalg.norm(jacobian, 2) - norm) < 1e-6
