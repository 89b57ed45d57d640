"""How much nearer a step brings a ball; and that the page shows what the checker found."""

import json

import numpy as np
import pytest

from companion import paths
from ddpm_gmm import geometry
from ddpm_gmm.pair import population
from explicit_constants import share_left


def unit_step(theta, mu):
    return theta - population.gradient(theta, mu)


def test_a_linear_map_leaves_its_norm():
    """F(theta) = mu + A (theta - mu): the quotient depends on the direction alone."""
    A = np.array([[0.9, 0.2], [0.2, -0.3]])
    value, _, angle = share_left(lambda theta, mu: mu + (theta - mu) @ A, 2.0, 0.5)
    assert value == pytest.approx(np.linalg.norm(A, 2), rel=1e-9)
    assert np.tan(2 * angle) == pytest.approx(0.4 / 1.2, abs=1e-4)


@pytest.mark.parametrize("mu", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("step", [unit_step, population.em_step])
def test_no_random_point_is_left_farther(mu, step):
    """In five dimensions, where most points lie off the plane of the search."""
    rng, rho, axis = np.random.default_rng(3), 0.5, mu * np.eye(5)[0]
    worst, radius, angle = share_left(step, mu, rho)
    away = rng.standard_normal((4000, 5))
    away[::2, 2:] = 0
    theta = axis + geometry.rescale(away, rho * mu) * rng.uniform(0.01, 1, (4000, 1))
    left = geometry.norm(step(theta, axis) - axis) / geometry.norm(theta - axis)
    assert left.max() <= worst
    assert left.max() >= 0.98 * worst
    place = mu * radius * np.array([np.cos(angle), np.sin(angle)])
    there = np.array([mu, 0.0]) + place
    assert geometry.norm(step(there, np.array([mu, 0.0])) - [mu, 0.0]) == pytest.approx(
        worst * geometry.norm(place), rel=1e-9
    )


@pytest.mark.parametrize("rho", [0.25, 0.5, 0.75])
def test_the_leading_order_at_small_separation(rho):
    """1 - (2 - 5 rho^2/2) |mu|^2 for the step up to rho = 2/3; EM moves half as far."""
    mu, falls = 0.02, 2 - 2.5 * rho**2 if rho < 2 / 3 else 2 * (1 - rho) * (2 - rho)
    for step, share in ((unit_step, 1), (population.em_step, 0.5)):
        gain = (1 - share_left(step, mu, rho)[0]) / mu**2
        assert gain == pytest.approx(share * falls, rel=0.01)


def test_no_number_comes_from_a_proof_or_a_file_on_which_nobody_ruled():
    """Files are read for the boxes of a picture and for the forgeries, and nothing is proved."""
    notebook = json.loads(paths.notebook("explicit-constants").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        code = "".join(cell["source"])
        if cell["cell_type"] == "code":
            assert "certify.prove(" not in code
            if "certificates.load" in code:
                assert "record(" not in code or "forgeries" in code
