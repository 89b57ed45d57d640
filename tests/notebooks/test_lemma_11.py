"""The grid on the ball and the Lipschitz constants that make it a proof."""

import numpy as np
import pytest
from helpers import EPS

from ddpm_gmm import geometry
from ddpm_gmm.pair import population
from lemma_11 import ball, lipschitz


@pytest.mark.parametrize("length, rho, radial", [(2.0, 0.5, 4), (0.3, 1.0, 1), (4.0, 0.75, 9)])
def test_no_point_of_the_half_disc_is_farther_from_the_grid_than_its_gap(length, rho, radial):
    rng = np.random.default_rng(1)
    nodes, gap = ball(length, rho, radial)
    mu = geometry.from_plane(length, 0.0, 3)
    assert geometry.norm(nodes - mu).max() <= rho * length * (1 + 8 * EPS)
    size, angle = rho * length * np.sqrt(rng.uniform(size=500)), rng.uniform(0, np.pi, 500)
    points = mu + geometry.from_plane(size * np.cos(angle), size * np.sin(angle), 3)
    nearest = geometry.norm(points[:, None] - nodes).min(axis=1)
    assert 0.5 * gap < nearest.max() <= gap


@pytest.mark.parametrize("length", [0.1, 0.5, 1.0, 2.0, 4.0])
def test_the_jacobians_change_no_faster_than_their_lipschitz_constants(length):
    rng = np.random.default_rng(2)
    mu = geometry.from_plane(length, 0.0, 3)
    theta = length * rng.uniform(-2, 2, (2000, 3))
    move = 1e-4 * rng.standard_normal(theta.shape)
    change = population.jacobians(theta + move, mu) - population.jacobians(theta, mu)
    rate = np.linalg.norm(change, 2, axis=(-2, -1)) / geometry.norm(move)
    assert (rate.max(axis=1) <= lipschitz(length**2)).all()


def test_the_constants_of_the_derivatives_of_tanh():
    u = np.linspace(-6, 6, 120_001)
    h = np.tanh(u)
    second, third = -2 * h * (1 - h**2), (6 * h**2 - 2) * (1 - h**2)
    # At s = 0, M_2 = 1 and M_4 = 3: of_em = c_1 sqrt(3), of_g = c_2 sqrt(3)/2.
    c1, c2 = lipschitz(0.0)[:2] * np.array([1, 2]) / 3**0.5
    assert c1 - 1e-8 <= np.abs(second).max() <= c1 * (1 + 8 * EPS)
    assert c2 - 0.01 <= np.abs(second + u * third).max() <= c2
